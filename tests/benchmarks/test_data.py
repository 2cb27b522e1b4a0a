import numpy as np
import pandas as pd
import pytest
from _data import NotSupportedError, Part, find_sets, read_set, subset

DNA = ["ACGT", "GGTA", "TTTT", "CCAA"]


def _write(path, **columns):
    path.parent.mkdir(exist_ok=True)
    pd.DataFrame(columns).to_csv(path, sep="\t", index=False)


@pytest.fixture
def folder(tmp_path):
    label = [0, 1, 0, 1]
    _write(tmp_path / "tf/A.b.train.tsv.gz", sequence=DNA, label=label)
    _write(tmp_path / "tf/A.b.test.tsv.gz", sequence=["NA", "NAC"], label=[0, 1])
    _write(tmp_path / "tf/A.b.dev.tsv.gz", sequence=DNA, label=label)
    _write(tmp_path / "tf/all.tsv.gz", sequence=DNA, label=["x", "y", "z", "z"])
    _write(
        tmp_path / "reg/train.tsv.gz",
        sequence=["MF", "ML", "MW"],
        growth=[0.5, 1.5, 2.5],
        is_validation=["", True, ""],
        reads=[1, 2, 3],
    )
    _write(tmp_path / "masks/F.tsv.gz", sequence=DNA, n_bound=[9] * 4, mask=["0"] * 4)
    _write(tmp_path / "profile/train.tsv.gz", sequence=DNA, total=[1, 2, 3, 4])
    np.savez(tmp_path / "profile/scores.npz", scores=np.ones((4, 4)))
    (tmp_path / "signals").mkdir()
    np.savez(tmp_path / "signals/waves.npz", X=np.ones(3))
    return tmp_path


def test_sets_are_named_by_folder_and_stem(folder):
    sets, skipped = find_sets(folder)
    assert {name: sorted(files) for name, files in sets.items()} == {
        "masks/F": ["train"],
        "reg": ["train"],
        "tf/A.b": ["dev", "test", "train"],
        "tf/all": ["train"],
    }
    assert skipped == {
        "profile": "targets of several values (scores.npz)",
        "signals": "no *.tsv.gz",
    }


def test_classification_set(folder):
    data = read_set("tf/A.b", find_sets(folder)[0]["tf/A.b"])
    assert (data.task, data.alphabet) == ("classification", "dna")
    assert (data.length, data.max_length) == (None, 4)
    assert data.train.X.tolist() == DNA  # without the sequences of the dev part
    assert data.test.X.tolist() == ["NA", "NAC"]  # "NA" is a sequence, not missing
    assert data.train.y.tolist() == [0, 1, 0, 1]


def test_set_without_a_test_part(folder):
    data = read_set("tf/all", find_sets(folder)[0]["tf/all"])
    assert data.test is None
    assert data.length == 4
    assert data.train.y.tolist() == ["x", "y", "z", "z"]


def test_regression_target_is_the_column_after_the_sequence(folder):
    data = read_set("reg", find_sets(folder)[0]["reg"])
    assert (data.task, data.alphabet) == ("regression", "protein")
    assert data.train.X.tolist() == ["MF", "MW"]  # the validation row is left out
    assert data.train.y.tolist() == [0.5, 2.5]


def test_constant_target_is_refused(folder):
    with pytest.raises(NotSupportedError, match="'n_bound' is the same in all"):
        read_set("masks/F", find_sets(folder)[0]["masks/F"])


def test_subset_keeps_the_proportions_of_classes():
    part = Part(np.arange(100).astype(object), np.repeat([0, 1], [80, 20]))
    chosen = subset(part, 10, "classification")
    assert np.bincount(chosen.y).tolist() == [8, 2]
    assert chosen.X.tolist() == subset(part, 10, "classification").X.tolist()
    assert len(subset(part, 100, "classification")) == 100
    assert len(subset(part, None, "classification")) == 100
