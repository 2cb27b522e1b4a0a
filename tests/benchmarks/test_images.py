import gzip

import images
import numpy as np
import pytest


def test_idx_files_are_read_in_their_shape(tmp_path):
    header = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3])
    with gzip.open(tmp_path / "two.gz", "wb") as file:
        file.write(header + bytes([1, 2, 3, 4, 5, 255]))
    X = images.read_idx(tmp_path, "two")
    assert X.tolist() == [[[1, 2, 3]], [[4, 5, 255]]]


def test_folds_are_scored_one_by_one():
    row = images.digits({"model": "svm", "seed": None})
    assert len(row["accuracy"]) == len(row["fit_seconds"]) == 5
    assert np.mean(row["accuracy"]) == pytest.approx(0.988, abs=0.002)


@pytest.mark.parametrize(
    ("accuracy", "verdict"), [(0.992, "reached"), (0.99, "MISSED")]
)
def test_report_judges_the_mean_over_seeds(accuracy, verdict):
    rows = [
        {
            "part": "digits",
            "model": "ours",
            "seed": seed,
            "accuracy": [accuracy, accuracy + 0.002 * seed - 0.001],
            "fit_seconds": [1.0, 2.0],
        }
        for seed in (0, 1)
    ]
    report = images._report("digits", rows)
    assert f"{accuracy:.4f} ± 0.0005" in report
    assert report.endswith(f"{verdict}.")


def test_a_row_a_seed_where_there_is_chance():
    jobs = images._jobs(images._parse(["--seeds", "4", "5"]))
    assert [name for name, _ in jobs] == [
        "digits/ours.seed4",
        "digits/ours.seed5",
        "digits/svm",
        "digits/forest.seed4",
        "digits/forest.seed5",
    ]
