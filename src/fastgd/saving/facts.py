"""Facts: values of a result as JSON has them, and back.

What JSON has stands for itself. Anything else is an object of one entry that says what it is, as
in ``{"array": "coef_"}`` or ``{"loss": ["huber", {"delta": 1.35}]}``. A value comes back as it
was, to the bit, or is refused.
"""

import datetime
import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from fastgd.base.types import Array
from fastgd.base.validation import is_number, show
from fastgd.losses import LOSSES, Loss
from fastgd.optimizers import OPTIMIZERS, Optimizer
from fastgd.saving.archive import portable_dtype
from fastgd.schedules import SCHEDULES, Schedule

Arrays = dict[str, Array]

MAX_DEPTH = 32  # of lists and dicts in each other
MAX_BITS = 1 << 13  # of an integer: Python takes its time to read longer ones
SINGLE = (bool, int, float, str, np.generic)
TIMES: dict[str, Any] = {"date": datetime.date, "datetime": datetime.datetime}
TABLES: dict[str, Mapping[str, type[Any]]] = {
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
}


def encode(value: Any, where: str, arrays: Arrays | None = None, depth: int = 0) -> Any:
    """Return *value* as JSON has it; its arrays go into *arrays*, if it may have any.

    Raises
    ------
    TypeError, ValueError
        If it cannot be written; the sentence names the place, *where*.
    """
    if depth > MAX_DEPTH:
        raise ValueError(refusal(where.split(".")[0], f"are nested more than {MAX_DEPTH} deep"))
    if value is None or type(value) in (bool, str):
        return value
    if type(value) is int:
        if value.bit_length() > MAX_BITS:
            raise ValueError(refusal(where, f"is a number of more than {MAX_BITS} bits"))
        return value
    if type(value) is float:
        # In hexadecimal digits, since NaN too has a sign.
        return value if math.isfinite(value) else {"float": struct.pack(">d", value).hex()}
    if isinstance(value, np.generic):
        _check_portable(value, where)
        return {"scalar": [value.dtype.str, value.tobytes().hex()]}
    if isinstance(value, np.ndarray) and arrays is not None:
        return _encode_array(value, where, arrays)
    if type(value) in (list, tuple):
        items = [encode(item, f"{where}.{k}", arrays, depth + 1) for k, item in enumerate(value)]
        return items if type(value) is list else {"tuple": items}
    if type(value) is dict and all(type(key) is str for key in value):
        entries = value.items()
        return {"dict": {k: encode(v, f"{where}.{k}", arrays, depth + 1) for k, v in entries}}
    return _encode_row(value, where, depth + 1)


def decode(fact: Any, arrays: Arrays | None = None) -> Any:
    """Return the value that `encode` made a fact of; its arrays are taken out of *arrays*.

    Raises
    ------
    TypeError, ValueError
        For what `encode` does not make.
    """
    if fact is None or type(fact) in (bool, str):
        return fact
    if type(fact) is int and fact.bit_length() <= MAX_BITS:
        return fact
    if type(fact) is float and math.isfinite(fact):
        return fact
    if type(fact) is list:
        return [decode(item, arrays) for item in fact]
    if type(fact) is dict and len(fact) == 1:
        ((kind, content),) = fact.items()
        if kind in TABLES:
            return _decode_row(kind, content)
        if kind in DECODERS:
            return DECODERS[kind](content, arrays)
        if kind in ARRAY_DECODERS and arrays is not None:
            return ARRAY_DECODERS[kind](content, arrays)
    raise ValueError(f"{show(fact)} is no fact")


def refusal(where: str, why: str) -> str:
    """Say in a sentence why a model cannot be saved, and what to do."""
    advice = (
        "notes may hold None, bools, numbers, strings, lists, tuples, and dicts with string keys"
        if where.split(".")[0] == "notes"
        else "keep its numbers with numpy.savez(path, coef=result.coef_, "
        "intercept=result.intercept_)"
    )
    return f"This model cannot be saved, because its {where} {why}; {advice}."


def _refuse(value: Any, where: str) -> TypeError:
    own = callable(value) or isinstance(value, (Loss, Optimizer, Schedule))
    kind = f"array of {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__
    what = "is code of your own" if own else f"is of a type ({kind})"
    return TypeError(refusal(where, f"{what} that a file of data does not hold: {show(value)}"))


def _check_portable(value: Any, where: str) -> None:
    try:
        portable_dtype(value.dtype.str)
    except TypeError as error:
        raise _refuse(value, where) from error


def _encode_array(array: Array, where: str, arrays: Arrays) -> dict[str, Any]:
    if array.dtype.kind == "O":
        return _encode_objects(array, where, arrays)
    _check_portable(array, where)
    arrays[where] = array
    return {"array": where}


