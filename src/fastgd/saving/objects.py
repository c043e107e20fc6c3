"""Objects of known classes as facts: their fields by name, and back through their constructors.

An object becomes ``["Name", {field: value}]`` in place of a value that `facts` knows. Only classes
that the reader names are made, so that a file decides nothing but numbers.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from fastgd.base.validation import show
from fastgd.saving.facts import Arrays, decode, encode

Classes = Mapping[str, type[Any]]
OBJECT = "object"


def table_of(*classes: type[Any]) -> Classes:
    """Return classes by their names."""
    return {row.__name__: row for row in classes}


def field_names(row: type[Any]) -> tuple[str, ...]:
    """Return the names of what a class is constructed from: a dataclass or a named tuple."""
    if is_dataclass(row):
        return tuple(field.name for field in fields(row) if field.init)
    return tuple(row._fields)


def encode_object(value: Any, where: str, arrays: Arrays, classes: Classes) -> Any:
    """Return an object, or a list, tuple or dict of some, as JSON has it.

    Raises
    ------
    TypeError, ValueError
        If it holds what a file of data does not, such as functions.
    """
    if classes.get(type(value).__name__) is type(value):
        names = field_names(type(value))
        values = {
            name: encode_object(getattr(value, name), f"{where}.{name}", arrays, classes)
            for name in names
        }
        return {OBJECT: [type(value).__name__, values]}
    return encode(value, where, arrays)


def decode_object(fact: Any, arrays: Arrays, classes: Classes) -> Any:
    """Return what `encode_object` made a fact of.

    Raises
    ------
    TypeError, ValueError
        For what it does not make.
    """
    if not (isinstance(fact, dict) and [*fact] == [OBJECT]):
        return decode(fact, arrays)
    name, values = fact[OBJECT]
    row = classes.get(name) if isinstance(name, str) else None
    if row is None or not isinstance(values, dict) or set(values) != set(field_names(row)):
        raise ValueError(f"{show(name)} is no object with the fields {show(values)}")
    return row(**{key: decode_object(value, arrays, classes) for key, value in values.items()})
