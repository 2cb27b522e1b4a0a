"""Rules of the panel, on rows made by hand."""

import numpy as np
import panel
import pytest
from _data import Part
from _panel_sets import PANEL, _split


def rows(shift=None, spread=0.001):
    """Three rows a set, scores .9 +- spread, some sets shifted."""
    shift = shift or {}
    return [
        {"set": name, "seed": seed, "score": 0.9 + shift.get(name, 0) + spread * step}
        for name in PANEL
        for seed, step in enumerate((-1, 0, 1))
    ]


def test_the_same_rows_pass():
    text, passes = panel.compare(rows(), rows())
    assert passes
    assert "mean of the relative differences +0.00 ± 0.00" in text


def test_standard_error_by_hand():
    # Variance .001 ** 2 (two degrees of freedom in each), three seeds on either side.
    errors = panel._pooled_errors(
        panel._scores_by_set(rows()), panel._scores_by_set(rows()), list(PANEL)
    )
    np.testing.assert_allclose(list(errors.values()), 0.001 * np.sqrt(2 / 3))


@pytest.mark.parametrize(
    ("loss", "spread", "passes"),
    [
        (0.006, 0.001, False),  # 7 standard errors
        (0.004, 0.001, True),  # less than .005
        (0.006, 0.004, True),  # less than 2 standard errors
    ],
)
def test_a_set_may_lose_a_little(loss, spread, passes):
    old, new = rows(spread=spread), rows({"rna": -loss}, spread=spread)
    assert panel.compare(old, new)[1] == passes


def test_a_small_loss_everywhere_fails():
    new = rows({name: -0.002 - 0.0001 * i for i, name in enumerate(PANEL)})
    text, passes = panel.compare(rows(), new)
    assert not passes
    assert "sets that lost too much: none" in text


def test_missing_rows_do_not_pass():
    new = [row for row in rows() if row["set"] != "images"]
    text, passes = panel.compare(rows(), new)
    assert not passes
    assert "sets without rows: images" in text


def test_overlapping_sequences_stay_on_one_side():
    rng = np.random.default_rng(0)
    X = ["".join(rng.choice(list("ACGT"), 60)) for _ in range(40)]
    X = np.array([x for first in X for x in (first, first[5:] + "ACGTA")])
    part = Part(X.astype(object), np.arange(80) // 2 % 2)
    train, held_out = _split(part, "classification", 4)
    assert len(held_out) == 20
    assert not {x[5:50] for x in train.X} & {x[:45] for x in held_out.X}
    assert not {x[:45] for x in train.X} & {x[5:50] for x in held_out.X}


def test_a_row():
    # Eight by eight digits, the smallest of the sets, with one epoch.
    images = PANEL["images"]
    small = panel.PanelSet(
        images.kind, images.score, images.estimator, images.read, (("max_epochs", 1),)
    )
    row = panel.fit_and_score(small, 0, None)
    assert (row["n_train"], row["n_held_out"]) == (600, 1197)
    assert 0.1 < row["score"] <= 1
