"""The options about what becomes of text that was not fitted, and of missing values."""

from typing import Any

import click

from fastgd.data.categories.encoding import MISSING, UNKNOWN

FLAGS = {
    "on_unknown": "--on-unknown",
    "on_missing": "--on-missing",
    "drop_missing": "--drop-missing",
}
ON_UNKNOWN = click.Option(
    ["--on-unknown"],
    type=click.Choice(UNKNOWN),
    help="What is done in predict with a level of text that was not fitted: refuse it, take it for "
    "the baseline, or for no level.  [default: error; in predict what the model was fitted with]",
)
ON_MISSING = click.Option(
    ["--on-missing"],
    type=click.Choice(MISSING),
    help="What is done with missing values: refuse them; leave the rows out; let them be a level "
    "of their own, in text; or take the median, with a column that tells where (in text, a "
    "level).  [default: error; in predict what the model was fitted with]",
)
DROP_MISSING = click.Option(
    ["--drop-missing"],
    is_flag=True,
    help="The same as --on-missing drop: leave out rows with a missing value in a column that is "
    "used; predict gives them no prediction.",
)
MISSING_OPTIONS = (ON_MISSING, DROP_MISSING)


def take_missing(values: dict[str, Any]) -> str | None:
    """Take out of *values* what is to be done with missing values; None if nothing was said."""
    missing: str | None = values.pop("on_missing")
    if not values.pop("drop_missing"):
        return missing
    if missing not in (None, "drop"):
        raise click.UsageError(
            f"--drop-missing and --on-missing {missing} contradict each other; give one of them."
        )
    return "drop"
