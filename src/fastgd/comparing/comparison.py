"""`Comparison`: the results of `compare` as tables, sentences, JSON and conditions."""

import json
import math
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from fastgd.base.files import StrPath, replacing
from fastgd.base.validation import check_name, show
from fastgd.comparing.baseline import find_regressions
from fastgd.comparing.conditions import Condition, read_condition
from fastgd.comparing.report import (
    STAT,
    full_row,
    target_name,
    verdicts,
    write_markdown,
    write_reached,
    write_short,
    write_table,
)

METRICS = ("passes", "seconds", "suboptimality", "bandwidth_share")
FORMAT, VERSION = "fastgd comparison", 1
UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def metric_names(targets: Iterable[float | str]) -> list[str]:
    """Return the metrics of a comparison with these targets."""
    reached = [f"{c}_to_{target_name(t)}" for t in targets for c in ("passes", "seconds")]
    return [*METRICS, *reached]


def check_condition(text: str, runs: Collection[str], targets: Iterable[float | str]) -> Condition:
    """Return the condition that *text* states; seconds are only compared with seconds."""
    condition = read_condition(text, runs, metric_names(targets))
    sides = [condition.left, *([condition.right] if condition.right else [])]
    timed = {side.metric.startswith("seconds") for side in sides}
    if len(timed) > 1 or (timed == {True} and condition.right is None):
        raise ValueError(
            f"seconds depend on the machine: compare them with another run's seconds, as in "
            f"'A.{condition.left.metric} <= 2 * B.{condition.left.metric}'; got {show(text)}."
        )
    return condition


@dataclass(frozen=True)
class Entry:
    """One run: its suboptimality and time at each checkpoint."""

    name: str
    ran: str  # a description of what ran
    code: dict[str, Any]  # the keywords of the run, as JSON
    passes: list[float]  # row gradients / rows, at each checkpoint; NaN for direct solvers
    seconds: list[list[float]]  # of each repeat, at each checkpoint
    gaps: list[float]  # F - F* at each checkpoint, inf if it is not finite
    compile_seconds: float
    stop_reason: str
    paces: list[float] = field(default_factory=list)  # bytes/s from cache right after each repeat
    reads: float | None = None  # passes really made over the rows; None: as many as counted

    @property
    def median_seconds(self) -> list[float]:
        """Seconds at each checkpoint, the median of the repeats."""
        medians: list[float] = np.median(self.seconds, axis=0).tolist()
        return medians


