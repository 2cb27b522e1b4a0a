"""The data sets of a folder, and which of them the accuracy benchmark can do.

Layout: one folder a source, gzip TSV files with a header line. The set "folder/stem"
is `folder/stem.train.tsv.gz` and `folder/stem.test.tsv.gz`; "folder" is
`folder/train.tsv.gz` and `folder/test.tsv.gz`; a file of any other name, such as
`folder/all.tsv.gz`, is the set "folder/all" without a test part.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from sklearn_cnn.preprocessing import SequenceEncoder, reverse_complement

_SUFFIX = ".tsv.gz"
_PARTS = ("train", "test", "dev", "valid")
# Sequences that share a word of this length are taken for copies in part.
SHARED = 31


class NotSupportedError(Exception):
    """A set, or a model on a set, that this benchmark leaves out; says why."""


@dataclass(frozen=True)
class Part:
    """Sequences and targets, object array and labels or floats, both (n,)."""

    X: np.ndarray
    y: np.ndarray

    def __len__(self) -> int:
        return len(self.X)

    def __getitem__(self, rows) -> "Part":
        return Part(self.X[rows], self.y[rows])


@dataclass(frozen=True)
class DataSet:
    """A task: "classification" or "regression" of strings of one alphabet.

    `length` is None where the lengths of the sequences differ.
    """

    name: str
    task: str
    train: Part
    test: Part | None
    alphabet: str
    length: int | None
    max_length: int


def find_sets(folder: Path) -> tuple[dict[str, dict[str, Path]], dict[str, str]]:
    """Files of each set by part, and the folders left out with the reason."""
    sets, skipped = {}, {}
    for source in sorted(path for path in Path(folder).iterdir() if path.is_dir()):
        files = sorted(source.glob(f"*{_SUFFIX}"))
        arrays = sorted(path.name for path in source.glob("*.npz"))
        if not files:
            skipped[source.name] = f"no *{_SUFFIX}"
        elif arrays:
            skipped[source.name] = f"targets of several values ({', '.join(arrays)})"
        else:
            for path in files:
                name, part = _name_and_part(path)
                sets.setdefault(name, {})[part] = path
    return sets, skipped


def read_set(name: str, files: dict[str, Path]) -> DataSet:
    """Read a set. The target is `label`, or the column of numbers after `sequence`.

    A part for tuning (dev, valid, rows with is_validation) is left out: it is no part
    of the training sets of published numbers, and nothing here is tuned on it.

    Raises
    ------
    NotSupportedError
        If the set holds nothing to learn from in this form.
    """
    if "train" not in files:
        raise NotSupportedError("no training file")
    train, task = _read_part(files["train"])
    test = None
    if "test" in files:
        test, _ = _read_part(files["test"])
    X = train.X if test is None else np.concatenate([train.X, test.X])
    lengths = np.fromiter(map(len, X), int)
    return DataSet(
        name=name,
        task=task,
        train=train,
        test=test,
        alphabet=SequenceEncoder().fit(X).alphabet_.name,
        length=int(lengths[0]) if lengths.min() == lengths.max() else None,
        max_length=int(lengths.max()),
    )


def subset(part: Part, n: int | None, task: str) -> Part:
    """The same `n` samples for every model and seed, classes in their proportions."""
    if n is None or n >= len(part):
        return part
    stratify = part.y if task == "classification" else None
    rows = np.arange(len(part))
    kept, _ = train_test_split(rows, train_size=n, stratify=stratify, random_state=0)
    return part[np.sort(kept)]


def shares_words(X, others, length: int) -> np.ndarray:
    """Whether each of X shares a word of a length with others, on either strand."""
    words = {
        word
        for x in [*others, *reverse_complement(list(others))]
        for word in _words(x, length)
    }
    return np.array([not words.isdisjoint(_words(x, length)) for x in X])


def _words(x: str, length: int) -> set[str]:
    return {x[i : i + length] for i in range(len(x) - length + 1)}


def _name_and_part(path: Path) -> tuple[str, str]:
    source, base = path.parent.name, path.name.removesuffix(_SUFFIX)
    stem, _, part = base.rpartition(".")
    if part not in _PARTS:
        return f"{source}/{base}", "train"
    return (f"{source}/{stem}" if stem else source), part


def _read_part(path: Path) -> tuple[Part, str]:
    table = pd.read_csv(
        path, sep="\t", keep_default_na=False, dtype={"sequence": "str"}
    )
    if "is_validation" in table:
        table = table[table["is_validation"].astype(str) != "True"]
    if "label" in table:
        target, task = "label", "classification"
    else:
        target, task = (
            table.columns[table.columns.get_loc("sequence") + 1],
            "regression",
        )
    y = np.array(table[target].tolist())
    if len(np.unique(y)) < 2:
        raise NotSupportedError(
            f"the target {target!r} is the same in all of {path.name}"
        )
    if task == "regression":
        y = y.astype(float)
    return Part(table["sequence"].to_numpy(dtype=object), y), task
