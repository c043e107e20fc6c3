"""The bytes of a CSV or other text file: plain, compressed, or from standard input."""

import gzip
import io
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from mmap import ACCESS_READ, mmap
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from fastgd.data.files.python_code import write_value

STDIN = Path("-")
TEXTS = (".csv", ".tsv", ".txt")  # what a .zip may hold
DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile)


@dataclass(frozen=True)
class TextSource:
    """The source of the bytes of a text file."""

    path: Path  # as messages name it
    opener: Callable[[], IO[bytes]]
    expression: str  # of Python, for the bytes
    libraries: tuple[str, ...]  # that the expression needs
    direct: Path | None = None  # that polars reads by itself

    @cached_property
    def content(self) -> bytes:
        """All bytes."""
        return self.take(-1)

    @contextmanager
    def mapped(self) -> Iterator[bytes | mmap]:
        """Yield all bytes, without a copy if the file is not compressed."""
        if self.direct is None or self.direct.suffix.lower() == ".gz":
            yield self.content
            return
        with self.direct.open("rb") as stream, mmap(stream.fileno(), 0, access=ACCESS_READ) as data:
            yield data

    def decoded(self, encoding: str) -> str:
        """Return the text."""
        try:
            return self.content.decode(encoding)
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{self.path} is not text in {encoding}: byte {error.start:,} cannot be decoded; "
                "name its text encoding with --encoding."
            ) from error

    def take(self, size: int) -> bytes:
        """Return the first bytes; say in a sentence why the file cannot be read."""
        try:
            with self.opener() as stream:
                return stream.read(size)
        except DAMAGED as error:
            raise OSError(f"{self.path} cannot be read: it is truncated or damaged.") from error
        except (RuntimeError, NotImplementedError) as error:
            raise OSError(f"{self.path} cannot be read: it is encrypted.") from error
        except OSError as error:
            raise OSError(f"{self.path} cannot be read: {error.strerror or error}.") from error


def open_source(path: Path) -> TextSource:
    """Return the source of the bytes of a file."""
    name = path.name.lower()
    if path == STDIN:
        data = unpack(sys.stdin.buffer.read())
        return TextSource(
            Path("stdin"), lambda: io.BytesIO(data), "sys.stdin.buffer.read()", ("sys",)
        )
    quoted = write_value(str(path))
    if name.endswith(".zip"):
        member = find_member(path)
        expression = f"zipfile.ZipFile({quoted}).read({write_value(member)})"
        return TextSource(path, lambda: open_member(path, member), expression, ("zipfile",))
    if name.endswith(".gz"):
        return TextSource(
            path,
            lambda: cast(IO[bytes], gzip.open(path)),
            f"gzip.open({quoted}).read()",
            ("gzip",),
            path,
        )
    expression = f"pathlib.Path({quoted}).read_bytes()"
    return TextSource(path, lambda: path.open("rb"), expression, ("pathlib",), path)


def unpack(data: bytes) -> bytes:
    """Return what came in, unpacked if it is compressed by gzip."""
    try:
        return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    except DAMAGED as error:
        raise OSError("stdin cannot be read: it is truncated or damaged.") from error


def find_member(path: Path) -> str:
    """Return the name of the one text file in a .zip."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.startswith("__MACOSX/")]
    except zipfile.BadZipFile as error:
        raise OSError(f"{path} cannot be read: it is damaged, or not a .zip file.") from error
    texts = [name for name in names if PurePosixPath(name).suffix.lower() in TEXTS]
    if len(texts) != 1:
        held = ", ".join(repr(name) for name in texts[:8]) or "none"
        raise ValueError(f"{path} must hold one file {', '.join(TEXTS)}; it holds {held}.")
    return texts[0]


def open_member(path: Path, member: str) -> BinaryIO:
    """Open a file in a .zip."""
    with zipfile.ZipFile(path) as archive:
        return io.BytesIO(archive.read(member))
