"""Lines of text files, plain or gzipped, with errors that say where."""

import gzip
import io
import zlib
from collections.abc import Iterator
from os import PathLike

GZIP_MARK = b"\x1f\x8b"
UTF_8_MARK = b"\xef\xbb\xbf"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_lines(path: str | PathLike) -> Iterator[tuple[int, str]]:
    """Number (from 1) and text of each line that is not blank.

    White space at the right is left out, and with it the ends of lines.
    """
    number = 0
    try:
        for number, line in enumerate(read_bytes_of_lines(path), 1):
            if number == 1:
                line = line.removeprefix(UTF_8_MARK)
            line = line.rstrip()
            if line:
                yield number, line.decode()
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}, line {number}: the byte 0x{error.object[error.start]:02x} at "
            f"position {error.start} is not UTF-8; if the file is text, save it as "
            "UTF-8"
        ) from None


def read_bytes_of_lines(path: str | PathLike) -> Iterator[bytes]:
    r"""Lines with their ends: those of Unix, of Windows, or of old Macs ("\r").

    The first bytes tell whether the file is gzipped, not its name; bgzip is a kind of
    gzip.
    """
    number = 0
    with open(path, "rb") as file:
        if file.peek(2).startswith(GZIP_MARK):
            file = io.BufferedReader(gzip.GzipFile(fileobj=file), 2**20)
        try:
            for line in file:
                if number == 0:
                    _check_width_of_characters(line, path)
                if b"\r" not in line:
                    number += 1
                    yield line
                else:
                    # Files of old Macs, which have no "\n", come as one line.
                    lines = line.splitlines(keepends=True)
                    number += len(lines)
                    yield from lines
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(
                f"{path}, after line {number}: the gzip file is cut off or damaged "
                f"({error}); copy or download it again"
            ) from None


def _check_width_of_characters(line: bytes, path: str | PathLike) -> None:
    """Raise if the first line is not of one byte a character."""
    if line.startswith(UTF_16_MARKS) or b"\0" in line:
        raise ValueError(
            f"{path}, line 1: the file is not text in UTF-8, but in UTF-16, binary, or "
            "compressed by another tool than gzip; save it as UTF-8 or decompress it"
        )
