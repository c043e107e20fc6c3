"""The command `fastgd compare`: from what was typed to a comparison."""

import inspect
from dataclasses import replace
from typing import Any

import click

import fastgd
from fastgd import datasets
from fastgd.cli.arguments import (
    check_size,
    given_on_the_command_line,
    made_keywords,
    read_origin,
    with_parameter,
)
from fastgd.cli.compare.running import (
    QUICK,
    QUICK_MADE,
    QUICK_RUNS,
    CompareRequest,
    default_peers,
    run_comparison,
)
from fastgd.cli.option_values import COUNT, NUMBER
from fastgd.cli.options import (
    FIT_OPTIONS,
    FORCE_FILES,
    LOSS_PARAMETER,
    MADE_OPTIONS,
    STANDARDIZE,
    file_options,
    flag_option,
    option,
    path_option,
)
from fastgd.cli.origins import Made

COMPARE_HELP = """Compare variants, optimizers and competing solvers on one objective.

Prints a table of at most 80 columns: for each run, the median time and the number of passes over
the rows to reach each of two targets, and the final suboptimality. One sentence per target names
the fastest run. --wide and --report show all targets, the spread of the times, and the fraction of
the memory bandwidth at which the rows were read.

The last column is a verdict: first (the fastest to one of the two targets), reached (both targets),
partly (one), missed (none), left again (reached a target and ended above it), diverged or failed.

\b
Examples:
  fastgd compare --quick
  fastgd compare --flights --plot flights.png
  fastgd compare --data cars.csv --target price --runs 'batch minibatch' --report cars.md
  fastgd compare --quick --json now.json --against before.json
  fastgd compare --quick --require 'minibatch.passes_to_stat <= 20'

The exit status is 1 if a condition fails.
"""


def split_words(context: click.Context, option: click.Parameter, texts: Any) -> list[str] | None:
    """Return the given items, separated by spaces or commas; None if there are none."""
    words = [word for text in texts for word in text.replace(",", " ").split()]
    return (words if words != ["none"] else []) if texts else None


RUNS = click.Option(
    ["--runs"],
    metavar="RUNS",
    multiple=True,
    callback=split_words,
    help="The runs to compare, such as 'batch minibatch:adam:learning_rate=0.01': "
    "variant[:optimizer][:keyword=value]...  [default: the variants self-tuned and the "
    "classic optimizers]",
)
PEERS = click.Option(
    ["--peers"],
    metavar="PEERS",
    multiple=True,
    callback=split_words,
    help="Competing solvers to compare with, or none.  [default: those "
    "installed that support the loss]",
)
REQUIRE = click.Option(
    ["--require"],
    metavar="CONDITION",
    multiple=True,
    help="Exit 1 unless this condition holds: 'RUN.metric <= [factor *] RUN.metric' or "
    "'RUN.metric <= number'; metrics are passes_to_1e-4, seconds_to_stat, ..., "
    "suboptimality, bandwidth_share. May be repeated.",
)


def compare_options() -> list[click.Parameter]:
    """Return the options of `fastgd compare`, in the order of the help."""
    made = inspect.signature(datasets.make_regression).parameters
    race = inspect.signature(fastgd.compare).parameters
    shared = [row for row in FIT_OPTIONS if row[1] in ("loss", "alpha", "l1_ratio", "n_threads")]
    return [
        flag_option(
            "--quick",
            "A small comparison: 100,000 rows x 50 columns, fewer runs, half a second each.",
        ),
        *file_options(),
        *(option(*row, default=made[row[1]].default) for row in MADE_OPTIONS),
        STANDARDIZE,
        RUNS,
        PEERS,
        *(option(*row, default=race[row[1]].default) for row in shared),
        LOSS_PARAMETER,
        option(
            "--repeats", "repeats", COUNT, "Number of repeats of each run.", race["repeats"].default
        ),
        option(
            "--time-limit",
            "time_limit",
            NUMBER,
            "Time limit of each run in seconds.",
            race["time_limit"].default,
        ),
        option("--seed", "random_state", COUNT, "Seed of the generated data and of the runs.", 0),
        flag_option("--wide", "Show all results, in a table wider than most terminals."),
        path_option(
            "--report",
            "Write the wide table, the verdicts and the settings of each run as Markdown.",
        ),
        path_option(
            "--json", "Write all results as JSON, for example as a baseline for --against."
        ),
        path_option("--plot", "Plot suboptimality against passes and seconds: .png, .svg or .pdf."),
        path_option(
            "--against",
            "A --json file of an earlier comparison: exit 1 if a run now needs more passes to a "
            "target, or reads at a smaller fraction of the memory bandwidth.",
        ),
        option("--slower", "slower", NUMBER, "Factor by which that fraction may fall.", 1.5),
        REQUIRE,
        FORCE_FILES,
    ]


@click.command("compare", params=compare_options(), help=COMPARE_HELP)
def compare_variants(**values: Any) -> None:
    """Run `fastgd compare`."""
    force = values.pop("force")
    asked = read_request(values)
    asked.check(force=force)
    run_comparison(asked)


def read_request(values: dict[str, Any]) -> CompareRequest:
    """Return the comparison that was requested."""
    given = given_on_the_command_line(values)
    quick, seed = values["quick"], {"random_state": values["random_state"]}
    made = made_keywords(given)
    origin = read_origin(values, given, made, seed)
    if isinstance(origin, Made):
        origin = replace(origin, keywords=(QUICK_MADE if quick else {}) | origin.keywords)
        sizes = {k: values[k] for k in ("n_samples", "n_features")} | origin.keywords
        check_size(sizes["n_samples"], sizes["n_features"], values["dtype"], False)
    names = ("loss", "alpha", "l1_ratio", "n_threads", "repeats", "time_limit", "runs")
    keywords = {k: given[k] for k in names if k in given and given[k] is not None} | seed
    if values["loss_parameter"] is not None:
        keywords["loss"] = with_parameter(values["loss"], values["loss_parameter"])
    if quick:
        keywords = {**QUICK, "runs": list(QUICK_RUNS), **keywords}
    peers = values["peers"]
    if peers is None:
        peers = default_peers(values["loss"], values["l1_ratio"], quick)
    standardize = values["standardize"]
    if standardize is None:
        standardize = not isinstance(origin, Made)
    outputs = {name: values[name] for name in ("report", "json", "plot", "against")}
    return CompareRequest(
        origin,
        keywords | {"peers": peers},
        standardize,
        slower=values["slower"],
        require=values["require"],
        wide=values["wide"],
        **outputs,
    )
