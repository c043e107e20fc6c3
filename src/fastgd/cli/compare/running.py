"""Run a comparison, print it, write its files, and check its conditions."""

import inspect
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

import fastgd
from fastgd.base.files import replacing
from fastgd.base.quantities import LINE, wrap
from fastgd.cli.origins import Data, Origin
from fastgd.cli.output_files import check_out, check_plot
from fastgd.cli.progress import Watch, work
from fastgd.cli.standardizing import standardize
from fastgd.comparing.baseline import check_slower
from fastgd.comparing.compare import TARGETS, make_contest
from fastgd.comparing.comparison import Comparison, check_condition
from fastgd.comparing.peers import PEERS
from fastgd.comparing.report import write_short, write_table
from fastgd.comparing.runs import read_runs
from fastgd.data.files.opening import check_file

QUICK_MADE = {"n_samples": 100_000, "n_features": 50, "condition_number": 30.0}
QUICK = {"repeats": 3, "time_limit": 0.5}
QUICK_RUNS = ("batch", "stochastic", "minibatch", "minibatch:adam")
NOT_QUICK = ("numpy-batch", "sklearn-ridge")


@dataclass(frozen=True)
class CompareRequest:
    """The arguments of the command."""

    origin: Origin
    keywords: dict[str, Any]  # of `compare`
    standardize: bool
    report: Path | None
    json: Path | None
    plot: Path | None
    against: Path | None
    slower: float
    require: tuple[str, ...]
    wide: bool = False

    def check(self, *, force: bool) -> None:
        """Check the output files and the conditions before anything runs."""
        outputs = {"--report": self.report, "--json": self.json, "--plot": self.plot}
        written = {flag: path for flag, path in outputs.items() if path is not None}
        if force and not written:
            raise click.UsageError(f"--force is for {', '.join(outputs)}; leave it out.")
        if len({path.absolute() for path in written.values()}) < len(written):
            raise click.UsageError(f"{', '.join(written)} must be different files.")
        for flag, path in written.items():
            check_out(path, force, [self.against], flag)
        if self.against is not None:
            check_file(self.against)
        check_plot(self.plot)
        check_slower(self.slower)
        names = [*read_runs(self.keywords.get("runs")), *self.keywords["peers"]]
        for condition in self.require:
            check_condition(condition, names, TARGETS)


def default_peers(loss: str, l1_ratio: float, quick: bool) -> list[str]:
    """Return the competing solvers that are installed and support this objective."""
    return [
        name
        for name, peer in PEERS.items()
        if loss in peer.losses
        and not l1_ratio
        and peer.installed
        and not (quick and name in NOT_QUICK)
    ]


def run_comparison(asked: CompareRequest) -> None:
    """Run the comparison, print it, write the files, and fail if a condition fails."""
    baseline = None if asked.against is None else Comparison.from_json(asked.against)
    watch = Watch()
    comparison, data = work(watch, partial(race, asked, watch, baseline))
    for remark in data.read:
        click.echo(f"fastgd: {remark}", err=True)
    show(comparison, data.remarks, wide=asked.wide)
    if asked.report is not None:
        with replacing(asked.report) as file:
            file.write(comparison.to_markdown().encode())
    if asked.json is not None:
        comparison.to_json(asked.json)
    if asked.plot is not None:
        comparison.plot(asked.plot)
    failures = comparison.failures(*asked.require)
    worse = [] if baseline is None else comparison.regressions(baseline, asked.slower)
    if failures:
        click.echo("\n" + write_table(("condition that failed", "left", "right"), failures))
    if worse:
        click.echo("\n" + write_table(("worse than the baseline", "then", "now"), worse))
    if failures or worse:
        raise click.ClickException(
            f"{len(failures)} of {len(asked.require)} conditions failed, and {len(worse)} figures "
            "are worse than the baseline's."
        )


def race(
    asked: CompareRequest, watch: Watch, baseline: Comparison | None = None
) -> tuple[Comparison, Data]:
    """Load the data and compare."""
    watch.doing = asked.origin.doing
    data = asked.origin.load(asked.origin.open())
    if asked.standardize:
        data.X, _ = standardize(data.X)
    watch.doing = "comparing"
    parameters = inspect.signature(fastgd.compare).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    keywords = {**defaults, "sample_weight": data.weights, "offset": data.offset, **asked.keywords}
    contest = make_contest(data.X, data.y, **keywords)
    if baseline is not None:
        contest.check_baseline(baseline)
    traced = contest.race(watch.turn)
    watch.doing = "computing the optimum"
    return contest.judge(traced), data


def show(comparison: Comparison, remarks: list[str], *, wide: bool) -> None:
    """Print the short table or all results, and the verdicts."""
    problem = comparison.problem
    click.echo(f"{problem['rows']:,} rows x {problem['features']:,} features, {problem['loss']}\n")
    width = min(LINE, shutil.get_terminal_size().columns)
    if wide:
        said = comparison.verdicts()
        click.echo(f"{comparison.table()}\n")
    else:
        said = ["`fastgd compare --wide` shows all results."]
        click.echo(write_short(comparison, width))
    for sentence in [*said, *remarks]:
        click.echo(wrap(sentence, width))
