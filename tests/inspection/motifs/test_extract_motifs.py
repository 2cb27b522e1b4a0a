import copy
import re

import numpy as np
import pandas as pd
import pytest
import torch

from sklearn_cnn import ImageCNNClassifier, MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.datasets import MotifSet, make_motif_classification
from sklearn_cnn.inspection import extract_motifs
from sklearn_cnn.inspection.motifs._better_than_shuffled import better_than_shuffled
from sklearn_cnn.inspection.motifs._extract_motifs import _slope
from sklearn_cnn.inspection.motifs._site_removal import SiteRemoval
from sklearn_cnn.preprocessing import SequenceEncoder, reverse_complement

SMALL = {"n_filters": 8, "n_estimators": 1, "motif_bank": None, "random_state": 0}
WIDTH = 7


def plant(X, sites, rng):
    """Sequences with one of some words at a random place; None leaves one as it is."""
    planted = []
    for x, site in zip(X, sites, strict=True):
        if site is not None:
            start = rng.integers(0, len(x) - len(site) + 1)
            x = x[:start] + site + x[start + len(site) :]
        planted.append(x)
    return np.array(planted)


@pytest.fixture(scope="module")
def sequences():
    """DNA of 30 bp: half of them holds GATTACA or, three times as often, GACTACA."""
    rng = np.random.default_rng(0)
    X = ["".join(rng.choice(list("ACGT"), 30)) for _ in range(120)]
    words = ["GATTACA"] * 15 + ["GACTACA"] * 45
    both = [w if i % 2 else reverse_complement(w) for i, w in enumerate(words)]
    y = np.array([1] * 60 + [0] * 60)
    return plant(X, [*both, *[None] * 60], rng), y


@pytest.fixture(scope="module")
def by_hand(sequences):
    """A classifier whose first two filters are GAYTACA and its reverse complement."""
    model = MotifCNNClassifier(
        n_filters=4, kernel_size=WIDTH, max_epochs=1, kmers=None, n_estimators=1,
        motif_bank=None, reverse_complement=True, random_state=0,
    ).fit(*sequences)  # fmt: skip
    motif = np.zeros((4, WIDTH), np.float32)
    for position, letters in enumerate(["G", "A", "CT", "T", "A", "C", "A"]):
        for letter in letters:
            motif["ACGT".index(letter), position] = 1
    weights = dict(model.weights_)
    filters = np.zeros_like(weights["0.trunk.0.conv.weight"])
    filters[0], filters[1] = motif, motif[::-1, ::-1]
    weights |= {
        "0.trunk.0.conv.weight": filters,
        "0.trunk.0.norm.running_mean": np.zeros(4, np.float32),
        "0.trunk.0.norm.running_var": np.ones(4, np.float32),
        "0.trunk.0.norm.weight": np.ones(4, np.float32),
        "0.trunk.0.norm.bias": np.zeros(4, np.float32),
    }
    model.weights_ = weights
    return model


def test_filters_give_their_motif_back(by_hand, sequences):
    X, y = sequences
    # All seven letters respond by e^7, six of them by e^6, less than half of it.
    motifs = extract_motifs(by_hand, X, y, method="filters", threshold=0.5)
    found = [
        match.group(1)
        for strand in (X, reverse_complement(X))
        for x in strand
        for match in re.finditer("(?=(GA[CT]TACA))", x)
    ]
    expected = np.array([[[x == a for a in "ACGT"] for x in word] for word in found])
    # Filter 2, the reverse complement, and the first are one; the others have none.
    assert len(motifs) == 1
    assert isinstance(motifs, MotifSet)
    assert motifs.ids == motifs.names
    counts = motifs.counts[0]
    if motifs.consensus[0] != "GACTACA":
        counts = counts[::-1, ::-1]
    np.testing.assert_array_equal(counts, expected.sum(axis=0))
    row = motifs.to_frame().iloc[0]
    assert (row["n_sites"], row["n_merged"], row["width"]) == (len(found), 2, WIDTH)
    has_site = np.array([bool(re.search("GA[CT]TACA|TGTA[AG]TC", x)) for x in X])
    assert row["prevalence"] == has_site.mean()
    ratio = (has_site[y == 1].sum() + 0.5) / (has_site[y == 0].sum() + 0.5)
    assert row["enrichment"] == pytest.approx(np.log2(ratio))
    words = {"+": "GA[CT]TACA", "-": "TGTA[AG]TC"}
    if motifs.consensus[0] != "GACTACA":
        words = {"+": words["-"], "-": words["+"]}
    for site in motifs.sites.itertuples():
        word = X[site.sequence][site.start : site.end]
        assert re.fullmatch(words[site.strand], word)
    middle = (motifs.sites["start"] + motifs.sites["end"]) / 2
    assert row["position"] == pytest.approx(middle.mean())


