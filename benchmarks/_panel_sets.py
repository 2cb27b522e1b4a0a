"""The twelve sets of the panel, each with one fixed held-out part.

Nothing but training parts is read. Sequences that share a 31-mer stay on one side.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import profiles
import signals
from _data import Part, find_sets, read_set, subset
from sklearn.datasets import load_digits
from sklearn.model_selection import (
    GroupKFold,
    StratifiedGroupKFold,
    train_test_split,
)

from sklearn_cnn import ImageCNNClassifier, MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.preprocessing import overlap_groups


@dataclass(frozen=True)
class PanelSet:
    """One set: what it stands for, how it is scored, how its parts are read.

    Parameters
    ----------
    kind : str
        What the set stands for.
    score : {"auroc", "accuracy", "spearman", "pearson"}
        How predictions are scored.
    estimator : class
        Taken with its defaults.
    read : callable
        Takes the folder of data sets; returns the parts to train on and held out.
    parameters : dict
        What the task needs beside the defaults.
    """

    kind: str
    score: str
    estimator: type
    read: Callable[[Path], tuple[Part, Part]]
    parameters: tuple[tuple[str, str], ...] = ()


def _strings(name: str, *, n_train: int, n_folds: int = 4, n_held_out: int = 2000):
    """Reader of a set of strings: one of `n_folds` is held out, `n_train` train."""

    def read(folder: Path) -> tuple[Part, Part]:
        files = find_sets(folder)[0][name]
        data = read_set(name, files)
        train, held_out = _split(data.train, data.task, n_folds)
        return (
            subset(train, n_train, data.task),
            subset(held_out, n_held_out, data.task),
        )

    return read


def _split(part: Part, task: str, n_folds: int) -> tuple[Part, Part]:
    """All folds but one, and that one; sequences that overlap stay together."""
    groups = overlap_groups(part.X)
    if np.bincount(groups).max() > len(part) / n_folds:
        # All are variants of one sequence: only copies stay together.
        _, groups = np.unique(part.X.astype(str), return_inverse=True)
    kind = StratifiedGroupKFold if task == "classification" else GroupKFold
    folds = kind(n_folds, shuffle=True, random_state=0)
    train, held_out = next(folds.split(part.X, part.y, groups))
    return part[train], part[held_out]


def _digits(folder: Path) -> tuple[Part, Part]:
    """scikit-learn's digits, 8 x 8."""
    data = load_digits()
    parts = train_test_split(
        data.images, data.target, train_size=600, stratify=data.target, random_state=0
    )
    return Part(parts[0], parts[2]), Part(parts[1], parts[3])


def _spikes(folder: Path) -> tuple[Part, Part]:
    """Simulated signals, in half of which there is a spike."""
    X, y = signals.make_spikes(n=3000)
    return Part(X[:1000], y[:1000]), Part(X[1000:], y[1000:])


def _windows(folder: Path) -> tuple[Part, Part]:
    """Windows in the order of the chromosome: the last quarter is held out."""
    X, y = profiles.read_part(folder / "reg_tf_gene46100_chr22", "train")
    n = len(X) * 3 // 4
    rows = np.random.default_rng(0).choice(n, 1500, replace=False)
    return Part(X[rows], y[rows]), Part(X[n : n + 1000], y[n : n + 1000])


PANEL = {
    "few_sites": PanelSet(
        "binding sites, few",
        "auroc",
        MotifCNNClassifier,
        _strings("tf_fastsk/CTCF", n_train=200),
    ),
    "many_sites": PanelSet(
        "binding sites, many",
        "auroc",
        MotifCNNClassifier,
        _strings("tf_deepbind_encode/GABPA_GM12878", n_train=10_400, n_folds=8),
    ),
    "rna": PanelSet(
        "RNA",
        "auroc",
        MotifCNNClassifier,
        _strings("rna_rbp_pysster/nova", n_train=800),
    ),
    "protein": PanelSet(
        "protein",
        "auroc",
        MotifCNNClassifier,
        _strings("peptide_amp_veltri", n_train=1000),
    ),
    "splice": PanelSet(
        "splice junctions, placed",
        "auroc",
        MotifCNNClassifier,
        _strings("uci_splice", n_train=1000),
    ),
    "promoters": PanelSet(
        "promoters",
        "auroc",
        MotifCNNClassifier,
        _strings("gue/prom_core_tata", n_train=1500),
    ),
    "methylation": PanelSet(
        "methylation",
        "auroc",
        MotifCNNClassifier,
        _strings("methylation_idna_ms/4mC_S.cerevisiae", n_train=1400),
    ),
    "guides": PanelSet(
        "guides as numbers",
        "spearman",
        MotifCNNRegressor,
        _strings("crispr_cas9_ontarget/hl60", n_train=1200),
    ),
    "expression": PanelSet(
        "expression as numbers",
        "spearman",
        MotifCNNRegressor,
        _strings("reg_yeast_utr_native", n_train=1500),
    ),
    "signals": PanelSet("signals", "accuracy", MotifCNNClassifier, _spikes),
    "images": PanelSet("images", "accuracy", ImageCNNClassifier, _digits),
    "profiles": PanelSet(
        "profiles",
        "pearson",
        MotifCNNRegressor,
        _windows,
        (("output", "profile"),),
    ),
}
