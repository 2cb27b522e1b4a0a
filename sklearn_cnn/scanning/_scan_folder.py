"""A folder of finished chromosomes, one file each, so that a scan can go on."""

import json
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from urllib.parse import quote

import joblib
import numpy as np
from numpy.lib import format as npy
from sklearn.base import BaseEstimator

from sklearn_cnn.storage._write import whole_file, write_whole

_SETTINGS = "scan.json"


class ScanFolder:
    """Scores on disk, in files of NumPy that are whole at any time.

    Parameters
    ----------
    folder : str or path-like
        Made if it is missing.
    settings : dict
        What the scores depend on. A folder holds scores of the same settings only.
    """

    def __init__(self, folder: str | PathLike, settings: dict):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / _SETTINGS
        if not path.exists():
            if any(self.folder.glob("*.npy")):
                raise ValueError(
                    f"folder={str(folder)!r} holds arrays, but no {_SETTINGS} of a "
                    "scan; pass an empty folder"
                )
            write_whole(str(path), json.dumps(settings, indent=2).encode())
            return
        found = json.loads(path.read_text(encoding="utf-8"))
        different = [key for key in settings if found.get(key) != settings[key]]
        if different:
            raise ValueError(
                f"folder={str(folder)!r} holds the scan of another {different[0]} "
                f"({found.get(different[0])!r}, not {settings[different[0]]!r}); pass "
                "another folder, or delete this one"
            )

    def read(self, chrom: str, n: int) -> np.ndarray | None:
        """Scores (n, ...) of a finished chromosome, which stay on disk; else None."""
        path = self._path(chrom)
        if not path.exists():
            return None
        scores = np.load(path, mmap_mode="r")
        if len(scores) != n:
            raise ValueError(
                f"{path} holds {len(scores):,} scores of {chrom!r}, but of this genome "
                f"it has {n:,}; pass another folder, or delete the file"
            )
        return scores

    def write(self, chrom: str, n: int, parts: Iterator[np.ndarray]) -> None:
        """Write scores (n, ...) of a chromosome, part by part."""
        with whole_file(str(self._path(chrom))) as file:
            first = next(parts)
            header = {
                "descr": npy.dtype_to_descr(first.dtype),
                "fortran_order": False,
                "shape": (n, *first.shape[1:]),
            }
            npy.write_array_header_1_0(file, header)
            file.write(first.tobytes())
            for part in parts:
                file.write(part.tobytes())

    def _path(self, chrom: str) -> Path:
        return self.folder / f"{quote(chrom, safe='')}.npy"


def fingerprint(estimator: BaseEstimator) -> str:
    """Hash of what a fitted estimator has learned."""
    learned = {
        name: value
        for name, value in sorted(vars(estimator).items())
        if name == "weights_" or isinstance(value, np.ndarray)
    }
    return joblib.hash((type(estimator).__name__, learned))
