"""The report of a comparison: a table that fits a terminal, one of every figure, sentences."""

import math
from typing import TYPE_CHECKING

import numpy as np

from fastgd.base.quantities import (
    LINE,
    choose_unit,
    wrap,
    write_count,
    write_number,
    write_seconds,
    write_times_as_long,
)
from fastgd.comparing.trace import FAILED
from fastgd.monitoring.reasons import StopReason

if TYPE_CHECKING:
    from fastgd.comparing.comparison import Comparison, Entry

STAT = "stat"  # the target that is the statistical error
COLUMNS = ("run", "time", "passes", "time", "passes", "final", "verdict")
GAP = "  "  # between the columns of the short table
SHORTEST_TIME = 1e-9  # seconds: no ratio is taken to a shorter one
LEGEND = "final: (F - F*) / (F(0) - F*) at the end of the run."


def target_name(target: float | str) -> str:
    """Return the name of a target in metrics: 0.0001 is ``1e-4``."""
    if isinstance(target, str):
        return target
    return np.format_float_scientific(target, trim="-", exp_digits=1)


def write_short(comparison: "Comparison", width: int = LINE) -> str:
    """Return the short table, and the verdicts in lines of *width*."""
    sentences = [wrap(sentence, width) for sentence in [LEGEND, *verdicts(comparison)]]
    return "\n".join([write_short_table(comparison), "", *sentences])


def write_short_table(comparison: "Comparison") -> str:
    """Return the short table: time and passes to two targets, final suboptimality, a verdict.

    Lines have at most 80 characters: a name that is too long continues on the next line.
    """
    targets = shown_targets(comparison)
    columns = [COLUMNS[0], *COLUMNS[1 : 1 + 2 * len(targets)], *COLUMNS[-2:]]
    rows = [columns, *(_short_row(comparison, entry, targets) for entry in comparison.entries)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(columns))]
    heads = [f"to {'statistical error' if t == STAT else target_name(t)}" for t in targets]
    for k, head in enumerate(heads):  # over two columns each
        widths[1 + 2 * k] += max(0, len(head) - len(GAP) - sum(widths[1 + 2 * k : 3 + 2 * k]))
    widths[0] = min(widths[0], LINE - sum(widths[1:]) - len(GAP) * len(widths[1:]))
    above = [" " * widths[0]]
    for k, head in enumerate(heads):
        above.append(head.rjust(sum(widths[1 + 2 * k : 3 + 2 * k]) + len(GAP)))
    lines = [GAP.join(above)] if heads else []
    for k, (name, *cells) in enumerate(rows):
        first, *rest = break_name(name, widths[0])
        aligned = [cell.rjust(w) for cell, w in zip(cells[:-1], widths[1:-1], strict=True)]
        lines.append(GAP.join([first.ljust(widths[0]), *aligned, cells[-1]]).rstrip())
        lines += rest
        if k == 0:
            lines.append(GAP.join("-" * w for w in widths))
    return "\n".join(lines)


def shown_targets(comparison: "Comparison") -> list[float | str]:
    """Return the two most informative targets, the easier one first.

    These are the statistical error and the smallest number that some run reached; without the
    statistical error, the two smallest.
    """
    known = [t for t in comparison.targets if math.isfinite(comparison.level(t))]
    reached = [t for t in known if comparison.winner(t)] or known
    noise: list[float | str] = [STAT] if STAT in reached else []
    numbers = sorted(t for t in reached if not isinstance(t, str))
    return sorted([*noise, *numbers[: 2 - len(noise)]], key=comparison.level, reverse=True)


def _short_row(comparison: "Comparison", entry: "Entry", targets: list[float | str]) -> list[str]:
    row = [entry.name]
    for target in targets:
        place = comparison.first_at(entry, target)
        if place is None:
            row += ["never", ""]
        else:
            passes = write_number(entry.passes[place])
            row += [write_seconds(entry.median_seconds[place]), passes]
    return [*row, f"{comparison.relative(entry.name)[-1]:.1e}", judge(comparison, entry, targets)]


def judge(comparison: "Comparison", entry: "Entry", targets: list[float | str]) -> str:
    """Return failed or diverged; else what the run ended with.

    That is "left again" if it ended above one of *targets* that it had reached, "first" if no other
    reached one of them sooner, or else whether it reached them.
    """
    if entry.stop_reason.startswith(FAILED):
        return "failed"
    if entry.stop_reason.startswith(str(StopReason.DIVERGED)):
        return "diverged"
    if any(comparison.has_left(entry, target) for target in targets):
        return "left again"
    if entry.name in [comparison.winner(target) for target in targets]:
        return "first"
    if not targets:
        return "ended"
    reached = [comparison.first_at(entry, target) is not None for target in targets]
    return "reached" if all(reached) else "partly" if any(reached) else "missed"


