"""Writing bytes to a path, all of them or none, or into an open file."""

import contextlib
import errno
import io
import os
import secrets
from collections.abc import Iterator
from typing import BinaryIO


def write_whole(path: str, data: bytes) -> None:
    """Write a file so that at any time the old or the new one is there, whole.

    A process that is killed meanwhile may leave a file `path` + ".XXXXXXXX.tmp".
    """
    with whole_file(path) as file:
        file.write(data)


@contextlib.contextmanager
def whole_file(path: str) -> Iterator[BinaryIO]:
    """Open a file to write, which takes its place when all is written.

    Until then it has another name, and it is removed if an error ends the block: as
    `write_whole`, for data that come bit by bit.
    """
    target = os.path.realpath(path)  # A link stays a link.
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(
            errno.ENOENT, "the folder is missing; make it first", folder
        )
    if os.path.isdir(target):
        raise IsADirectoryError(errno.EISDIR, "path is a folder, not a file", path)
    temporary = f"{target}.{secrets.token_hex(4)}.tmp"
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.remove(temporary)
        if getattr(error, "filename", None) == temporary:
            error.filename = path
        raise


def write_into(file: BinaryIO, data: bytes) -> None:
    """Write all bytes into an open file, from its position on."""
    rest = memoryview(data)
    while len(rest):
        n_written = file.write(rest)
        if not isinstance(file, io.RawIOBase):
            return
        # Files without a buffer may take a part only.
        rest = rest[n_written or 0 :]
