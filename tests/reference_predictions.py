"""Predictions of small configurations, to notice when they change.

After an intended change, renew what is committed, and say in the changelog why:

    python tests/reference_predictions.py

Configurations whose numbers left their tolerance are written anew and named; those of
all others stay as they are. To see that code was only moved, compare two commits (or
one with the working tree) exactly, on this machine and with one thread:

    python tests/reference_predictions.py --compare COMMIT [COMMIT]
"""

import argparse
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
from reference_cases import CASES, compute

import sklearn_cnn

PATH = Path(__file__).with_name("reference_predictions.json")
ROOT = Path(__file__).resolve().parents[1]
# Share of an array's standard deviation by which a number may be off. Rounding differs
# between processors and grows over the steps of single precision: to at most a fifth of
# this, where tried.
TOLERANCE = 0.02
_ONE_THREAD = {
    f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR")
}


def main(arguments: list[str] | None = None) -> int:
    """Renew the committed numbers, or compare commits."""
    options = _parse(arguments)
    if options.digests:
        folder = Path(sklearn_cnn.__file__).resolve().parents[1]
        if folder != options.digests.resolve():
            raise SystemExit(f"sklearn_cnn is imported from {folder}")
        print(json.dumps(digests()))
        return 0
    if options.compare:
        return compare(*options.compare)
    renew()
    return 0


def read() -> dict[str, dict[str, list]]:
    """The committed numbers: by configuration, by array."""
    return json.loads(PATH.read_text(encoding="utf-8"))


def committed_part(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Arrays without the weights, which are too long to be committed."""
    return {name: array for name, array in arrays.items() if name != "weights_"}


def tolerance(expected: np.ndarray) -> float:
    """Largest difference from the committed numbers that counts as rounding.

    A share of their standard deviation, or, where they are all alike, of their size.
    """
    spread = expected.std() or np.abs(expected).max(initial=0)
    return TOLERANCE * float(spread) or 1e-6


def find_differences(
    committed: dict[str, list], arrays: dict[str, np.ndarray]
) -> dict[str, float]:
    """Arrays that left their tolerance: largest difference, in tolerances.

    It is infinite for an array that is missing, new or of another shape.
    """
    found = {}
    for name in dict.fromkeys([*committed, *arrays]):
        ratio = np.inf
        if name in committed and name in arrays:
            expected = np.array(committed[name], dtype=float)
            if expected.shape == arrays[name].shape:
                difference = np.abs(arrays[name] - expected).max(initial=0)
                ratio = float(difference / tolerance(expected))
        if not ratio <= 1:
            found[name] = ratio
    return found


def describe(array: str, ratio: float) -> str:
    """How far an array is off, in words."""
    if np.isinf(ratio):
        return f"{array} is missing, new or of another shape"
    return f"{array} is {ratio:.3g} tolerances off"


def renew() -> None:
    """Write anew what left its tolerance, and say what did."""
    committed = read() if PATH.exists() else {}
    kept = {}
    for name in CASES:
        arrays = committed_part(compute(name))
        different = find_differences(committed.get(name, {}), arrays)
        for array, ratio in different.items():
            print(f"{name}: {describe(array, ratio)}")
        kept[name] = _rounded(arrays) if different else committed[name]
    for name in committed.keys() - kept.keys():
        print(f"{name}: is gone")
    if kept == committed:
        print(f"all {len(kept)} configurations are within their tolerances")
        return
    PATH.write_text(_as_text(kept), encoding="utf-8")


def _rounded(arrays: dict[str, np.ndarray]) -> dict[str, list]:
    """Numbers to a twentieth of their tolerances or finer."""
    rounded = {}
    for name, array in arrays.items():
        array = np.asarray(array, dtype=float)
        decimals = int(np.ceil(-np.log10(tolerance(array) / 10)))
        rounded[name] = np.round(array, decimals).tolist()
    return rounded


def _as_text(kept: dict[str, dict]) -> str:
    """JSON with a line an array, so that a change shows as what it is."""
    blocks = []
    for name, arrays in kept.items():
        lines = [f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in arrays.items()]
        blocks.append(f" {json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n }")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def digests() -> dict[str, dict[str, str]]:
    """Hash of each array of each configuration; an error in place of those it has."""
    found = {}
    for name in CASES:
        try:
            arrays = compute(name)
        except Exception as error:
            found[name] = {"error": f"{type(error).__name__}: {error}"}
            continue
        found[name] = {key: _digest(array) for key, array in arrays.items()}
    return found


def _digest(array: np.ndarray) -> str:
    array = np.ascontiguousarray(array)
    text = f"{array.dtype} {array.shape}".encode()
    return hashlib.sha256(text + array.tobytes()).hexdigest()[:16]


def compare(old: str, new: str | None = None) -> int:
    """Print which configurations differ between two commits; 1 where any does."""
    sides = old, new or "the working tree"
    found = [digests_of(commit) for commit in (old, new)]
    n_different = 0
    for name in CASES:
        of_old, of_new = (side[name] for side in found)
        failed = False
        for side, arrays in zip(sides, (of_old, of_new), strict=True):
            if "error" in arrays:
                print(f"{name}: fails in {side}: {arrays['error']}")
                failed = True
        keys = dict.fromkeys([*of_old, *of_new])
        changed = [key for key in keys if of_old.get(key) != of_new.get(key)]
        if changed and not failed:
            print(f"{name}: differs in {', '.join(changed)}")
        n_different += bool(changed or failed)
    print(
        f"{n_different} of {len(CASES)} configurations differ between {sides[0]} and "
        f"{sides[1]}"
    )
    return 1 if n_different else 0


def digests_of(commit: str | None) -> dict[str, dict[str, str]]:
    """Digests of the package of a commit; None is the working tree."""
    if commit is None:
        return _digests_of_folder(ROOT)
    command = ["git", "-C", str(ROOT), "archive", commit, "sklearn_cnn"]
    archive = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(folder, filter="data")
        return _digests_of_folder(Path(folder))


def _digests_of_folder(folder: Path) -> dict[str, dict[str, str]]:
    """Digests of the package in a folder, of this file's configurations."""
    done = subprocess.run(
        [sys.executable, __file__, "--digests", folder],
        env={**os.environ, **_ONE_THREAD, "PYTHONPATH": str(folder)},
        cwd=folder,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return json.loads(done.stdout)


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--compare", nargs="+", metavar="COMMIT", help="one or two commits")
    add("--digests", type=Path, help="print hashes for the package in this folder")
    options = parser.parse_args(arguments)
    if options.compare and len(options.compare) > 2:
        parser.error("--compare takes one or two commits")
    return options


if __name__ == "__main__":
    sys.exit(main())
