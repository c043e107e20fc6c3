"""Sentences about columns that cannot be used, in the words of whoever asks."""

from collections.abc import Sequence

from fastgd.base.types import Array
from fastgd.data.arrays import refusal_of_missing
from fastgd.data.categories.encoding import MAX_LEVELS

MAX_NAMED = 8  # levels or columns


class Wording:
    """How columns and options are called in Python."""

    def where(self, name: str) -> str:
        """Return the beginning of a sentence about a column."""
        return f"X, in column {name!r},"

    def option(self, keyword: str, value: str) -> str:
        """Return what gives *value* to an option."""
        return f'{keyword}="{value}"'

    def omission(self, name: str) -> str:
        """Return how a column is left out."""
        return "leave it out"

    def too_many_levels(self, name: str, count: int) -> ValueError:
        """Return what to raise for a column of text that names the rows."""
        return ValueError(
            f"{self.where(name)} is text with {count:,} levels, and at most {MAX_LEVELS} are told "
            f"apart: {self.omission(name)}."
        )

    def missing_text(self, name: str, rows: Array) -> ValueError:
        """Return what to raise for missing values in a column of text."""
        begins = str(refusal_of_missing(rows, self.where(name))).removesuffix(".")
        ways = f"{self.option('missing', 'level')} or {self.option('missing', 'drop')}"
        return ValueError(f"{begins}, or give {ways}.")

    def missing_numbers(self, name: str, count: int) -> ValueError:
        """Return what to raise for missing numbers if only levels may be missing."""
        return ValueError(
            f"{self.where(name)} has {numbers(count)} missing, and "
            f"{self.option('missing', 'level')} is for text: give "
            f"{self.option('missing', 'median')} or {self.option('missing', 'drop')}."
        )

    def no_median(self, name: str, count: int) -> ValueError:
        """Return what to raise for missing numbers of which the model has no median."""
        return ValueError(
            f"{self.where(name)} has {numbers(count)} missing, and the model has no median of "
            f"it: give {self.option('missing', 'median')} to the fit, or "
            f"{self.option('missing', 'drop')} here."
        )

    def no_value(self, name: str) -> ValueError:
        """Return what to raise for a column that is missing in every row."""
        return ValueError(
            f"{self.where(name)} has no value in any row that is used: {self.omission(name)}."
        )

    def unknown_level(
        self, name: str, level: str, row: int, count: int, levels: Sequence[str]
    ) -> ValueError:
        """Return what to raise for levels that the model has not seen."""
        more = f" ({count:,} rows hold such levels)" if count > 1 else ""
        return ValueError(
            f"{self.where(name)} holds {level!r} in row {row:,} (counted from 0), which the model "
            f"has not seen{more}; it knows {listed(levels)}: {self.option('unknown', 'baseline')} "
            f"or {self.option('unknown', 'ignore')} predicts such rows."
        )


def listed(names: Sequence[str]) -> str:
    """Return names for a sentence, the first ones if there are many."""
    more = f" and {len(names) - MAX_NAMED:,} more" if len(names) > MAX_NAMED else ""
    return ", ".join(map(repr, names[:MAX_NAMED])) + more


def numbers(count: int) -> str:
    """Return a count of numbers in words."""
    return f"{count:,} number{'s' * (count != 1)}"


def counted(rows: int) -> str:
    """Return a number of rows in words."""
    return f"{rows:,} row{'s' * (rows != 1)}"


def refuse_all(problems: Sequence[Exception]) -> None:
    """Raise what is wrong with several columns as one sentence."""
    if not problems:
        return
    if len(problems) == 1:
        raise problems[0]
    sentences = "; ".join(str(problem).removesuffix(".") for problem in problems)
    kind = TypeError if all(isinstance(p, TypeError) for p in problems) else ValueError
    raise kind(f"{len(problems)} columns cannot be used: {sentences}.")
