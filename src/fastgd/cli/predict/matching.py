"""The columns of a file that a model needs, found by their name or by their place."""

from dataclasses import dataclass, replace

from fastgd.base.validation import did_you_mean
from fastgd.data.categories.encoding import Column
from fastgd.data.files.datafile import File, listed
from fastgd.data.files.pandas_index import find_index
from fastgd.data.files.roles import PLACE, Encoding, place_of


@dataclass(frozen=True)
class Matched:
    """Columns of a file by what a model takes them for."""

    columns: tuple[Column, ...]  # under their names in the file
    target: str | None
    weight: str | None
    offset: str | None
    ignored: tuple[str, ...] = ()
    index: tuple[str, ...] = ()  # left out, for it was not named
    places: tuple[str, ...] = ()  # names in the file of columns that were found by their place


def match(encoding: Encoding, file: File, target: str | None) -> Matched:
    """Return which columns of *file* the model needs; *target* was named by the user."""
    asked = None if target is None else file.find(target)
    if encoding.named and file.named:
        return match_names(encoding, file, asked)
    return match_places(encoding, file, asked)


def match_names(encoding: Encoding, file: File, asked: str | None) -> Matched:
    """Match columns by name."""
    needed = {column.name for column in encoding.columns}
    known = {*file.names, *file.others}
    if lacking := [column.name for column in encoding.columns if column.name not in known]:
        plural = "s" if len(lacking) > 1 else ""
        free = [name for name in file.names if name not in needed]
        raise ValueError(
            f"{file.path} lacks the column{plural} {listed(lacking)} that the model needs."
            f"{did_you_mean(lacking[0], free)}"
        )
    target = asked
    if target is None and encoding.target in known:
        target = encoding.target
    weight, offset = (
        name if name in known else None for name in (encoding.weight, encoding.offset)
    )
    passed = {target, weight, offset, *needed, *find_index(file)}
    ignored = tuple(name for name in file.names if name not in passed)
    return Matched(encoding.columns, target, weight, offset, ignored)


def match_places(encoding: Encoding, file: File, asked: str | None) -> Matched:
    """Match columns by place: of the file that was fitted, of all but its target, or of X alone.

    An index is left out if the other columns are as many as the model needs.
    """
    names = [column.name for column in encoding.columns]
    places = [*range(len(names))] if encoding.named else [*map(place_of, names)]
    width = len(names) if encoding.named else encoding.width
    target, weight, offset = (
        None if encoding.named or name is None or not PLACE.fullmatch(name) else place_of(name)
        for name in (encoding.target, encoding.weight, encoding.offset)
    )
    all_names = [name for name in file.names if name != asked]
    index = tuple(name for name in find_index(file) if name != asked)
    without = [name for name in all_names if name not in index]
    orders = [range(width), [k for k in range(width) if k != target], places]
    fitting = [
        (order, free)
        for free in (without, all_names)
        for order in orders
        if len(order) == len(free)
    ]
    if not fitting:
        raise ValueError(
            f"{file.path} has {len(all_names)} columns, and the model needs {len(names)}"
            f"{f' of {width}' if width > len(names) else ''}."
        )
    order, free = fitting[0]
    at = dict(zip(order, free, strict=True))
    columns = tuple(
        replace(column, name=at[place])
        for column, place in zip(encoding.columns, places, strict=True)
    )

    def found(place: int | None, name: str | None) -> str | None:
        return at.get(place, name if name in file.others else None)

    return Matched(
        columns,
        found(target, encoding.target) if asked is None else asked,
        found(weight, encoding.weight),
        found(offset, encoding.offset),
        index=index if free is without else (),
        places=tuple(column.name for column in columns),
    )