def test_importance_is_what_silencing_costs(by_hand, sequences):
    X, y = sequences
    motifs = extract_motifs(by_hand, X, y, method="filters")
    one_hot = SequenceEncoder().fit_transform(X).reshape(len(X), -1, 4)
    x = torch.from_numpy(one_hot).float().transpose(1, 2)
    trunk = by_hand.to_module().get_submodule("members.0.trunk.0")
    with torch.no_grad():
        responses = torch.cat([trunk(x), trunk(x[:, [3, 2, 1, 0]].flip(2))])
    means = responses.mean(dim=(0, 2)).numpy()
    silenced = copy.deepcopy(by_hand)
    filters = silenced.weights_["0.trunk.0.conv.weight"].copy()
    bias = silenced.weights_["0.trunk.0.norm.bias"].copy()
    filters[:2], bias[:2] = 0, np.log(means[:2])
    silenced.weights_ |= {
        "0.trunk.0.conv.weight": filters, "0.trunk.0.norm.bias": bias
    }  # fmt: skip
    lost = by_hand.decision_function(X) - silenced.decision_function(X)
    row = motifs.to_frame().iloc[0]
    expected = lost[y == 1].mean() - lost[y == 0].mean()
    assert row["importance"] == pytest.approx(expected, rel=1e-4)
    has_site = np.isin(np.arange(len(X)), motifs.sites["sequence"])
    effect = lost[has_site].mean() - lost[~has_site].mean()
    assert row["effect"] == pytest.approx(effect, rel=1e-4)
    # Without y: the share of the variance of the scores.
    scores = by_hand.decision_function(X)
    share = np.cov(lost, scores)[0, 1] / scores.var(ddof=1)
    row = extract_motifs(by_hand, X, method="filters").to_frame().iloc[0]
    assert row["importance"] == pytest.approx(share, rel=1e-4)
    assert "enrichment" not in row


@pytest.fixture(scope="module")
def planted_word():
    """Sequences with and without TGACGTAA, in turn, and a classifier."""
    X, y = make_motif_classification(
        400, 40, motif="TGACGTAA", strand="+", random_state=0
    )
    order = np.argsort(y, kind="stable").reshape(2, -1).T.ravel()
    X, y = X[order], y[order]
    return MotifCNNClassifier(**SMALL).fit(X, y), X, y


def test_importance_is_what_the_motif_adds_to_the_difference(planted_word):
    model, X, y = planted_word
    scores = model.decision_function(X)
    difference = scores[y == 1].mean() - scores[y == 0].mean()
    found = extract_motifs(model, X, y)
    best = found.to_frame().iloc[0]
    assert "GACGT" in best["consensus"]
    assert 0.5 * difference < best["importance"] <= 1.05 * difference
    assert found.to_frame()["importance"].sum() <= 1.1 * difference


def test_effect_is_what_putting_it_in_or_taking_it_out_does(planted_word):
    model, X, y = planted_word
    best = extract_motifs(model, X, y).to_frame().iloc[0]
    rng = np.random.default_rng(0)
    without, site = X[y == 0], "TGACGTAA"
    inserted = plant(without, [site] * len(without), rng)
    shuffled = [
        x.replace(site, "".join(rng.permutation(list(site)))) for x in X[y == 1]
    ]
    gained = model.decision_function(inserted) - model.decision_function(without)
    lost = model.decision_function(X[y == 1]) - model.decision_function(shuffled)
    for effect in (gained.mean(), lost.mean()):
        assert 0.5 < best["effect"] / effect < 2


