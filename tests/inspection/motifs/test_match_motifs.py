import os
import subprocess
import sys

import numpy as np
import pytest
from memelite import tomtom

from sklearn_cnn.datasets import load_jaspar, read_motifs
from sklearn_cnn.inspection import Motifs, match_motifs
from sklearn_cnn.inspection.motifs._match_motifs import _expected, _mixed_copies

# The first call of memelite's in an environment compiles for most of a minute.
compiles = pytest.mark.slow


@pytest.fixture(scope="module")
def ctcf():
    jaspar = load_jaspar()
    return jaspar.counts(jaspar.find("MA0139.2"))


@compiles
def test_a_copy_is_the_best_hit(ctcf):
    motifs = Motifs([ctcf, ctcf[::-1, ::-1], ctcf[4:]], names=["a", "b", "c"])
    hits = match_motifs(motifs, n_hits=2)
    assert hits["motif"].tolist() == ["a", "a", "b", "b", "c", "c"]
    best = hits.iloc[::2]
    assert best["hit"].tolist() == ["MA0139.2"] * 3
    assert best["tf"].tolist() == ["CTCF"] * 3
    assert best["family"].tolist() == ["More than 3 adjacent zinc fingers"] * 3
    assert best["strand"].tolist() == ["+", "-", "+"]
    assert best["offset"].tolist() == [0, 0, 4]
    assert best["overlap"].tolist() == [len(ctcf), len(ctcf), len(ctcf) - 4]
    assert (best["e_value"] < 1e-20).all()
    np.testing.assert_allclose(hits["e_value"], 2633 * hits["p_value"])
    assert (hits["p_value"].to_numpy() <= hits["q_value"].to_numpy()).all()


@compiles
def test_matrices_of_noise_have_no_known_motif():
    """Of 25 random sites, three positions sharp: TOMTOM alone is sure of all."""
    rng = np.random.default_rng(0)
    noise = rng.multinomial(25, np.full(4, 0.25), size=(6, 18)).astype(float)
    for counts in noise:
        counts[rng.choice(18, 3, replace=False)] = (
            25 * np.eye(4)[rng.integers(4, size=3)]
        )
    motifs = Motifs(list(noise))
    jaspar = load_jaspar()
    known = [jaspar.frequencies(i).T.copy() for i in range(len(jaspar))]
    alone = tomtom([m.T.copy() for m in motifs.frequencies], known, n_jobs=1)[0]
    assert (alone.min(axis=1) * len(known) < 0.05).all()
    hits = match_motifs(motifs, n_hits=1)
    assert (hits["e_value"] > 0.05).all()
    assert (hits["e_value"] <= 2633).all()
    # What is there is found among as many positions of noise.
    site = jaspar.frequencies(jaspar.find("MA0139.2")) * 25
    best = match_motifs(Motifs([np.vstack([noise[0, :6], site])]), n_hits=1).iloc[0]
    assert (best["tf"], best["e_value"] < 1e-6) == ("CTCF", True)


def test_copies_hold_the_same_letters_in_another_order():
    frequencies = np.array([[0.7, 0.1, 0.2, 0], [0.25, 0.25, 0.25, 0.25]])
    copies = np.array(_mixed_copies(frequencies))
    np.testing.assert_array_equal(
        np.sort(copies, axis=2), np.broadcast_to(np.sort(frequencies), copies.shape)
    )
    assert len({tuple(copy[0]) for copy in copies}) > 15
    np.testing.assert_array_equal(copies, _mixed_copies(frequencies))


def test_expected_numbers_by_hand():
    # The scale is never below 1: exp(log(0.001) - gamma - log(p)).
    by_chance = np.full(50, 1e-3)
    found = _expected(np.array([1e-3, 1e-6, 1e-2]), by_chance)
    gamma = np.euler_gamma
    # The last one is as bad as all three.
    expected = [np.exp(-gamma), 1e-3 * np.exp(-gamma), 3]
    np.testing.assert_allclose(found, expected)
    # Minima whose logarithms spread twice as far count half.
    minima = np.exp(-np.array([1.0, 3.0]))
    scale = np.sqrt(2) * np.sqrt(6) / np.pi
    found = _expected(np.array([np.exp(-8.0)] * 9), minima)
    np.testing.assert_allclose(found, np.exp(-(8 - 2 + gamma * scale) / scale))


