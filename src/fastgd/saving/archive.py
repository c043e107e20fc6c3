"""Archives: facts and arrays in one file, a zip of ``model.json`` and a ``.npy`` per array.

`numpy.load` opens one too. Nothing that is read is ever run or unpickled, and nothing is allocated
on the word of a file alone.
"""

import json
import math
import os
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from fastgd.base.files import StrPath, replacing
from fastgd.base.types import Array
from fastgd.base.validation import first_line

FORMAT = "fastgd model"
VERSION = 2  # raise it with any change of what a file holds, and go on reading the older ones
FACTS = "model.json"
OTHER_KIND = "it is a file of another kind"

MAX_FACTS = 1 << 20  # bytes of JSON: parsed, they may take thirty times as much memory
MAX_NPY_HEADER = 1 << 10  # bytes
READ_AT_ONCE = 1 << 20  # bytes
ZIP64_FROM = 1 << 31  # bytes of a member

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,99}")
# Nothing that would be unpickled, and no type whose size depends on the machine.
PORTABLE = re.compile(
    r"[<>|](f[248]|[iu][1248]|b1|[US][1-9][0-9]{0,7}|[mM]8\[(Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\])"
)


def write_archive(path: StrPath, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write facts that JSON has, and arrays of numbers or fixed-width text.

    The same facts and arrays make the same bytes. A file that is there is replaced at the end.

    Raises
    ------
    OSError
        If the file cannot be written.
    TypeError, ValueError
        For facts or arrays that could not be read back.
    """
    document = {"format": FORMAT, "version": VERSION, "arrays": [*arrays], "facts": facts}
    text = json.dumps(document, indent=1, allow_nan=False).encode("ascii")
    _check_size(len(text))
    _check_names([*arrays])
    for array in arrays.values():
        portable_dtype(array.dtype.str)
    with replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr(_member(FACTS), text)
        for name, array in arrays.items():
            is_long = array.nbytes > ZIP64_FROM
            with archive.open(_member(f"{name}.npy"), "w", force_zip64=is_long) as member:
                plain = np.asarray(array, order="C")
                np.lib.format.write_array(member, plain, version=(1, 0), allow_pickle=False)


def read_archive(path: StrPath) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return the facts and arrays of a file that `write_archive` wrote.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is damaged, of another kind, or a newer fastgd wrote it.
    """
    with Path(path).open("rb") as file, reading(path):
        size = os.fstat(file.fileno()).st_size
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if FACTS not in {member.filename for member in members}:
                raise ValueError(OTHER_KIND)
            for member in members:
                _check_stored(member, size)
            facts, names = _read_facts(archive)
            if [member.filename for member in members] != [FACTS, *(f"{n}.npy" for n in names)]:
                raise ValueError(f"its members are not those that {FACTS} names")
            return facts, {name: _read_array(archive, f"{name}.npy") for name in names}


@contextmanager
def reading(path: StrPath) -> Iterator[None]:
    """Turn what is found wrong with a file's content into one sentence that names the file."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:  # a damaged zip makes its readers raise half a dozen kinds
        why = ("" if isinstance(error, OSError) else first_line(error)) or "it is damaged"
        raise ValueError(f"{os.fspath(path)} is not a readable {FORMAT}: {why}.") from error


def portable_dtype(text: Any) -> np.dtype[Any]:
    """Return the type of which *text* is the `str`; refuse what no file should hold."""
    if not isinstance(text, str) or not PORTABLE.fullmatch(text):
        raise TypeError(f"an array of the type {text!r} is not kept in a file")
    return np.dtype(text)


def _member(name: str) -> zipfile.ZipInfo:
    """Return the header of a member, the same one on any day and system."""
    member = zipfile.ZipInfo(name)
    member.create_system, member.external_attr = 3, 0o100644 << 16
    return member


def _check_stored(member: zipfile.ZipInfo, size: int) -> None:
    """Refuse a member that would take more memory than the file has bytes."""
    is_stored = member.compress_type == zipfile.ZIP_STORED
    if not is_stored or member.file_size != member.compress_size or member.file_size > size:
        raise ValueError(f"{member.filename!r} is not stored as it was written")


def _read_facts(archive: zipfile.ZipFile) -> tuple[dict[str, Any], list[str]]:
    """Return the facts and the names of the arrays that follow."""
    _check_size(archive.getinfo(FACTS).file_size)
    document = json.loads(archive.read(FACTS).decode("ascii"), parse_constant=_refuse_constant)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(OTHER_KIND)
    _check_version(document.get("version"))
    facts, names = document.get("facts"), document.get("arrays")
    if len(document) != 4 or not isinstance(facts, dict) or not isinstance(names, list):
        raise ValueError(f"{FACTS} has other entries than were written")
    _check_names(names)
    return facts, names


def _read_array(archive: zipfile.ZipFile, name: str) -> Array:
    """Return an array, read straight into its place."""
    with archive.open(name) as member:
        np.lib.format.read_magic(member)
        shape, in_fortran_order, dtype = np.lib.format.read_array_header_1_0(
            member, max_header_size=MAX_NPY_HEADER
        )
        portable_dtype(dtype.str)
        size = archive.getinfo(name).file_size - member.tell()
        claimed = math.prod(shape) * dtype.itemsize
        if in_fortran_order or min(shape, default=0) < 0 or claimed != size:
            raise ValueError(f"{name} claims {claimed} bytes and has {size}")
        array = np.empty(shape, dtype)
        body = array.reshape(-1).view(np.uint8).data
        for start in range(0, size, READ_AT_ONCE):
            body[start : start + READ_AT_ONCE] = member.read(READ_AT_ONCE)
    return array


def _check_version(version: Any) -> None:
    if type(version) is not int or version < 1:
        raise ValueError("its version is no integer from 1 on")
    if version > VERSION:
        raise ValueError(
            f"a newer fastgd wrote it, as version {version} of the file, and this one reads "
            f"versions up to {VERSION}; upgrade fastgd"
        )


def _check_names(names: list[Any]) -> None:
    if not all(isinstance(name, str) and NAME.fullmatch(name) for name in names):
        raise ValueError("an array has an impossible name.")
    if len(set(names)) < len(names):
        raise ValueError("two arrays have the same name.")


def _check_size(size: int) -> None:
    if size > MAX_FACTS:
        raise ValueError(
            f"the facts of a model may take {MAX_FACTS} bytes of JSON, these take {size}; "
            "keep long notes elsewhere."
        )


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
