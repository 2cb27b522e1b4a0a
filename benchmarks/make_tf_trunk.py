"""Train the network in the package, "tf-trunk", on the binding sites of many factors.

One label a set of sequences: the human and mouse sets of GUE and the factors of FastSK
(both Apache-2.0), training parts alone. Of a sequence only the label of its own set is
known. The negatives of a set are its own and its positives with their letters shuffled,
pairs of neighbours kept, so that composition alone does not tell the classes apart.
CTCF and RAD21, which are data of the package, are left out, and so is what shares 31
letters with them: the network can be tried on them. Needs some minutes on one thread.
See benchmarks/README.md.
"""

import argparse
from pathlib import Path

import numpy as np
from _data import SHARED, Part, find_sets, read_set, shares_words, subset

from sklearn_cnn import MotifCNNClassifier, save_model
from sklearn_cnn.backbones._in_package import IN_PACKAGE
from sklearn_cnn.datasets import load_tf_binding
from sklearn_cnn.preprocessing import dinucleotide_shuffle

# Factors of `load_tf_binding`.
IN_PACKAGE_DATA = "CTCF", "RAD21"
# FastSK's sets whose factor has a name.
NAMED = tuple(
    f"tf_fastsk/{factor}"
    for factor in (*IN_PACKAGE_DATA, "JUND", "SIN3A", "EP300_47848", "KAT2B", "ZBTB33")
)
# Of GUE's sets only the species is known.
UNNAMED = tuple(
    f"gue/{name}"
    for name in ("human_tf_0", "human_tf_2", "human_tf_4", "mouse_tf_0", "mouse_tf_2")
)
# Of a larger set so many sequences, so that none counts for most.
MAX_OF_A_SET = 8000
# A second layer makes few features out of many filters, which is for the few sequences
# that the network is there for. Positions mean nothing to those who take it over.
PARAMETERS = {
    "n_filters": (128, 64),
    "kernel_size": (19, 5),
    "pool_size": (4, 1),
    "position": False,
    "linear_models": None,
    "missing_labels": "mask",
    "early_stopping": False,
    "max_epochs": 10,
    "random_state": 0,
}


def main(arguments: list[str] | None = None) -> None:
    """Train it, and write the file."""
    options = _parse(arguments)
    if options.named_only:
        parts = read_training_parts(options.folder, NAMED)
    else:
        others = NAMED[len(IN_PACKAGE_DATA) :] + UNNAMED
        parts = read_training_parts(options.folder, others)
        parts = without_data_of_the_package(parts)
    trunk = train(list(parts.values()), verbose=1)
    save_model(trunk, options.output)
    print(f"{options.output}: {options.output.stat().st_size:,} bytes")


def read_training_parts(folder: Path, names) -> dict[str, Part]:
    """What is taken of the training part of each set."""
    sets, _ = find_sets(folder)
    parts = {name: read_set(name, sets[name]).train for name in names}
    return {
        name: subset(part, MAX_OF_A_SET, "classification")
        for name, part in parts.items()
    }


def without_data_of_the_package(parts: dict[str, Part]) -> dict[str, Part]:
    """Parts without sequences that share 31 letters with those of the package."""
    X = [
        x
        for factor in IN_PACKAGE_DATA
        for part in ("train", "test")
        for x in load_tf_binding(factor, part, shared=True).data
    ]
    return {
        name: part[~shares_words(part.X, X, SHARED)] for name, part in parts.items()
    }


def train(parts: list[Part], verbose: int = 0) -> MotifCNNClassifier:
    """One network with a label for each part."""
    Xs, ys = [], []
    for task, part in enumerate(parts):
        bound = part.X[part.y == 1]
        shuffled = dinucleotide_shuffle(list(bound), random_state=0)
        y = np.full((len(part) + len(bound), len(parts)), np.nan)
        y[:, task] = np.append(part.y, np.zeros(len(bound)))
        Xs += [part.X, np.array(shuffled, dtype=object)]
        ys.append(y)
    trunk = MotifCNNClassifier(**PARAMETERS, verbose=verbose)
    return trunk.fit(np.concatenate(Xs), np.concatenate(ys)).set_params(verbose=0)


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("folder", type=Path, help="folder of gzip TSV files, one folder a source")
    add("--named-only", action="store_true", help="FastSK's factors alone, for judging")
    add("--output", type=Path, default=IN_PACKAGE["tf-trunk"], help="the file")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