@compiles
def test_what_was_read_is_matched(tmp_path, ctcf):
    jaspar = load_jaspar()
    hits = match_motifs(jaspar["MA0139.2"], jaspar[["CTCF" in x for x in jaspar.names]])
    assert hits["motif"][0] == hits["hit"][0] == "MA0139.2"
    assert hits["tf"][0] == "CTCF"


@compiles
def test_one_bar_for_one_call(capsys, ctcf):
    match_motifs(Motifs([ctcf, ctcf]), "jaspar:diatoms")
    assert capsys.readouterr().err == ""
    match_motifs(Motifs([ctcf, ctcf]), "jaspar:diatoms", verbose=1)
    shown = capsys.readouterr().err
    assert "match_motifs: 100%" in shown
    assert "2/2" in shown


@compiles
def test_databases(tmp_path, ctcf):
    jaspar = load_jaspar()
    gata = jaspar.counts(jaspar.find("GATA1"))
    motifs = Motifs([ctcf], names=["mine"])
    vertebrates = match_motifs(motifs, "jaspar:vertebrates", n_hits=1).iloc[0]
    assert vertebrates["hit"] == "MA0139.2"
    assert vertebrates["e_value"] == pytest.approx(1019 * vertebrates["p_value"])
    others = Motifs([gata, ctcf], names=["x", "y"])
    others.to_meme(tmp_path / "others.meme")
    # Two motifs have too few columns; JASPAR's are the background, without a warning.
    for database in (others, tmp_path / "others.meme"):
        hits = match_motifs(motifs, database)
        assert hits["hit"].tolist() == ["y", "x"]
        assert hits["e_value"][0] == pytest.approx(2 * hits["p_value"][0])
        assert hits["p_value"][0] < 1e-10 < 1e-3 < hits["p_value"][1]


@compiles
def test_rna_is_read_on_one_strand(ctcf, tmp_path):
    found = Motifs([ctcf[::-1, ::-1]], alphabet="rna")
    found.to_meme(tmp_path / "rna.meme")
    for motifs in (found, read_motifs(tmp_path / "rna.meme")):
        hits = match_motifs(motifs, n_hits=1)
        assert set(hits["strand"]) == {"+"}
        assert hits["hit"][0] != "MA0139.2"


@compiles
def test_proteins_are_compared_with_each_other():
    rng = np.random.default_rng(0)
    motifs = Motifs(
        [rng.dirichlet(np.full(20, 0.1), 8) for _ in range(30)], alphabet="protein"
    )
    hits = match_motifs(motifs, motifs, n_hits=1)
    assert hits["hit"].tolist() == hits["motif"].tolist()
    with pytest.raises(ValueError, match="alphabet 'protein', those of the database"):
        match_motifs(motifs)


def test_nothing_to_match():
    assert len(match_motifs(Motifs([]))) == 0
    with pytest.raises(ValueError, match="database holds no motif"):
        match_motifs(Motifs([[[1, 0, 0, 0]]]), Motifs([]))


def test_errors(monkeypatch, ctcf):
    motifs = Motifs([ctcf])
    with pytest.raises(ValueError, match="there is no file 'hocomoco'"):
        match_motifs(motifs, "hocomoco")
    with pytest.raises(ValueError, match="no motif is of the group 'bacteria'"):
        match_motifs(motifs, "jaspar:bacteria")
    with pytest.raises(ValueError, match="'motifs' parameter"):
        match_motifs([ctcf])
    monkeypatch.setitem(sys.modules, "memelite", None)
    with pytest.raises(
        ImportError, match=r"pip install 'sklearn-cnn\[motif-matching\]"
    ):
        match_motifs(motifs)


@compiles
def test_the_number_of_threads_stays(ctcf):
    # In a fresh process: numba starts its threads once.
    script = """
import numpy as np, torch
from sklearn_cnn.inspection import Motifs, match_motifs
from sklearn_cnn.inspection.motifs._match_motifs import _expected, _mixed_copies
torch.set_num_threads(1)
match_motifs(Motifs([np.eye(4)[[0, 1, 2, 3, 0, 1, 2, 3]]]), "jaspar:diatoms")
print(torch.get_num_threads())
"""
    environment = {**os.environ, "NUMBA_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert done.stdout.split() == ["1"]
