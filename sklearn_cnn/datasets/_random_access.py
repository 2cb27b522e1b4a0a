"""Random access to plain files, and to files that are compressed in blocks."""

import zlib
from bisect import bisect_right
from os import PathLike
from typing import BinaryIO

from sklearn_cnn.datasets._text_lines import GZIP_MARK

# Header of a block: that of gzip with one extra field, "BC", which holds its size.
_N_HEADER = 18


class PlainFile:
    """Bytes of an open file, from any place."""

    def __init__(self, file: BinaryIO):
        self._file = file

    def read(self, offset: int, size: int) -> bytes:
        """At most `size` bytes; fewer at the end of the file."""
        self._file.seek(offset)
        return self._file.read(size)


class BlockGzipFile:
    """Uncompressed bytes of an open file that bgzip wrote, from any place.

    A block is a gzip file of at most 64 KB. Its header holds its size, so that all
    blocks are found without decompressing them.
    """

    def __init__(self, file: BinaryIO, path: str | PathLike):
        self._file, self._path = file, path
        # Where blocks begin in the file, and in the uncompressed bytes.
        self._positions, self._offsets = [0], [0]
        self._last = None, b""
        self._find_blocks()

    def read(self, offset: int, size: int) -> bytes:
        """At most `size` uncompressed bytes; fewer at the end of the file."""
        parts, end = [], offset + size
        block = bisect_right(self._offsets, offset) - 1
        while offset < end and block < len(self._offsets) - 1:
            first = self._offsets[block]
            part = self._decompress(block)[offset - first : end - first]
            parts.append(part)
            offset += len(part)
            block += 1
        return b"".join(parts)

    def _find_blocks(self) -> None:
        position = size = 0
        self._file.seek(0)
        while header := self._file.read(_N_HEADER):
            if not is_block(header):
                raise self._damaged(f"no block begins at byte {position}")
            position += int.from_bytes(header[16:18], "little") + 1
            self._file.seek(position - 4)
            size = int.from_bytes(self._file.read(4), "little")
            self._positions.append(position)
            self._offsets.append(self._offsets[-1] + size)
        if size > 0 or self._file.tell() != position:
            raise self._damaged("the empty block at the end is missing")

    def _decompress(self, block: int) -> bytes:
        """Bytes of a block; the last one is kept."""
        if self._last[0] != block:
            start, end = self._positions[block : block + 2]
            self._file.seek(start)
            try:
                data = zlib.decompress(self._file.read(end - start), wbits=31)
            except zlib.error as error:
                raise self._damaged(str(error)) from None
            self._last = block, data
        return self._last[1]

    def _damaged(self, what: str) -> ValueError:
        return ValueError(
            f"{self._path} is cut off or damaged ({what}); copy or download it again"
        )


def is_block(header: bytes) -> bool:
    """Whether the first bytes are those of a block that bgzip wrote."""
    return header[:4] == GZIP_MARK + b"\x08\x04" and header[12:16] == b"BC\x02\x00"


def open_at_random(file: BinaryIO, path: str | PathLike) -> PlainFile | BlockGzipFile:
    """An open file to read bytes of from any place; compressed, if in blocks."""
    header = file.read(_N_HEADER)
    if not header.startswith(GZIP_MARK):
        return PlainFile(file)
    if is_block(header):
        return BlockGzipFile(file, path)
    raise ValueError(
        f"{path} is compressed as a whole, which forbids random access; compress it in "
        "blocks ('gunzip' and then 'bgzip', of samtools), or decompress it once "
        "('gunzip -k' keeps the original)"
    )
