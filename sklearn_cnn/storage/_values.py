"""Plain values, arrays and a few types of this package as JSON, and back."""

import math
import os
from dataclasses import fields

import numpy as np
from torch import nn

from sklearn_cnn.architectures._image_cnn_config import ImageCNNConfig
from sklearn_cnn.architectures._sequence_cnn_config import SequenceCNNConfig
from sklearn_cnn.backbones._borrowed_config import BorrowedConfig
from sklearn_cnn.backbones._stored_source import (
    from_values,
    is_known_by_name,
    to_values,
)
from sklearn_cnn.datasets._motif_database import MotifDatabase
from sklearn_cnn.datasets._motif_set import MotifSet
from sklearn_cnn.metrics._scorer_names import name_of as name_of_scorer
from sklearn_cnn.metrics._scorer_names import named_scorers
from sklearn_cnn.preprocessing._alphabet import Alphabet, resolve_alphabet

# Architectures of networks, by the name of their class.
_CONFIGS = {
    cls.__name__: cls for cls in (ImageCNNConfig, SequenceCNNConfig, BorrowedConfig)
}
# Arrays may hold these kinds of values.
_KINDS = "biufUmMO"
# Bytes above which an array of texts must not be wider than its texts.
_MANY_BYTES = 1 << 24


def encode(value):
    """A value as JSON; what JSON lacks becomes an object with a "__type__".

    Raises
    ------
    TypeError
        If it cannot be stored; the message says what it is.
    """
    if isinstance(value, (np.bool_, np.number, np.str_)):
        value = value.item()
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return {"__type__": "float", "value": str(value)}
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, tuple):
        return {"__type__": "tuple", "items": [encode(item) for item in value]}
    if isinstance(value, dict):
        if "__type__" not in value and all(isinstance(key, str) for key in value):
            return {key: encode(item) for key, item in value.items()}
        items = [[encode(key), encode(item)] for key, item in value.items()]
        return {"__type__": "dict", "items": items}
    if isinstance(value, np.ndarray):
        return _encode_array(value)
    if isinstance(value, Alphabet):
        return {"__type__": "alphabet", "name": value.name, "symbols": value.symbols}
    if type(value) in _CONFIGS.values():
        values = {field.name: getattr(value, field.name) for field in fields(value)}
        return {
            "__type__": "architecture",
            "class": type(value).__name__,
            "values": encode(values),
        }
    if is_known_by_name(value):
        return {"__type__": "network", **encode(to_values(value))}
    if isinstance(value, MotifSet):
        entries = [
            [str(identifier), str(name), counts.tolist()]
            for identifier, name, counts in value.entries()
        ]
        kind = {"__type__": "motifs", "alphabet": value.alphabet}
        return kind | {"entries": entries}
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if (name := name_of_scorer(value)) is not None:
        return {"__type__": "scorer", "name": name}
    if isinstance(value, nn.Module):
        raise TypeError(f"a {type(value).__name__}")
    name = getattr(value, "__qualname__", value)
    named = f" {name!r}" if callable(value) else ""
    raise TypeError(f"a {type(value).__name__}{named}")


def _encode_array(array: np.ndarray) -> dict:
    values = array.ravel()
    if array.dtype.kind in "mM":
        values = values.astype(np.int64)  # Dates and times count their unit.
    strings_only = array.dtype == object and all(isinstance(v, str) for v in values)
    if values.dtype.kind not in "biufU" and not strings_only:
        raise TypeError(f"an array of dtype {array.dtype}")
    return {
        "__type__": "array",
        "dtype": array.dtype.str,
        "shape": list(array.shape),
        "values": [encode(item) for item in values.tolist()],
    }


def decode(value):
    """The inverse of `encode`.

    Raises
    ------
    AttributeError, LookupError, TypeError, ValueError
        If the values are none that `encode` gives.
    """
    match value:
        case list():
            return [decode(item) for item in value]
        case {"__type__": "float", "value": text}:
            return float(text)
        case {"__type__": "tuple", "items": items}:
            return tuple(decode(item) for item in items)
        case {"__type__": "dict", "items": items}:
            return {decode(key): decode(item) for key, item in items}
        case {"__type__": "array", "dtype": dtype, "shape": shape, "values": values}:
            return _decode_array(dtype, shape, decode(values))
        case {"__type__": "alphabet", "name": name, "symbols": symbols}:
            alphabet = resolve_alphabet(name)
            if alphabet.symbols != symbols:
                raise ValueError(
                    f"the alphabet {name!r} has the symbols {symbols!r} in the file "
                    f"and {alphabet.symbols!r} here"
                )
            return alphabet
        case {"__type__": "architecture", "class": name, "values": values}:
            return _CONFIGS[name](**decode(values))
        case {"__type__": "network", "kind": kind, "values": values}:
            return from_values(kind, decode(values))
        case {"__type__": "scorer", "name": name}:
            scorers = named_scorers()
            if name not in scorers:
                raise ValueError(f"there is no scorer {name!r} here")
            return scorers[name]
        case {"__type__": "motifs", "alphabet": alphabet, "entries": entries}:
            ids, names, counts = zip(*entries, strict=True)
            counts = [np.array(matrix, dtype=float) for matrix in counts]
            if not all(np.isfinite(matrix).all() for matrix in counts):
                raise ValueError("counts of motifs are not finite")
            return MotifDatabase.from_entries(ids, names, counts, alphabet)
        case {"__type__": kind}:
            raise ValueError(f"unknown type {kind!r}")
        case dict():
            return {key: decode(item) for key, item in value.items()}
    return value


def _decode_array(dtype: str, shape: list[int], values: list) -> np.ndarray:
    dtype = np.dtype(dtype)
    if dtype.kind not in _KINDS or dtype.itemsize < 0:
        raise ValueError(f"there are no arrays of {dtype} in a model")
    if dtype.kind == "U" and dtype.itemsize * len(values) > _MANY_BYTES:
        longest = np.array(values, dtype=str).dtype
        if dtype.itemsize > longest.itemsize:
            raise ValueError(f"an array of {dtype} is wider than its texts")
    return np.array(values, dtype=dtype).reshape(shape)