def break_name(name: str, width: int) -> list[str]:
    """Return a name in lines of at most *width* characters, broken before colons if possible."""
    lines, rest, indent = [], name, ""
    while len(indent + rest) > width:
        limit = width - len(indent)
        at = rest.rfind(":", 1, limit + 1)
        at = at if at > 0 else limit
        lines.append(indent + rest[:at])
        rest, indent = rest[at:], "  "
    return [*lines, indent + rest]


def full_row(comparison: "Comparison", entry: "Entry") -> dict[str, str]:
    """Return every figure of a run as text, by column."""
    row = {"run": entry.name}
    for target in comparison.targets:
        place = comparison.first_at(entry, target)
        text = "never" if place is None else _reached(entry, place)
        text += ", left again" if comparison.has_left(entry, target) else ""
        row[f"to {target_name(target)}"] = text
    fraction = comparison.metric(entry.name, "bandwidth_share")
    row["final suboptimality"] = f"{comparison.relative(entry.name)[-1]:.1e}"
    row["passes"] = write_number(entry.passes[-1])
    row["time"] = write_seconds(entry.median_seconds[-1])
    row["GB/s"] = write_number(fraction * comparison.bandwidth / 1e9)
    row["of bandwidth"] = write_number(100 * fraction, " %")
    return row


def _reached(entry: "Entry", place: int) -> str:
    """Return the median time to a checkpoint, the quartiles in the same unit, and the passes."""
    low, middle, high = np.quantile([repeat[place] for repeat in entry.seconds], [0.25, 0.5, 0.75])
    _, size = choose_unit(middle)
    spread = f"({write_number(low / size)}-{write_number(high / size)})"
    passes = entry.passes[place]
    count = "" if math.isnan(passes) else f", {write_count(passes, 'pass', 'passes')}"
    return f"{write_seconds(middle)} {spread}{count}"


def verdicts(comparison: "Comparison") -> list[str]:
    """Return a sentence for each target, each run that broke down, and a guessed optimum."""
    bad = (FAILED, str(StopReason.DIVERGED))
    failed = [entry for entry in comparison.entries if entry.stop_reason.startswith(bad)]
    whys = [f"{entry.name}: {entry.stop_reason}" for entry in failed]
    guessed = ["F* is the best that any run saw."] if comparison.reference == "best seen" else []
    return [*(_verdict(comparison, target) for target in comparison.targets), *whys, *guessed]


def _verdict(comparison: "Comparison", target: float | str) -> str:
    name, ranked = target_name(target), comparison.ranked(target)
    if target == STAT and comparison.statistical_error is None:
        return "stat: there is no statistical error here, so none can be reached."
    what = "the statistical error" if target == STAT else name
    if not ranked:
        return f"{what}: no run reached it."
    seconds = [comparison.metric(run, f"seconds_to_{name}") for run in ranked]
    passes = comparison.metric(ranked[0], f"passes_to_{name}")
    count = "" if math.isnan(passes) else f" and {write_count(passes, 'pass', 'passes')}"
    said = f"{what}: {ranked[0]} is first, in {write_seconds(seconds[0])}{count}"
    if len(ranked) > 1:
        longer = write_times_as_long(seconds[1] / max(seconds[0], SHORTEST_TIME))
        said += f"; {ranked[1]} takes {longer}"
    left = [run for run in ranked if comparison.has_left(comparison.entry(run), target)]
    absent = [run for run in comparison.names if run not in ranked]
    for what, runs in (("ended above it again", left), ("never", absent)):
        said += f"; {what}: {', '.join(runs)}" if runs else ""
    return f"{said}."


def write_markdown(comparison: "Comparison") -> str:
    """Return a report: the problem, the full table, the verdicts, what ran, where."""
    p, noise = comparison.problem, comparison.statistical_error
    stat = "none" if noise is None else f"{noise / comparison.scale:.2g} of F(0) - F*"
    facts = (
        f"{p['rows']:,} rows x {p['features']:,} features, {p['dtype']}, {p['loss']}; "
        f"optimum {comparison.optimum:.8g} ({comparison.reference}), statistical error {stat}; "
        f"memory read at {comparison.bandwidth / 1e9:.1f} GB/s."
    )
    machine = ", ".join(f"{key} {value}" for key, value in comparison.machine.items())
    said = "\n".join(f"- {verdict}" for verdict in verdicts(comparison))
    ran = "\n".join(f"- `{e.name}`: {e.ran}; {e.stop_reason}" for e in comparison.entries)
    table = comparison.table()
    return "\n\n".join(["## Variants compared", facts, table, said, "What ran:", ran, machine, ""])


def write_reached(value: float) -> str:
    """Return a number, that it was never reached (infinity) or that it is not counted (NaN)."""
    if math.isnan(value):
        return "not counted"
    return f"{value:.4g}" if math.isfinite(value) else "never reached"


def write_table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return rows of text as an aligned table of Markdown."""
    cells = [[cell.replace("|", "\\|") for cell in row] for row in [header, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [" | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in cells]
    lines.insert(1, " | ".join("-" * width for width in widths))
    return "\n".join(f"| {line} |" for line in lines)