@dataclass(frozen=True, eq=False)
class Comparison:
    """What `compare` returns.

    Attributes
    ----------
    problem : dict
        rows, features, dtype, bytes, loss, alpha, l1_ratio, fit_intercept.
    reference : str
        How the optimum was found; "best seen" if it is the best point of any run.
    scale : float
        F(0) - F*, what relative suboptimality is relative to.
    optimum : float
        F*.
    statistical_error : float or None
        tr(H⁺C)/(2n); None if n <= d, the fit is exact, or the loss is non-smooth.
    targets : tuple of float or "stat"
    entries : tuple of Entry
    bandwidth : float
        Bytes per second that this machine reads with as many threads, measured between the runs.
    machine : dict
        The environment: versions, processor, cores.
    """

    problem: dict[str, Any]
    reference: str
    scale: float
    optimum: float
    statistical_error: float | None
    targets: tuple[float | str, ...]
    entries: tuple[Entry, ...]
    bandwidth: float
    machine: dict[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Names of the runs, in their order."""
        return [entry.name for entry in self.entries]

    @property
    def metrics(self) -> list[str]:
        """Names of the metrics."""
        return metric_names(self.targets)

    def entry(self, run: str) -> Entry:
        """Return the run of that name."""
        return self.entries[self.names.index(check_name("run", run, self.names))]

    def relative(self, run: str) -> list[float]:
        """Return the relative suboptimality (F - F*) / (F(0) - F*) at each checkpoint."""
        return [gap / self.scale for gap in self.entry(run).gaps]

    def metric(self, run: str, metric: str) -> float:
        """Return a figure of a run; infinity for a target that was never reached.

        Parameters
        ----------
        run : str
        metric : str
            "passes", "seconds" and "suboptimality" (relative) at the end, or "passes_to_1e-4",
            "seconds_to_stat" and the like; "bandwidth_share" is the fraction of the machine's
            read bandwidth at which the rows were read. Passes are NaN for direct solvers.
        """
        entry = self.entry(run)
        check_name("metric", metric, self.metrics)
        if metric == "suboptimality":
            return entry.gaps[-1] / self.scale
        if metric == "bandwidth_share":
            reads = entry.passes[-1] if entry.reads is None else entry.reads
            read: float = self.problem["bytes"] * reads
            return read / (entry.median_seconds[-1] or math.nan) / self.bandwidth
        column, _, target = metric.partition("_to_")
        values = entry.passes if column == "passes" else entry.median_seconds
        if not target:
            return values[-1]
        place = self.first_at(entry, target)
        return math.inf if place is None else values[place]

    def winner(self, target: float | str) -> str | None:
        """Return the fastest run to a target, competing solvers included, or None."""
        best = self.ranked(target)
        return best[0] if best else None

    def ranked(self, target: float | str) -> list[str]:
        """Return the runs that reached a target, the fastest first, competing solvers included."""
        metric = f"seconds_to_{target_name(target)}"
        seconds = {run: self.metric(run, metric) for run in self.names}
        return sorted(
            (run for run in self.names if seconds[run] < math.inf), key=seconds.__getitem__
        )

    def level(self, target: float | str) -> float:
        """Return the gap F - F* that a target means; NaN, which nothing reaches, without one."""
        if target == STAT:
            return math.nan if self.statistical_error is None else self.statistical_error
        return float(target) * self.scale

    def first_at(self, entry: Entry, target: float | str) -> int | None:
        """Return the first checkpoint at a target; the start of a direct solver is not one."""
        level, begins = self.level(target), int(math.isnan(entry.passes[-1]))
        return next((k for k in range(begins, len(entry.gaps)) if entry.gaps[k] <= level), None)

    def has_left(self, entry: Entry, target: float | str) -> bool:
        """Return True if a run reached a target and ended above it."""
        return self.first_at(entry, target) is not None and entry.gaps[-1] > self.level(target)

    def require(self, *conditions: str) -> None:
        """Raise AssertionError with a table of what failed, unless all conditions hold.

        Parameters
        ----------
        *conditions : str
            Such as ``"minibatch.passes_to_stat <= 2"`` or
            ``"batch.seconds_to_1e-4 <= 0.5 * stochastic.seconds_to_1e-4"``. Seconds depend on the
            machine and are only compared with seconds of the same comparison.

        Raises
        ------
        AssertionError
            If one does not hold; a target that was never reached fails.
        ValueError, TypeError
            If one cannot be parsed.
        """
        failures = self.failures(*conditions)
        if failures:
            header = ("condition", "left", "right")
            raise AssertionError("\n" + write_table(header, failures))

    def failures(self, *conditions: str) -> list[tuple[str, ...]]:
        """Return the conditions that do not hold, each with what its two sides are."""
        failed: list[tuple[str, ...]] = []
        for condition in [check_condition(c, self.names, self.targets) for c in conditions]:
            left = self.metric(*condition.left)
            right = 1.0 if condition.right is None else self.metric(*condition.right)
            if not condition.holds(left, right):
                bound = write_reached(condition.factor * right)
                failed.append((condition.text, write_reached(left), bound))
        return failed

    def regressions(self, baseline: "Comparison", slower: float = 1.5) -> list[tuple[str, ...]]:
        """Return the metrics that are worse than in a baseline: run and metric, then, now.

        Two metrics of each common run are compared: the passes to each target, which may grow by
        one checkpoint, and the speed of reading rows. The speed may fall by the factor *slower*,
        relative to the memory bandwidth and to the cache bandwidth of a core; the best repeats
        count, and the milder of the two verdicts. Seconds of
        two machines are never compared.

        Raises
        ------
        TypeError, ValueError
            If *baseline* is not a comparison, is of another problem or has no run in common, or
            *slower* is below 1.
        """
        if not isinstance(baseline, Comparison):
            raise TypeError(f"baseline must be a Comparison; got {show(baseline)}.")
        return find_regressions(self, baseline, slower)

    def rows(self) -> list[dict[str, str]]:
        """Return the table, a dict of strings for each run."""
        return [full_row(self, entry) for entry in self.entries]

    def table(self) -> str:
        """Return every figure as an aligned table of Markdown; `print` shows a shorter one."""
        rows = self.rows()
        return write_table(tuple(rows[0]), [tuple(row.values()) for row in rows])

    def verdicts(self) -> list[str]:
        """Return a sentence for each target: the fastest run, its lead, the runs that missed it.

        Runs that failed or diverged get one too, and so does an optimum that was not computed.
        """
        return verdicts(self)

    def to_markdown(self) -> str:
        """Return a report: problem, table, verdicts, settings of the runs, environment."""
        return write_markdown(self)

    def to_json(self, path: StrPath | None = None) -> str:
        """Return the comparison as JSON, and write it to *path* if one is given."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        values["entries"] = [asdict(entry) for entry in self.entries]
        text = json.dumps({"format": FORMAT, "version": VERSION, **_without_nan(values)}, indent=1)
        if path is not None:
            with replacing(path) as file:
                file.write(text.encode())
        return text

    @classmethod
    def from_json(cls, source: StrPath) -> "Comparison":
        """Return the comparison that `to_json` wrote, from a file or from its text.

        Raises
        ------
        OSError
            If the file cannot be read.
        ValueError
            If it is not the JSON of a comparison.
        """
        is_text = isinstance(source, str) and source.lstrip()[:1] in ("", "{", "[")
        data = str(source).encode() if is_text else Path(source).read_bytes()
        try:
            values = json.loads(data)
            if (values.pop("format"), values.pop("version")) != (FORMAT, VERSION):
                raise ValueError
            entries = tuple(_entry(**entry) for entry in values.pop("entries"))
            read = cls(entries=entries, targets=tuple(values.pop("targets")), **values)
            read.to_markdown()  # raises if something is missing or of a wrong type
            return read
        except UNREADABLE:
            what = "the text" if is_text else str(source)
            raise ValueError(f"{what} is not a {FORMAT} of version {VERSION}.") from None

    def plot(self, path: StrPath | None = None) -> Any:
        """Return a Matplotlib figure: suboptimality against passes and against seconds.

        Parameters
        ----------
        path : str or path-like, optional
            File to write; the suffix gives the format.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.
        """
        from fastgd.plot import plot_comparison

        return plot_comparison(self, path)

    def __str__(self) -> str:
        """Show a table of at most 80 columns, and the verdicts."""
        return write_short(self)

    def __repr__(self) -> str:
        """Name what was compared."""
        p = self.problem
        return f"Comparison({p['loss']}, {p['rows']} x {p['features']}: {', '.join(self.names)})"

    def _repr_markdown_(self) -> str:
        return self.to_markdown()


def _without_nan(value: Any) -> Any:
    """Return *value* with None for what is not finite, which JSON does not have."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _entry(passes: list[float | None], gaps: list[float | None], **rest: Any) -> Entry:
    """Return an entry from JSON: no count of passes is NaN there, no finite gap infinity."""
    counts = [math.nan if count is None else count for count in passes]
    return Entry(passes=counts, gaps=[math.inf if gap is None else gap for gap in gaps], **rest)
