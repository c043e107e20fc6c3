"""The options for unknown text levels and for missing values."""

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
    help="How predict handles a text level that was not in the fitted data: as an error, as the "
    "baseline level, or as no level.  [default: error; in predict as when the model was fitted]",
)
ON_MISSING = click.Option(
    ["--on-missing"],
    type=click.Choice(MISSING),
    help="How to handle missing values: raise an error; drop the rows; make them a level of their "
    "own (text columns only); or fill in the median and add an indicator column (in text, a "
    "level).  [default: error; in predict as when the model was fitted]",
)
DROP_MISSING = click.Option(
    ["--drop-missing"],
    is_flag=True,
    help="The same as --on-missing drop: drop rows with a missing value in a column that is used; "
    "predict gives them no prediction.",
)
MISSING_OPTIONS = (ON_MISSING, DROP_MISSING)


def take_missing(values: dict[str, Any]) -> str | None:
    """Remove the options for missing values from *values* and return the policy, or None."""
    missing: str | None = values.pop("on_missing")
    if not values.pop("drop_missing"):
        return missing
    if missing not in (None, "drop"):
        raise click.UsageError(
            f"--drop-missing and --on-missing {missing} contradict each other; give one of them."
        )
    return "drop"
