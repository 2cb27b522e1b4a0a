"""Checkpoints: finished parts of a fit under way, in a file that outlives a kill.

A folder of checkpoints has one entry for each fit under way: a folder with "fit.json",
which says in words which fit it is, "state.safetensors", from which the fit can go on,
and "lock", which a running fit holds. There is no pickle in it.
"""

import itertools
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

import sklearn_cnn
from sklearn_cnn._package import warn
from sklearn_cnn.storage._format import damage_reported, pack, unpack
from sklearn_cnn.storage._values import decode, encode
from sklearn_cnn.storage._write import write_whole

# Seconds from one write to the next: no more work than this is lost, or than one epoch
# or one linear model, where that takes longer; and writing costs next to nothing.
_INTERVAL = 10.0
_ABOUT, _STATE, _LOCK = "fit.json", "state.safetensors", "lock"


class Checkpoint:
    """Finished parts of a fit, by name.

    Each part has plain values and arrays. They are written to the entry's file now and
    then; without an entry they are not.

    Parameters
    ----------
    entry : Path or None
        Folder of the entry.
    seed : int or None
        Seed that was drawn for the fit, where it has no `random_state`.
    """

    def __init__(self, entry: Path | None = None, seed: int | None = None):
        self.entry = entry
        self.seed = seed
        self.is_finished = False
        self._parts: dict[str, tuple[dict, dict[str, np.ndarray]]] = {}
        self._last = time.monotonic()
        # Networks are trained in several threads.
        self._lock = threading.Lock()

    def part(self, name: str) -> tuple[dict, dict[str, np.ndarray]] | None:
        """Values and arrays of a part, or None if there is none of this name."""
        return self._parts.get(name)

    def keep(self, name: str, values: dict, arrays: dict[str, np.ndarray]) -> None:
        """Keep a part, which must not change any more; write all, if it is time."""
        with self._lock:
            self._parts[name] = values, arrays
            if self.is_due:
                self._write()

    def drop(self, name: str) -> None:
        """Forget a part, which another one makes needless."""
        with self._lock:
            self._parts.pop(name, None)

    @property
    def is_due(self) -> bool:
        """Whether it is time to write."""
        return self.entry is not None and time.monotonic() - self._last >= _INTERVAL

    def share(self, from_first: Callable) -> None:
        """Let all processes of a fit go on from what the first one has read."""
        self.seed, self._parts = from_first((self.seed, self._parts))

    def read(self) -> None:
        """Take over what an earlier fit has left in the entry, if it is whole."""
        path = self.entry / _STATE
        if not path.exists():
            return
        try:
            name = repr(str(path))
            with path.open("rb") as file:
                record, arrays = unpack(file, name)
            with damage_reported(name):
                self.seed, self._parts = _unpack_parts(record, arrays)
        except (OSError, ValueError) as error:
            warn(f"the fit starts afresh, since its checkpoint cannot be read: {error}")

    def _write(self) -> None:
        parts = {name: encode(values) for name, (values, _) in self._parts.items()}
        record = {"package_version": sklearn_cnn.__version__, "seed": self.seed}
        record["checkpoint"] = parts
        arrays = {
            f"{name}/{key}": np.asarray(array, order="C")
            for name, (_, own) in self._parts.items()
            for key, array in own.items()
        }
        try:
            write_whole(str(self.entry / _STATE), pack(record, arrays))
        except OSError as error:
            # A full disk must not end a fit of a day.
            warn(f"the checkpoint could not be written: {error}. The fit goes on")
        self._last = time.monotonic()


def _unpack_parts(record: dict, arrays: dict) -> tuple[int | None, dict]:
    """Seed and parts of a file."""
    seed, parts = record["seed"], {}
    if not (seed is None or type(seed) is int):
        raise TypeError(f"there is no seed {seed!r}")
    for name, values in record["checkpoint"].items():
        prefix = f"{name}/"
        own = {
            key.removeprefix(prefix): array
            for key, array in arrays.items()
            if key.startswith(prefix)
        }
        parts[name] = dict(decode(values)), own
    return seed, parts


@contextmanager
def open_checkpoint(
    folder: str | os.PathLike, about: dict, fingerprint: str
) -> Iterator[Checkpoint]:
    """Checkpoint of a fit, with what an earlier one of the same fingerprint has left.

    No other fit has the entry meanwhile: a second one of the same fingerprint gets an
    entry of its own. The entry is deleted at the end of a fit that is finished.

    Parameters
    ----------
    folder : str or path-like
        Folder of checkpoints; made where there is none.
    about : dict
        What "fit.json" says: "class", and anything else that JSON can hold.
    fingerprint : str
        Hash of all that the fit depends on.

    Raises
    ------
    OSError
        If nothing can be written there.
    """
    folder = Path(os.fsdecode(folder))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        entry, lock = _claim(folder, f"{about['class']}-{fingerprint}")
        text = json.dumps(about | {"process": os.getpid()}, indent=2)
        (entry / _ABOUT).write_text(f"{text}\n", encoding="utf-8", newline="\n")
    except OSError as error:
        raise OSError(f"checkpoint={str(folder)!r} cannot be used: {error}") from error
    checkpoint = Checkpoint(entry)
    try:
        checkpoint.read()
        yield checkpoint
    finally:
        _release(folder, entry, lock, remove=checkpoint.is_finished)


def _claim(folder: Path, name: str) -> tuple[Path, FileLock]:
    """Lock the first entry of a name that no running fit has."""
    with _one_at_a_time(folder):
        for number in itertools.count(1):
            entry = folder / f"{name}-{number}"
            entry.mkdir(exist_ok=True)
            lock = FileLock(entry / _LOCK)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            return entry, lock


def _release(folder: Path, entry: Path, lock: FileLock, *, remove: bool) -> None:
    with _one_at_a_time(folder):
        lock.release()
        if remove:
            shutil.rmtree(entry, ignore_errors=True)


def _one_at_a_time(folder: Path) -> FileLock:
    """Lock under which entries are claimed and deleted."""
    return FileLock(folder / f".{_LOCK}")
