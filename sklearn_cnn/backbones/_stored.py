"""Features stored in a folder, computed once for each distinct input."""

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sklearn_cnn.backbones._backbone import Backbone
from sklearn_cnn.backbones._fingerprint import fingerprint
from sklearn_cnn.inputs._inputs import Inputs

# Part of every path; a new number where the content or layout of entries changes.
_FORMAT = 1
_DIGEST_SIZE = 16


class StoredFeatures:
    """A backbone that is run only for inputs whose features are not stored yet.

    An entry is a file: a checksum, then the numbers. It is written under another name
    and then renamed, so that processes can share a folder. A damaged entry is computed
    again.

    Parameters
    ----------
    backbone : Backbone
        Computes the features. Each backbone has its own folder in `folder`.
    folder : str or path-like
        Created if it does not exist.
    """

    def __init__(self, backbone: Backbone, folder: str | os.PathLike):
        self.backbone = backbone
        self.encode = backbone.encode
        self.layers = backbone.layers
        self._folder = Path(folder) / f"v{_FORMAT}-{fingerprint(backbone)}"

    def feature_names(
        self, inputs: Inputs, batch_size: int | None, device
    ) -> list[str]:
        """As `Backbone.feature_names`; stored once for each shape of inputs."""
        first = next(_contents(inputs[:1]))
        key = f"names-{_digest(repr(first.shape).encode()).hexdigest()}"
        stored = self._read(key)
        if stored is not None:
            return json.loads(stored)
        names, features = self.backbone.run_first(inputs, batch_size, device)
        self._write(_keys(inputs[:1])[0], features.tobytes())
        self._write(key, json.dumps(names).encode())
        return names

    def features(self, inputs: Inputs, batch_size: int | None, device):
        """As `Backbone.features`; features are stored as they are computed."""
        rows_of = {}
        for row, key in enumerate(_keys(inputs)):
            rows_of.setdefault(key, []).append(row)
        missing = []
        for key, rows in rows_of.items():
            stored = self._read(key)
            if stored is None:
                missing.append(key)
            else:
                yield rows, _as_rows(np.frombuffer(stored, np.float32), rows)
        if not missing:
            return
        to_run = inputs[[rows_of[key][0] for key in missing]]
        for places, computed in self.backbone.features(to_run, batch_size, device):
            for place, features in zip(places, computed, strict=True):
                key = missing[place]
                self._write(key, features.tobytes())
                yield rows_of[key], _as_rows(features, rows_of[key])

    def _path(self, key: str) -> Path:
        # Subfolders, since there may be very many files.
        return self._folder / key[-2:] / key

    def _read(self, key: str) -> bytes | None:
        """Content of an entry; None if it is missing or damaged."""
        try:
            data = self._path(key).read_bytes()
        except (FileNotFoundError, PermissionError):
            # Windows refuses to read a file that another process replaces.
            return None
        checksum, content = data[:_DIGEST_SIZE], data[_DIGEST_SIZE:]
        return content if checksum == _digest(content).digest() else None

    def _write(self, key: str, content: bytes) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{key}.{secrets.token_hex(4)}.tmp")
        try:
            temporary.write_bytes(_digest(content).digest() + content)
            os.replace(temporary, path)
        except BaseException as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            # Windows refuses to replace a file that another process reads; what is
            # there is the same.
            if not isinstance(error, PermissionError) or not path.exists():
                raise


def _contents(inputs: Inputs) -> Iterator[np.ndarray]:
    """Each input, without padding."""
    if inputs.lengths is None:
        yield from inputs.values
        return
    for values, length in zip(inputs.values, inputs.lengths, strict=True):
        yield values[..., :length]


def _keys(inputs: Inputs) -> list[str]:
    """Hash of each input."""
    kind = inputs.values.dtype.str, inputs.alphabet and inputs.alphabet.name
    keys = []
    for values in _contents(inputs):
        digest = _digest(repr((*kind, values.shape)).encode())
        digest.update(np.ascontiguousarray(values))
        keys.append(digest.hexdigest())
    return keys


def _digest(data: bytes):
    return hashlib.blake2b(data, digest_size=_DIGEST_SIZE)


def _as_rows(features: np.ndarray, rows: list[int]) -> np.ndarray:
    """The same features for all of these rows."""
    return np.broadcast_to(features, (len(rows), len(features)))
