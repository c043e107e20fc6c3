"""The options for reading a file, and what a model stores of them."""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

# Values that stand for a missing one, beside those of --missing.
MISSING = ("NA", "N/A", "#N/A", "n/a", "na", "NaN", "nan", "NULL", "Null", "null", "<NA>")
FLAGS = {
    "separator": "--separator",
    "decimal": "--decimal",
    "thousands": "--thousands",
    "header": "--no-header",
    "skip_lines": "--skip-lines",
    "encoding": "--encoding",
    "missing": "--missing",
}
FOR_PARQUET = ("missing",)  # options that are not for text files alone


@dataclass(frozen=True)
class Reading:
    """The options for reading a file; None for those not given."""

    separator: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    header: bool | None = None
    skip_lines: int | None = None
    encoding: str | None = None
    missing: tuple[str, ...] | None = None
    likely: tuple[str, str | None] | None = (
        None  # decimal mark and thousands, if the file is unsure
    )

    @property
    def marks(self) -> tuple[str, ...]:
        """Values that stand for a missing one; an empty one given takes the usual ones away."""
        given = self.missing or ()
        return tuple(mark for mark in ((*given,) if "" in given else (*given, *MISSING)) if mark)

    @property
    def notes(self) -> dict[str, Any]:
        """What a model keeps of it: what was said."""
        known = {name: getattr(self, name) for name in (*FLAGS, "likely")}
        return {name: v for name, v in known.items() if v != getattr(NOTHING_SAID, name)}

    def refuse(self, kind: str, allowed: Iterable[str] = ()) -> None:
        """Raise an error for options that do not apply to this format."""
        for name in FLAGS:
            if getattr(self, name) != getattr(NOTHING_SAID, name) and name not in allowed:
                raise ValueError(f"{FLAGS[name]} is for text files; got a file {kind}.")

    def or_else(self, other: "Reading") -> "Reading":
        """Return these options, with those of *other* for what they leave open."""
        names = [field.name for field in fields(self)]
        known = {name: getattr(self, name) for name in names}
        open_ = [name for name in names if known[name] == getattr(NOTHING_SAID, name)]
        return replace(self, **{name: getattr(other, name) for name in open_})


NOTHING_SAID = Reading()


def read_notes(notes: Any) -> Reading:
    """Return the options that a model was fitted with."""
    names = {field.name for field in fields(Reading)}
    try:
        known = {name: value for name, value in dict(notes).items() if name in names}
        if "missing" in known:
            known["missing"] = tuple(map(str, known["missing"]))
        if "likely" in known:
            decimal, thousands = known["likely"]
            known["likely"] = (decimal, thousands)
    except (TypeError, ValueError) as error:
        raise ValueError("the model's notes on its file are damaged: fit it again.") from error
    return Reading(**known)


def write_flags(options: dict[str, Any]) -> str:
    """Return options as they are typed."""
    names = {"\t": "tab", " ": "space"}
    parts = []
    for name, value in options.items():
        if name == "header":
            parts.append("--no-header" if value is False else "--header")
        else:
            parts.append(f"{FLAGS[name]} {quote(names.get(str(value), str(value)))}")
    return " ".join(parts)


def quote(text: str) -> str:
    """Return text as it is typed in a shell, a sign of punctuation in quotation marks too."""
    quoted = shlex.quote(text)
    return quoted if quoted != text or any(map(str.isalnum, text)) else f"'{text}'"
