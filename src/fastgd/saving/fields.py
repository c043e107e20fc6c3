"""Saving: which fields a saved result has, what each must be, and how a recipe is written."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fastgd.base.validation import is_number
from fastgd.data.categories.encoding import Encoding, encoding_of_facts, encoding_of_notes
from fastgd.losses import Loss
from fastgd.optimizers import Optimizer
from fastgd.saving.archive import PORTABLE
from fastgd.saving.facts import Arrays, decode, encode
from fastgd.schedules import Schedule

Check = Callable[[Any], bool]

MAX_INT = 1 << 63
# Fields that older files lack.
ADDED: dict[str, Any] = {"column_names_": None, "needs_offset_": False}


def pack(fields: Mapping[str, Any], columns: tuple[str, ...]) -> tuple[dict[str, Any], Arrays]:
    """Return the fields of a result as facts and arrays; *columns* are those of a history.

    Raises
    ------
    TypeError, ValueError
        If a field holds what cannot be written, or what no result holds.
    """
    check_fields(fields, columns)
    recipe = {name: _as_array(value) for name, value in fields["recipe"].items()}
    encoding = None if fields["encoding_"] is None else fields["encoding_"].to_facts()
    names = _portable_names(fields["column_names_"])
    written = {**fields, "recipe": recipe, "encoding_": encoding, "column_names_": names}
    arrays: Arrays = {}
    facts = {
        name: encode(value, name, None if name == "notes" else arrays)
        for name, value in written.items()
    }
    return facts, arrays


def unpack(facts: Mapping[str, Any], arrays: Arrays, columns: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields of a result from its facts and arrays.

    Raises
    ------
    TypeError, ValueError
        For what no result holds.
    """
    left = dict(arrays)
    facts = {**ADDED, **facts}
    fields = {name: decode(fact, None if name == "notes" else left) for name, fact in facts.items()}
    if left:
        raise ValueError(f"nothing refers to its arrays {[*left]}")
    if isinstance(fields["column_names_"], np.ndarray):
        fields["column_names_"] = (*fields["column_names_"].tolist(),)
    _restore_encoding(fields)
    check_fields(fields, columns)
    return fields


def _restore_encoding(fields: dict[str, Any]) -> None:
    """Replace what a file keeps of an encoding by the encoding; version 1 has it in the notes."""
    names = fields.get("feature_names_in_")
    if "encoding_" in fields:
        if fields["encoding_"] is not None:
            known = fields["column_names_"] if names is None else tuple(names)
            fields["encoding_"] = encoding_of_facts(fields["encoding_"], known)
        return
    fields["encoding_"] = None
    if names is not None and _are_names(names) and _is_dict(fields.get("notes")):
        encoding = encoding_of_notes(fields["notes"], names)
        if encoding is not None:
            fields["encoding_"] = encoding
            names = [column.name for column in encoding.columns]
            fields["feature_names_in_"] = np.array(names, dtype=object)


def _as_array(value: Any) -> Any:
    """Return a keyword's value as `fit` reads it: a list or a series is an array."""
    if is_number(value):
        return value if type(value) in (int, float) or _is_portable(value) else float(value)
    if isinstance(value, str) or not hasattr(value, "__len__"):
        return value
    try:
        array = np.asarray(value)
        return array if _is_portable(array) else array.astype(np.float64)
    except (TypeError, ValueError):
        return value


def _portable_names(names: Any) -> Any:
    """Return names of columns as a file holds them: integers as an array; None for other types."""
    if names is None or all(type(name) is int and abs(name) < MAX_INT for name in names):
        return None if names is None else np.array(names, dtype=np.int64)
    try:
        encode(names, "column_names_")
    except (TypeError, ValueError):
        return None
    return names


def _is_portable(value: Any) -> bool:
    return isinstance(value, (np.generic, np.ndarray)) and bool(PORTABLE.fullmatch(value.dtype.str))


def check_fields(fields: Mapping[str, Any], columns: tuple[str, ...]) -> None:
    """Refuse fields that are not those of a result, or do not agree with each other."""
    if fields.keys() != FIELDS.keys():
        raise ValueError(f"the fields of a model are {[*FIELDS]}, not {[*fields]}.")
    for name, (check, wanted) in FIELDS.items():
        if not check(fields[name]):
            raise ValueError(f"{name} of a model must be {wanted}.")
    if (*fields["history"],) != columns:
        raise ValueError(f"history of a model must have the columns {columns}.")
    _check_agreement(fields)


