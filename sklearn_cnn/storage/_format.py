"""The file format: tensors and one text of JSON as a safetensors file with a hash.

A file is the length of the header (8 bytes, little-endian), the header (JSON), and the
bytes of the tensors. The header's metadata have one entry, whose text is the JSON of a
record. (Entries have no order: with one, equal models make equal files.)

Version 2 of the format has "sha256" in the record: the SHA-256 of the whole file, with
64 zeros in the place of the hash itself. Version 1 had no hash.
"""

import hashlib
import json
import math
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import save

import sklearn_cnn

# The entry of the metadata, which also marks a file as ours.
ENTRY = "sklearn_cnn"
FORMAT_VERSION = 2
# What a user can do about a damaged file.
_REMEDY = "get a fresh copy of it, or save the model again"
_BLANK = "0" * 64
# As in the safetensors package.
_LONGEST_HEADER = 100_000_000
# Files are read in parts, so that one whose header lies takes no more memory than it
# has bytes.
_PART = 1 << 20
_DTYPES = {
    "BOOL": "?",
    "U8": "u1",
    "I8": "i1",
    "U16": "<u2",
    "I16": "<i2",
    "F16": "<f2",
    "U32": "<u4",
    "I32": "<i4",
    "F32": "<f4",
    "U64": "<u8",
    "I64": "<i8",
    "F64": "<f8",
}
# What Python and its libraries raise where values are not as they should be.
_ERRORS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    SyntaxError,  # NumPy reads names of types as Python does.
    TypeError,
    ValueError,
)


@contextmanager
def damage_reported(name: str) -> Iterator[None]:
    """Errors of reading what is not as it should be, as one that says what to do."""
    try:
        yield
    except _ERRORS as error:
        reason = textwrap.shorten(str(error), 300)  # In one line.
        if type(error) is not ValueError:
            reason = f"{type(error).__name__}: {reason}"
        raise ValueError(f"{name} is damaged: {reason}; {_REMEDY}") from error


def pack(record: dict, tensors: dict[str, np.ndarray]) -> bytearray:
    """Bytes of a file.

    Raises
    ------
    ValueError
        If the format cannot hold so much JSON, or such tensors.
    """
    record = {"format_version": FORMAT_VERSION, "sha256": _BLANK, **record}
    text = json.dumps(record, allow_nan=False)
    try:
        data = bytearray(save(tensors, metadata={ENTRY: text}))
    except SafetensorError as error:
        raise ValueError(
            f"the model does not fit into a safetensors file ({error}); use joblib"
        ) from error
    start = data.index(_BLANK.encode())
    data[start : start + len(_BLANK)] = hashlib.sha256(data).hexdigest().encode()
    return data


def unpack(file: BinaryIO, name: str) -> tuple[dict, dict[str, np.ndarray]]:
    """Record and tensors of a file, from its position to its end.

    Parameters
    ----------
    file : binary file
        Open for reading.
    name : str
        What error messages call it.

    Raises
    ------
    ValueError
        If it is no safetensors file, is damaged, is not one of `save_model`, or needs a
        newer version of this package.
    """
    start = _read(file, 8)
    length = int.from_bytes(start, "little")
    header = _read(file, length) if length <= _LONGEST_HEADER else b""
    if len(start) < 8 or len(header) < length:
        raise ValueError(
            f"{name} is not a safetensors file, or it is cut short: it ends before its "
            f"header does; {_REMEDY}"
        )
    try:
        entries = dict(json.loads(header))
    except (RecursionError, TypeError, ValueError) as error:
        raise ValueError(
            f"{name} is not a safetensors file, or its header is damaged; {_REMEDY}"
        ) from error
    metadata = entries.pop("__metadata__", None)
    if not isinstance(metadata, dict) or ENTRY not in metadata:
        raise ValueError(
            f"{name} is a safetensors file, but not one that save_model wrote: its "
            f"metadata have no entry {ENTRY!r}; read it by the safetensors package, or "
            "if save_model did write it, get a fresh copy of it"
        )
    with damage_reported(name):
        record = json.loads(metadata[ENTRY])
        written_by, version = record["package_version"], record["format_version"]
        layout = _layout(entries)
        size = max((stop for *_, stop in layout.values()), default=0)
        data = _read(file, size)
        if len(data) < size:
            raise ValueError(f"it is cut short: {size - len(data):,} bytes are missing")
        if file.read(1):
            raise ValueError("it is longer than its header says")
        if "sha256" in record:
            _check_hash(record["sha256"], start + header, data)
        is_newer = version > FORMAT_VERSION
        if not is_newer and version not in (1, FORMAT_VERSION):
            raise ValueError(f"there is no version {version!r} of the format")
        if version == FORMAT_VERSION and "sha256" not in record:
            raise ValueError("its hash is missing")
        tensors = {
            key: np.ndarray(shape, dtype, data, begin).copy()
            for key, (dtype, shape, begin, _) in layout.items()
        }
    if is_newer:
        raise ValueError(
            f"{name} was written by sklearn_cnn {written_by} in version {version} of "
            f"the format, but this sklearn_cnn, {sklearn_cnn.__version__}, reads up to "
            f"version {FORMAT_VERSION}; install a newer sklearn_cnn"
        )
    return record, tensors


def _read(file: BinaryIO, size: int) -> bytearray:
    """So many bytes, or those that there are."""
    data = bytearray()
    while len(data) < size:
        part = file.read(min(_PART, size - len(data)))
        if isinstance(part, str):
            raise TypeError("load_model needs a file that is open in binary mode, 'rb'")
        if not part:
            break
        data += part
    return data


def _layout(entries: dict) -> dict[str, tuple[np.dtype, tuple[int, ...], int, int]]:
    """Type, shape, first byte and end of each tensor, which follow each other."""
    layout, end = {}, 0
    by_place = sorted(entries.items(), key=lambda item: item[1]["data_offsets"])
    for name, entry in by_place:
        dtype, shape = np.dtype(_DTYPES[entry["dtype"]]), tuple(entry["shape"])
        begin, stop = entry["data_offsets"]
        if not all(type(n) is int and n >= 0 for n in (*shape, begin, stop)):
            raise ValueError(f"the sizes of the tensor {name!r} are no whole numbers")
        if begin != end or stop - begin != math.prod(shape) * dtype.itemsize:
            raise ValueError(f"the tensor {name!r} has not the bytes of its shape")
        layout[name] = dtype, shape, begin, stop
        end = stop
    return layout


def _check_hash(digest: str, head: bytes, data: bytes) -> None:
    """Refuse bytes whose hash is another one than they say."""
    blank = head.replace(digest.encode(), _BLANK.encode(), 1)
    found = hashlib.sha256(blank)
    found.update(data)
    if found.hexdigest() != digest:
        raise ValueError("its bytes have changed since it was written (by its SHA-256)")