def _encode_objects(array: Array, where: str, arrays: Arrays) -> dict[str, Any]:
    if array.ndim != 1:
        raise _refuse(array, where)
    if all(type(item) is str for item in array):
        texts = array.astype(str)
        if (texts == array).all():  # not if one ends in NUL
            arrays[where] = texts
            return {"texts": where}
    return {"objects": [_encode_object(item, where) for item in array]}


def _encode_object(item: Any, where: str) -> Any:
    if type(item) is bytes:
        return {"bytes": item.hex()}
    if type(item) in TIMES.values():
        return {type(item).__name__: item.isoformat()}
    if not isinstance(item, SINGLE):
        raise _refuse(item, where)
    return encode(item, where)


def _decode_object(fact: Any) -> Any:
    if type(fact) is dict and len(fact) == 1:
        ((kind, content),) = fact.items()
        if kind == "bytes":
            return bytes.fromhex(content)
        if kind in TIMES:
            return TIMES[kind].fromisoformat(content)
    value = decode(fact)
    if not isinstance(value, SINGLE):
        raise ValueError("the objects of an array must be numbers, texts, bytes or times")
    return value


def _encode_row(value: Any, where: str, depth: int) -> dict[str, Any]:
    for kind, table in TABLES.items():
        for name, row in table.items():
            if type(value) is row:
                parameters = {
                    field.name: encode(getattr(value, field.name), where, None, depth)
                    for field in fields(value)
                }
                return {kind: [name, parameters]}
    raise _refuse(value, where)


def _decode_row(kind: str, content: Any) -> Any:
    name, parameters = content if type(content) is list and len(content) == 2 else (None, None)
    row = TABLES[kind].get(name) if type(name) is str else None
    if row is None:
        raise ValueError(f"there is no {kind} {show(name)}")
    names = {field.name for field in fields(row)}
    if type(parameters) is not dict or parameters.keys() != names:
        raise ValueError(f"the {kind} {name!r} has other parameters than {sorted(names)}")
    values = {k: decode(v) for k, v in parameters.items()}
    if not all(map(_is_parameter, values.values())):
        raise ValueError(f"the parameters of the {kind} {name!r} must be numbers")
    return row(**values)


def _is_parameter(value: Any) -> bool:
    """Return True for a number, None, a schedule, and a schedule's pairs of a step and a rate."""
    if type(value) is not tuple:
        return value is None or is_number(value) or isinstance(value, Schedule)
    return all(
        type(pair) is tuple and len(pair) == 2 and all(map(is_number, pair)) for pair in value
    )


def _decode_float(content: Any, arrays: Arrays | None) -> float:
    raw = bytes.fromhex(content)
    value = float(struct.unpack(">d", raw)[0]) if len(raw) == 8 else 0.0
    if math.isfinite(value):
        raise ValueError(f"{content!r} is neither NaN nor infinity")
    return value


def _decode_scalar(content: Any, arrays: Arrays | None) -> Any:
    text, digits = content
    dtype, raw = portable_dtype(text), bytes.fromhex(digits)
    if len(raw) != dtype.itemsize:
        raise ValueError(f"{digits!r} is no {text}")
    return np.frombuffer(raw, dtype)[0]


def _decode_array(content: Any, arrays: Arrays) -> Array:
    if type(content) is not str or content not in arrays:
        raise ValueError(f"there is no array {show(content)}, or it is used twice")
    array = arrays.pop(content)
    if array.dtype.kind == "U":
        array.tolist()  # which raises for what is no character
    return array


def _decode_texts(content: Any, arrays: Arrays) -> Array:
    return _decode_array(content, arrays).astype(object)


def _decode_objects(content: Any, arrays: Arrays) -> Array:
    if type(content) is not list:
        raise ValueError(f"{show(content)} is no list")
    items = [_decode_object(item) for item in content]
    objects = np.empty(len(items), dtype=object)
    objects[:] = items
    return objects


def _decode_items(content: Any, arrays: Arrays | None) -> list[Any]:
    if type(content) is not list:
        raise ValueError(f"{show(content)} is no list")
    return [decode(item, arrays) for item in content]


def _decode_tuple(content: Any, arrays: Arrays | None) -> tuple[Any, ...]:
    return tuple(_decode_items(content, arrays))


def _decode_dict(content: Any, arrays: Arrays | None) -> dict[str, Any]:
    if type(content) is not dict:
        raise ValueError(f"{show(content)} is no dict")
    return {key: decode(value, arrays) for key, value in content.items()}


DECODERS: dict[str, Callable[[Any, Arrays | None], Any]] = {
    "float": _decode_float,
    "scalar": _decode_scalar,
    "tuple": _decode_tuple,
    "dict": _decode_dict,
}
ARRAY_DECODERS: dict[str, Callable[[Any, Arrays], Array]] = {
    "array": _decode_array,
    "texts": _decode_texts,
    "objects": _decode_objects,
}