def test_losses_without_sites_by_hand(by_hand, sequences):
    X, _ = sequences
    inputs = by_hand._input.read(X)
    sites = pd.DataFrame(
        {"sequence": [0, 3, 3], "start": [2, 0, 20], "end": [5, 4, 22]}
    )
    losses = SiteRemoval(by_hand, inputs, 0, np.random.RandomState(0)).losses(sites)
    assert not losses[[1, 2, *range(4, len(X))]].any()
    counts = np.array([sum(x.count(a) for x in X) for a in "ACGT"])
    rng = np.random.RandomState(0)
    without = []
    for _ in range(4):
        letters = "".join("ACGT"[k] for k in rng.choice(4, 9, p=counts / counts.sum()))
        x, z = X[0], X[3]
        without += [
            x[:2] + letters[:3] + x[5:],
            letters[3:7] + z[4:20] + letters[7:] + z[22:],
        ]
    left = by_hand.decision_function(without).reshape(4, 2).mean(axis=0)
    expected = by_hand.decision_function(X[[0, 3]]) - left
    np.testing.assert_allclose(losses[[0, 3]], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("method", ["attributions", "filters"])
def test_the_order_of_rows_does_not_matter(planted_word, method):
    """Labels in turn, of which every second row would be of one class."""
    model, X, y = planted_word
    rows = []
    for order in (np.arange(400), np.random.default_rng(1).permutation(400)):
        settings = {"method": method, "max_samples": 200}
        found = extract_motifs(model, X[order], y[order], **settings)
        best = found.to_frame().iloc[0]
        assert "GACGT" in best["consensus"] or "ACGTC" in best["consensus"]
        rows.append(best)
    if method == "attributions":
        for best in rows:
            assert best["prevalence"] == pytest.approx(0.5, abs=0.1)
            assert best["n_sites"] >= 80
    first, second = rows
    assert first["importance"] == pytest.approx(second["importance"], rel=0.25)


def test_rows_are_drawn_with_a_seed(planted_word):
    model, X, y = planted_word
    tables = [
        extract_motifs(model, X, y, max_samples=100, random_state=seed).to_frame()
        for seed in (0, 0, 1)
    ]
    pd.testing.assert_frame_equal(tables[0], tables[1])
    assert tables[0]["importance"][0] != tables[2]["importance"][0]


def test_what_was_learned_from_noise_is_no_motif(planted_word):
    _, X, _ = planted_word
    y = np.random.default_rng(0).permutation(np.arange(len(X)) % 2)
    X = np.array(
        [
            "".join(np.random.default_rng(i).choice(list("ACGT"), 40))
            for i in range(len(X))
        ]
    )
    model = MotifCNNClassifier(**SMALL, kmers=None).fit(X, y)
    for method in ("attributions", "filters"):
        with pytest.warns(UserWarning, match="more frequent than in shuffled") as said:
            assert len(extract_motifs(model, X, y, method=method)) == 0
        assert said[0].filename == __file__


def test_better_than_shuffled(by_hand):
    """By frequency, or by what a motif tells of y; not by either where it is chance."""
    rng = np.random.default_rng(0)
    X = np.array(["".join(rng.choice(list("ACGT"), 30)) for _ in range(600)])
    word = np.eye(4)[["ACGT".index(a) for a in "GATTACA"]]
    short = np.eye(4)[["ACGT".index(a) for a in "GATTA"]]
    has_short = np.array(["GATTA" in x or "TAATC" in x for x in X])
    by_chance = rng.normal(size=600)

    def judge(X, reference):
        inputs = by_hand._input.read(X)
        found = better_than_shuffled(
            by_hand, inputs, reference, [word, short], np.random.RandomState(0)
        )
        return found.tolist()

    assert judge(X, by_chance) == [False, False]
    assert judge(X, by_chance + 3 * has_short)[1]
    planted = plant(X, [*["GATTACA"] * 60, *[None] * 540], rng)
    assert judge(planted, by_chance)[0]


def test_one_bar_for_one_call(by_hand, sequences, capsys):
    for method in ("attributions", "filters"):
        extract_motifs(by_hand, *sequences, method=method)
        assert capsys.readouterr().err == ""
        extract_motifs(by_hand, *sequences, method=method, verbose=1)
        shown = capsys.readouterr().err
        assert "extract_motifs: 100%" in shown
        assert shown.count("\n") == 1


def test_filters_one_by_one(by_hand, sequences):
    motifs = extract_motifs(by_hand, *sequences, method="filters", merge=False)
    assert sorted(motifs.names) == ["filter_1", "filter_2"]
    first, second = motifs["filter_1"].counts[0], motifs["filter_2"].counts[0]
    np.testing.assert_array_equal(first, second[::-1, ::-1])


@pytest.mark.parametrize("method", ["attributions", "filters"])
def test_a_class_of_several(planted, method):
    X, y = planted[0][:180], planted[1][:180]
    # Where k-mers are counted beside them, few filters learn anything.
    kmers = "auto" if method == "attributions" else None
    model = MotifCNNClassifier(kmers=kmers, **SMALL).fit(X, y)
    for target, word in (("bound", "TGACGTAA"), ("open", "CCAATGGC")):
        motifs = extract_motifs(model, X, y, method=method, target=target, min_sites=10)
        best = motifs.to_frame().iloc[0]
        ways = (word, reverse_complement(word))
        # TGACGTAA is nearly its own reverse complement: TKACGTMA is both of them.
        assert any(w[2:-2] in best["consensus"] for w in ways)
        assert best["effect"] > 0
        assert best["enrichment"] > 2
    with pytest.raises(ValueError, match="target must name one: 'bound'"):
        extract_motifs(model, X, y, method=method)


def test_what_lowers_the_score():
    rng = np.random.default_rng(0)
    X = ["".join(rng.choice(list("ACGT"), 30)) for _ in range(200)]
    X = plant(X, ["TTGACTCA"] * 60 + ["CCAATGGC"] * 60 + [None] * 80, rng)
    y = 10.0 * np.repeat([1, -1, 0], [60, 60, 80])
    model = MotifCNNRegressor(**SMALL, max_epochs=30).fit(X, y)
    table = extract_motifs(model, X, y).to_frame()
    table["raises"] = table["effect"] > 0
    by_sign = table.groupby("raises")["consensus"].first()
    # A letter apart from the site may belong to a motif by chance.
    assert any(site in by_sign[True] for site in ("TTGACTCA", "TGAGTCAA"))
    assert any(site in by_sign[False] for site in ("CCAATGGC", "GCCATTGG"))
    # In the units of y, of which either site takes 10.
    assert table["effect"].abs().max() > 3
    assert table["importance"].iloc[0] > 0


@pytest.mark.parametrize(
    ("alphabet", "symbols", "word"),
    [("rna", "ACGU", "UGUAUAUA"), ("protein", "ACDEFGHIKLMNPQRSTVWY", "RGDWK")],
)
@pytest.mark.parametrize("method", ["attributions", "filters"])
def test_other_alphabets(alphabet, symbols, word, method):
    rng = np.random.default_rng(1)
    X = ["".join(rng.choice(list(symbols), rng.integers(20, 30))) for _ in range(160)]
    X = plant(X, [word] * 80 + [None] * 80, rng)
    y = np.array(["with"] * 80 + ["without"] * 80)
    kmers = "auto" if method == "attributions" else None
    model = MotifCNNClassifier(alphabet=alphabet, kmers=kmers, **SMALL).fit(X, y)
    motifs = extract_motifs(model, X, y, method=method)
    best = motifs[int(np.argmin(motifs.to_frame()["effect"]))]
    assert motifs.alphabet == alphabet
    assert best.frequencies[0].shape[1] == len(symbols)
    letters = "".join(symbols[i] for i in best.frequencies[0].argmax(axis=1))
    assert word[:-1] in letters or word[1:] in letters
    # One strand is read, and "without" is the class of the score.
    assert set(motifs.sites["strand"]) == {"+"}
    assert best.to_frame()["enrichment"][0] < -2


def test_a_profile_is_judged_by_its_mean():
    rng = np.random.default_rng(0)
    X = ["".join(rng.choice(list("ACGT"), 40)) for _ in range(60)]
    y = np.zeros((60, 40))
    for i in range(30):
        start = rng.integers(0, 32)
        X[i] = X[i][:start] + "TGACGTAA" + X[i][start + 8 :]
        y[i, start : start + 8] = 1
    model = MotifCNNRegressor(
        output="profile", n_filters=(8,), kernel_size=11, n_estimators=1,
        max_epochs=60, random_state=0,
    ).fit(X, y)  # fmt: skip
    motifs = extract_motifs(model, X, y, method="filters", min_sites=10)
    assert motifs.to_frame()["enrichment"].iloc[0] > 1


def test_nothing_found(by_hand, sequences):
    X, y = sequences
    with pytest.warns(UserWarning, match="no motif with min_sites=100 sites"):
        motifs = extract_motifs(by_hand, X, y, method="filters", min_sites=100)
    assert len(motifs) == 0


def test_errors(by_hand, sequences):
    X, y = sequences
    with pytest.raises(TypeError, match="got a ImageCNNClassifier"):
        extract_motifs(ImageCNNClassifier(), X)
    signals = np.random.default_rng(0).normal(size=(20, 30))
    model = MotifCNNRegressor(max_epochs=1).fit(signals, signals[:, 0])
    with pytest.raises(ValueError, match="numeric signals"):
        extract_motifs(model, signals)
    with pytest.raises(ValueError, match="sequences that differ in y"):
        extract_motifs(by_hand, X[y == 1], y[y == 1], method="filters")
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        extract_motifs(by_hand, X, y[1:])
    with pytest.raises(ValueError, match="'method' parameter"):
        extract_motifs(by_hand, X, y, method="saliency")


def test_sequences_of_which_the_label_misses_are_left_out():
    rng = np.random.default_rng(0)
    X = ["".join(rng.choice(list("ACGT"), 30)) for _ in range(120)]
    X = plant(X, ["TTGACTCA"] * 60 + [None] * 60, rng)
    Y = np.zeros((120, 2))
    Y[:60, 0] = Y[::2, 1] = 1
    Y[3, 0] = np.nan
    model = MotifCNNClassifier(**SMALL, max_epochs=20, missing_labels="mask")
    model.fit(X, Y)
    found = extract_motifs(model, X, Y, target=0).to_frame()
    assert np.isfinite(found["importance"]).all()
    rest = [i for i in range(120) if i != 3]
    without = extract_motifs(model, [X[i] for i in rest], Y[rest], target=0).to_frame()
    pd.testing.assert_frame_equal(found, without)


def test_profiles_of_named_classes():
    rng = np.random.default_rng(0)
    X = ["".join(rng.choice(list("ACGT"), 30)) for _ in range(80)]
    X = plant(X, ["TTGACTCA"] * 40 + [None] * 40, rng)
    y = np.array([["site" if i < 40 else "none"] * 30 for i in range(80)], dtype=object)
    y[5, :10] = None
    settings = {"n_filters": 8, "max_epochs": 5, "random_state": 0}
    model = MotifCNNClassifier(output="profile", **settings).fit(X, y)
    as_numbers = np.where(y == "site", 1.0, 0.0)
    as_numbers[5, :10] = np.nan
    other = MotifCNNClassifier(output="profile", **settings).fit(X, as_numbers)
    named, numbered = (
        extract_motifs(fitted, X, labels, min_sites=5).to_frame()
        for fitted, labels in ((model, y), (other, as_numbers))
    )
    assert np.isfinite(named["importance"]).all()
    np.testing.assert_allclose(named["importance"].abs(), numbered["importance"].abs())


@pytest.mark.parametrize("container", [list, pd.Index, pd.array])
def test_sequences_of_other_containers(container, by_hand, sequences):
    """They are read once, and all that follows is of what was read."""
    X = sequences[0]
    expected = extract_motifs(by_hand, X, method="filters", min_sites=5)
    found = extract_motifs(by_hand, container(X), method="filters", min_sites=5)
    pd.testing.assert_frame_equal(found.to_frame(), expected.to_frame())


def test_what_is_cropped_is_said_once(by_hand, sequences):
    longer = ["A" + x for x in sequences[0]]
    with pytest.warns(UserWarning, match="120 of 120 inputs in X are long") as caught:
        extract_motifs(by_hand, longer, method="filters", min_sites=5)
    assert len(caught) == 1


def test_scores_that_are_the_same_have_no_slope():
    """The mean of three tenths is no tenth in floating point."""
    same = np.full(3, 0.1)
    assert (same - same.mean()).any()
    with pytest.raises(ValueError, match="needs sequences that differ in y, or witho"):
        _slope(np.ones((1, 3)), same)
