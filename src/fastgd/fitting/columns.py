"""Names of the columns that were fitted, and how those of a table differ from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastgd.base.validation import did_you_mean, show
from fastgd.data.frames import Names, are_other_names

if TYPE_CHECKING:
    from fastgd.fitting.result import FitResult


def fitted_names(result: FitResult) -> Names:
    """Return the names of the columns that were fitted, of whatever type."""
    names = result.feature_names_in_
    return result.column_names_ if names is None else (*names.tolist(),)


def check_columns(result: FitResult, d: int, names: Names) -> None:
    """Refuse a table whose columns are not those that were fitted, in their order."""
    fitted = fitted_names(result) if result.encoding_ is None else result.encoding_.features
    if are_other_names(fitted, names):
        assert fitted is not None and names is not None
        raise ValueError(describe_columns([*fitted], [*names]))
    if d != len(result.coef_):
        raise ValueError(f"X has {d} features, but this model was fitted on {len(result.coef_)}.")


def describe_columns(fitted: list[Any], got: list[Any]) -> str:
    """Say how the columns of a table differ from those that were fitted."""
    missing = [name for name in fitted if name not in got]
    unknown = [name for name in got if name not in fitted]
    if not missing and not unknown and len(fitted) == len(got):
        attribute = "feature_names_in_" if isinstance(fitted[0], str) else "column_names_"
        return (
            f"X must have the columns that were fitted, in that order: {show(fitted)}; got "
            f"{show(got)}: X[list(result.{attribute})] puts them so."
        )
    begins = "X must have the columns that were fitted"
    if len(got) != len(fitted):
        begins = f"X has {len(got)} features, but this model was fitted on {len(fitted)}"
    lists = {"missing": missing, "not fitted": unknown}
    differences = ", ".join(f"{what}: {show(names)}" for what, names in lists.items() if names)
    texts = [name for name in missing if isinstance(name, str)]
    hint = did_you_mean(unknown[0], texts) if unknown and isinstance(unknown[0], str) else ""
    return f"{begins}; {differences or 'some are there twice'}.{hint}"
