import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from sklearn_cnn import MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.datasets import make_motif_regression, read_variants
from sklearn_cnn.inspection import variant_effects
from sklearn_cnn.preprocessing import reverse_complement

SITE = "TGACGTAA"
SMALL = {
    "n_filters": 8,
    "dense_units": 8,
    "motif_bank": None,
    "n_estimators": 2,
    "max_epochs": 20,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def bound(planted):
    X, y = planted
    kept = y != "open"
    return list(np.array(X)[kept]), y[kept]


@pytest.fixture(scope="module")
def clf(bound):
    """Reads positions and both strands; classes "bound" and "none"."""
    return MotifCNNClassifier(**SMALL).fit(*bound)


@pytest.fixture(scope="module")
def three_classes(planted):
    return MotifCNNClassifier(**SMALL, position=False, kmers=None).fit(*planted)


def around(site, length=40):
    left = (length - len(site)) // 2
    return "C" * left + site + "C" * (length - left - len(site))


def test_fixture_reads_positions_and_both_strands(clf):
    assert clf.position_
    assert clf.reverse_complement_
    assert clf.classes_.tolist() == ["bound", "none"]


def test_effects_are_differences_of_decisions(clf, bound):
    X = bound[0][:20]
    variants = [x[:17] + "ACG" + x[20:] for x in X]
    effects = variant_effects(clf, X, variants)
    assert effects.columns.tolist() == [
        "reference_score", "alternative_score", "effect", "effect_forward",
        "effect_reverse",
    ]  # fmt: skip
    reference, alternative = clf.decision_function(X), clf.decision_function(variants)
    np.testing.assert_array_equal(effects["reference_score"], reference)
    np.testing.assert_array_equal(effects["alternative_score"], alternative)
    np.testing.assert_array_equal(effects["effect"], alternative - reference)


def test_strands(clf, bound):
    """Against the module that reads one strand, on sequences and their complements."""
    X = bound[0][:20]
    variants = [x[:17] + "ACG" + x[20:] for x in X]
    effects = variant_effects(clf, X, variants)
    forward = clf.to_module(strands="forward")
    for column, turn in (
        ("effect_forward", lambda x: x),
        ("effect_reverse", reverse_complement),
    ):
        ref, alt = (forward(one_hot(turn(x))).detach()[:, 0] for x in (X, variants))
        np.testing.assert_allclose(effects[column], alt - ref, atol=1e-5)
    assert (effects["effect_forward"] - effects["effect_reverse"]).abs().max() > 0.1
    mean = effects[["effect_forward", "effect_reverse"]].mean(axis=1)
    np.testing.assert_allclose(effects["effect"], mean, atol=1e-12)


def one_hot(sequences):
    import torch

    codes = torch.tensor([["ACGT".index(a) for a in x] for x in sequences])
    return torch.nn.functional.one_hot(codes, 4).transpose(1, 2).float()


def test_one_strand(bound):
    X, y = bound
    clf = MotifCNNClassifier(**SMALL, reverse_complement=False, kmers=None)
    clf.set_params(max_epochs=1, n_estimators=1).fit(X, y)
    effects = variant_effects(clf, X[:3], ["A" * 40] * 3)
    np.testing.assert_array_equal(effects["effect_forward"], effects["effect"])
    assert effects["effect_reverse"].isna().all()


def test_signs_on_a_planted_site(clf):
    """The logit is that of "none": a broken site raises it, a mended one lowers it."""
    whole, broken = around(SITE), around("TGAAGTAA")
    variants = [
        (0, 19, "C", "A"),
        (1, 19, "A", "C"),
        (0, 2, "C", "A"),  # far from the site
        (0, 19, "C", "CAAAA"),
        (0, 18, "ACG", "A"),
        (0, 16, SITE, "GCTTAGCC"),
    ]
    effects = variant_effects(clf, [whole, broken], variants)["effect"].to_numpy()
    assert effects[1] == -effects[0]
    assert effects[0] > 1
    assert abs(effects[2]) < effects[0] / 4
    assert (effects[3:] > 1).all()


@pytest.mark.parametrize(
    ("ref", "alt", "expected"),
    [
        ("C", "T", "GGGGGATGTTGGG"),
        ("CG", "TT", "GGGGGATTTTGGG"),
        ("C", "CAA", "GGGGGACAAGTTGGG"),
        ("CGT", "C", "GGGGGACTGGG"),
        ("CG", "TAA", "GGGGGATAATTGGG"),
    ],
)
def test_table_is_applied(ref, alt, expected, three_classes):
    reference = "GGGGGACGTTGGG"
    effects = variant_effects(three_classes, [reference], [(0, 6, ref, alt)], target=0)
    by_sequence = variant_effects(three_classes, [reference], [expected], target=0)
    pd.testing.assert_frame_equal(effects, by_sequence)


@pytest.mark.parametrize("end", ["left", "right"])
def test_alleles_at_the_ends(end, three_classes):
    reference = "ACGTTGCAACGT"
    start, ref = {"left": (0, "A"), "right": (11, "T")}[end]
    alternatives = [reference[:start] + x + reference[start + 1 :] for x in ("C", "CC")]
    table = [(0, start, ref, "C"), (0, start, ref, "CC")]
    effects = variant_effects(three_classes, [reference], table, target="bound")
    by_sequence = variant_effects(
        three_classes, [reference] * 2, alternatives, target="bound"
    )
    pd.testing.assert_frame_equal(effects, by_sequence)


def test_indels_are_centred_where_positions_are_read(clf, bound):
    """What is longer is cropped at both ends, what is shorter padded."""
    X = bound[0][:2]
    table = [(0, 10, X[0][10], X[0][10] + "ACGT"), (1, 10, X[1][10:13], X[1][10])]
    effects = variant_effects(clf, X, table)
    inserted = X[0][2:11] + "ACGT" + X[0][11:38]
    assert len(inserted) == 40
    deleted = X[1][:11] + X[1][13:]
    expected = [clf.decision_function([x])[0] for x in (inserted, deleted)]
    np.testing.assert_array_equal(effects["alternative_score"], expected)


def test_longer_references_are_said_to_be_cropped(clf, bound):
    X = [bound[0][0], "AC" + bound[0][0] + "GT"]
    match = "1 of 2 inputs in X are longer than the 40 positions"
    with pytest.warns(UserWarning, match=match) as caught:
        effects = variant_effects(clf, X, [x[:20] + "N" + x[21:] for x in X])
    assert len(caught) == 1
    assert effects["reference_score"][0] == effects["reference_score"][1]


def test_distinct_sequences_are_predicted_once(clf, bound, monkeypatch):
    X = bound[0][0]
    seen = []
    predict = MotifCNNClassifier._predict_outputs

    def counted(self, X, strands="both"):
        seen.extend(X)
        return predict(self, X, strands)

    monkeypatch.setattr(MotifCNNClassifier, "_predict_outputs", counted)
    table = [(0, 3, X[3], "A" if X[3] != "A" else "C"), (1, 3, X[3].lower(), X[3])]
    variant_effects(clf, [X, X.lower()], [*table, *table])
    assert len(seen) == 4  # Two sequences, on both strands and on the forward one.


@pytest.mark.parametrize("container", [list, np.array, pd.Series, pl.Series])
def test_containers_of_sequences(container, clf, bound):
    X, variants = bound[0][:4], bound[0][4:8]
    effects = variant_effects(clf, container(X), container(variants))
    pd.testing.assert_frame_equal(effects, variant_effects(clf, X, variants))


def test_containers_of_tables(three_classes):
    tuples = [(1, 0, "A", "G"), (0, 2, "g", "GT")]
    expected = variant_effects(three_classes, ["ACGT", "AAAA"], tuples, target=0)
    frame = pd.DataFrame(tuples, columns=["sequence", "position", "ref", "alt"])
    for table in (
        frame,
        pl.DataFrame(frame.to_dict(orient="list")),
        np.array(tuples, dtype=object),
    ):
        effects = variant_effects(three_classes, ["ACGT", "AAAA"], table, target=0)
        pd.testing.assert_frame_equal(effects, expected)


def test_index_is_kept(three_classes):
    table = pd.DataFrame(
        {"sequence": [0, 0], "position": [1, 2], "ref": ["C", "G"], "alt": ["T", "A"]},
        index=["rs1", "rs2"],
    )
    X = pd.Series(["ACGT"], index=["promoter"])
    effects = variant_effects(three_classes, X, table, target=0)
    assert effects.index.tolist() == ["rs1", "rs2"]
    assert table.join(effects).shape == (2, 9)
    assert variant_effects(three_classes, X, ["ACG"], target=0).index[0] == "promoter"
    variants = pd.Series(["ACG"], index=["rs3"])
    assert variant_effects(three_classes, X, variants, target=0).index[0] == "rs3"


def test_from_vcf_to_effects(clf, tmp_path):
    chromosome = "C" * 30 + SITE + "C" * 30
    (tmp_path / "genome.fa").write_text(f">chr1\n{chromosome}\n")
    (tmp_path / "v.vcf").write_text("chr1\t34\trs1\tC\tA,CTT\nchr1\t1\t.\tC\tT\n")
    v = read_variants(tmp_path / "v.vcf", tmp_path / "genome.fa", length=40)
    effects = variant_effects(clf, v["reference_sequence"], v["alternative_sequence"])
    assert v.join(effects).loc[:1, "effect"].gt(1).all()
    assert effects.loc[0, "reference_score"] == clf.decision_function(
        [("C" * 30 + SITE + "C" * 30)[13:53]]
    )


def test_target_of_a_class(three_classes, planted):
    X, variants = planted[0][:5], planted[0][5:10]
    ref, alt = (three_classes.decision_function(x) for x in (X, variants))
    for column, label in enumerate(["bound", "none", "open"]):
        for target in (column, label):
            effects = variant_effects(three_classes, X, variants, target=target)
            expected = alt[:, column] - ref[:, column]
            np.testing.assert_array_equal(effects["effect"], expected)


def test_regressor_in_units_of_the_target():
    X, y = make_motif_regression(200, length=30, motif="TGACGTCA", random_state=0)
    reg = MotifCNNRegressor(**SMALL, kmers=None).fit(X, 100 + 10 * y)
    effects = variant_effects(reg, X[:10], X[10:20])
    np.testing.assert_array_equal(effects["reference_score"], reg.predict(X[:10]))
    np.testing.assert_array_equal(effects["alternative_score"], reg.predict(X[10:20]))


def test_profile():
    rng = np.random.default_rng(0)
    X = ["".join(rng.choice(list("ACGT"), 30)) for _ in range(40)]
    y = np.array([[float(a == "A") for a in x] for x in X])
    reg = MotifCNNRegressor(
        n_filters=4, output="profile", reverse_complement=True, max_epochs=2,
        random_state=0,
    ).fit(X, y)  # fmt: skip
    variants = [(0, 5, X[0][5:8], X[0][5]), (1, 5, X[1][5], X[1][5] + "AC")]
    alternatives = [X[0][:6] + X[0][8:], X[1][:6] + "AC" + X[1][6:]]
    effects = variant_effects(reg, X[:2], variants)
    expected = [profile.mean() for profile in reg.predict(alternatives)]
    np.testing.assert_allclose(effects["alternative_score"], expected)
    effects = variant_effects(reg, X[:2], variants, target=4)
    expected = [profile[4] for profile in reg.predict(alternatives)]
    np.testing.assert_allclose(effects["alternative_score"], expected)
    with pytest.raises(ValueError, match="a position from 0 to 27"):
        variant_effects(reg, X[:2], variants, target=28)
    # Of rates, the mean over strands is that of the logarithms.
    assert reg.loss_ == "poisson"
    forward = reg.to_module(strands="forward")
    ref, alt = (
        forward(one_hot([x]).float()).detach()[0, 4] for x in (X[0], alternatives[0])
    )
    assert effects["effect_forward"][0] == pytest.approx(float(alt - ref), abs=1e-5)


@pytest.mark.parametrize(
    ("variants", "message"),
    [
        ([(0, 1, "C", "T"), (0, 2, "A", "T")], "variants, row 1: the reference allele "
         r"is 'A', but X\[0\] has 'G' at position 2, counted from 0 \(1 of 2 differ\)"),
        ([(0, 2, "C", "T"), (0, 4, "T", "A")], r"\(2 of 2 differ\); all fit one "
         "position before, as if counted from 1"),
        ([(0, 4, "A", "T"), (0, 8, "A", "T")], "variants, row 1: position 8, counted "
         r"from 0, and 1 letters of ref do not lie in X\[0\], which has 8"),
        ([(0, 7, "AA", "T")], "position 7, counted from 0, and 2 letters of ref"),
        ([(0, -1, "A", "T")], "position -1, counted from 0"),
        ([(1, 0, "A", "T")], r"variants, row 0: there is no X\[1\]; X holds 1 seq"),
        ([(-1, 0, "A", "T")], r"there is no X\[-1\]"),
        ([(0, 1.5, "A", "T")], "position must be a whole number, counted from 0; found "
         "1.5"),
        ([("a", 1, "A", "T")], "sequence must be a whole number.*; found 'a'"),
        ([(0, 1, "", "T")], "variants, row 0: ref is ''; an allele has one letter or"),
        ([(0, 1, "C", "-")], "variants, row 0: alt is '-'; an allele has one letter"),
        ([(0, 1, "C", None)], "variants, row 0: alt is None; an allele has one letter"),
        ([(0, 1, "C", "T"), (0, 1, "C", "E")], r"variants\['alt'\]\[1\] has the letter "
         "'E' at position 0 .*, which is not in the alphabet 'dna'"),
        ([(0, 1, "A")], r"variants\[0\] is \(0, 1, 'A'\); each variant is \(sequence,"),
        (["ACGT", "ACGT"], "variants holds 2 sequences, but X 1; pass one for each"),
        (["ACGE"], r"variants\[0\] has the letter 'E' at position 3"),
    ],
)  # fmt: skip
def test_variants_that_do_not_fit(variants, message, clf):
    with pytest.raises(ValueError, match=message):
        variant_effects(clf, ["ACGTAAAA"], variants)


def test_errors_name_variants(clf):
    table = pd.DataFrame(
        [(0, 1, "A", "T")], columns=["sequence", "position", "ref", "alt"], index=[7]
    )
    with pytest.raises(ValueError, match=r"variants, row 0 \(7\): the reference"):
        variant_effects(clf, ["ACGT"], table)
    with pytest.raises(ValueError, match=r"variants, row 0 \('rs1'\): the reference"):
        variant_effects(clf, ["ACGT"], table.assign(id="rs1"))
    with pytest.raises(ValueError, match=r"lacks the column 'alt'; .* found 'seq"):
        variant_effects(clf, ["ACGT"], table.drop(columns="alt"))
    with pytest.raises(ValueError, match="variants is empty; at least one"):
        variant_effects(clf, ["ACGT"], table[:0])
    with pytest.raises(ValueError, match="variants is empty; at least one"):
        variant_effects(clf, ["ACGT"], [])


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (np.zeros((2, 4, 8)), TypeError, r"X must hold sequences as strings, whose "
         r"letters can be exchanged; got ndarray of shape \(2, 4, 8\)"),
        ([1.5, 2], TypeError, "X must hold sequences as strings.* got list$"),
        ("ACGT", TypeError, "X is a single str"),
        (["ACGE"], ValueError, r"X\[0\] has the letter 'E' at position 3"),
    ],
)  # fmt: skip
def test_other_inputs(X, error, message, clf):
    with pytest.raises(error, match=message):
        variant_effects(clf, X, ["ACGT"])


def test_other_estimators(clf, three_classes):
    with pytest.raises(TypeError, match=r"must be MotifCNNClassifier .*Logistic"):
        variant_effects(LogisticRegression(), ["A"], ["C"])
    with pytest.raises(NotFittedError):
        variant_effects(MotifCNNClassifier(), ["A"], ["C"])
    signals = MotifCNNClassifier(n_filters=2, max_epochs=1)
    signals.fit(np.eye(6), [0, 1] * 3)
    with pytest.raises(ValueError, match="fitted on numeric signals"):
        variant_effects(signals, ["A"], ["C"])


@pytest.mark.parametrize("target", [None, 3, "closed"])
def test_targets_that_do_not_fit(target, clf, three_classes):
    with pytest.raises(ValueError, match=rf"'bound', 'none', 'open'.* got {target!r}"):
        variant_effects(three_classes, ["A"], ["C"], target=target)
    if target is not None:
        with pytest.raises(ValueError, match="the estimator has a single output"):
            variant_effects(clf, ["A"], ["C"], target=target)