def _check_agreement(fields: Mapping[str, Any]) -> None:
    d, encoding = len(fields["coef_"]), fields["encoding_"]
    if encoding is not None and len(encoding.features) != d:
        raise ValueError(f"encoding_ makes {len(encoding.features)} columns for {d} coefficients.")
    n_columns = d if encoding is None else len(encoding.columns)
    for which in ("feature_names_in_", "column_names_"):
        names = fields[which]
        if names is not None and len(names) != n_columns:
            raise ValueError(f"{which} has {len(names)} names for {n_columns} columns.")
    if (fields["loss_"].takes_labels) != (fields["classes_"] is not None):
        raise ValueError("classes_ must be there where the loss is one of labels, and only there.")
    path, steps = fields["path"], fields["path_steps"]
    if (path is None) != (steps is None) or (
        path is not None and not (len(path) == len(steps) and 0 <= path.shape[1] - d <= 1)
    ):
        raise ValueError("path must have a row for each of path_steps, a column per coefficient.")


def _array(ndim: int, kinds: str) -> Check:
    """Return a check for arrays of so many dimensions, of one of the kinds."""
    return lambda value: (
        isinstance(value, np.ndarray) and value.ndim == ndim and value.dtype.kind in kinds
    )


def _either(*checks: Check) -> Check:
    return lambda value: any(check(value) for check in checks)


def _instance(kind: type) -> Check:
    return lambda value: isinstance(value, kind)


def _is_none(value: Any) -> bool:
    return value is None


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _are_labels(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.shape == (2,)


def _are_any_names(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return isinstance(value, tuple)


def _are_names(value: Any) -> bool:
    return _array(1, "O")(value) and all(isinstance(name, str) for name in value)


def _is_dict(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(key, str) for key in value)


def _is_history(value: Any) -> bool:
    if not _is_dict(value) or not all(map(_array(1, "if"), value.values())):
        return False
    lengths = {len(column) for column in value.values()}
    return len(lengths) == 1 and lengths != {0}


FIELDS: dict[str, tuple[Check, str]] = {
    "coef_": (_array(1, "f"), "a vector of floats"),
    "intercept_": (_instance(float), "a float"),
    "n_iter_": (_is_count, "an integer"),
    "t_": (_is_count, "an integer"),
    "converged": (_either(_is_none, _instance(bool)), "True, False or None"),
    "stop_reason": (_instance(str), "a name"),
    "objective": (_instance(float), "a float"),
    "suboptimality": (_either(_is_none, _instance(float)), "a float or None"),
    "statistical_error": (_either(_is_none, _instance(float)), "a float or None"),
    "choices": (_is_dict, "a dict of sentences"),
    "history": (_is_history, "columns of one length"),
    "mode": (_instance(str), "a string"),
    "variant": (_instance(str), "a string"),
    "loss_": (_instance(Loss), "a loss"),
    "optimizer_": (_instance(Optimizer), "an optimizer"),
    "learning_rate_": (_either(is_number, _instance(Schedule)), "a number or a schedule"),
    "rate_reason": (_instance(str), "a string"),
    "batch_size_": (_is_count, "an integer"),
    "compile_seconds": (_instance(float), "a float"),
    "recipe": (_is_dict, "a dict of keywords"),
    "classes_": (_either(_is_none, _are_labels), "two labels or None"),
    "feature_names_in_": (_either(_is_none, _are_names), "an array of strings or None"),
    "column_names_": (_either(_is_none, _are_any_names), "a tuple or None"),
    "path": (_either(_is_none, _array(2, "f")), "a table of floats or None"),
    "path_steps": (_either(_is_none, _array(1, "i")), "a vector of integers or None"),
    "route_": (_instance(str), "a string"),
    "notes": (_is_dict, "a dict whose keys are strings"),
    "encoding_": (_either(_is_none, _instance(Encoding)), "an encoding or None"),
    "needs_offset_": (_instance(bool), "True or False"),
}
