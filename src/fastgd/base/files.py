"""Files that are written beside their place and then renamed into it: whole, or not at all."""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

StrPath = str | os.PathLike[str]


@contextmanager
def replacing(path: StrPath) -> Iterator[BinaryIO]:
    """Yield a new file that takes the place of *path* at the end, unless something goes wrong.

    Whoever opens *path* meanwhile, or after a crash, finds the old file or the new one. The new
    one has the old one's permissions, or those that `open` gives.

    Raises
    ------
    OSError
        If the file cannot be written, of the type and with the words that `open` would use.
    """
    target = Path(os.path.realpath(path))  # of a link, what it points to
    part = target.parent / f".{secrets.token_hex(8)}.part"
    try:
        mode = _mode_to_keep(target)
        with part.open("xb") as file:
            if mode is not None:
                part.chmod(mode)
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
        _sync_folder(target.parent)
    except BaseException as error:  # Ctrl-C too must leave nothing behind
        with suppress(OSError):
            part.unlink()
        if isinstance(error, OSError) and error.errno:  # it may name the part
            raise OSError(error.errno, error.strerror, os.fspath(path)) from error
        raise


def _mode_to_keep(target: Path) -> int | None:
    """Return the permissions of the file to replace, None if there is none; refuse other things."""
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):  # a file put in the place of /dev/null would be a mishap
        raise OSError(errno.EINVAL, "Not a regular file")
    if not os.access(target, os.W_OK):  # renaming does not mind, its owner does
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return stat.S_IMODE(mode)


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself survive a power cut, if the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
