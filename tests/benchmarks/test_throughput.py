import pytest
import throughput
import torch
from sklearn.metrics import roc_auc_score

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import make_motif_classification

TINY = {"n_filters": 2, "max_epochs": 1, "linear_models": None}


def test_the_loops_compared_with_ours_train_the_same_network():
    X, y = make_motif_classification(300, 200, "TGACGTCATGAC", random_state=0)
    x, target = throughput._one_hot(X), torch.tensor(y, dtype=torch.float32)
    network, device = throughput._network(X, y, "cpu")
    copies = network(), network()
    state = copies[1].state_dict()
    for name, tensor in copies[0].state_dict().items():
        assert torch.equal(tensor, state[name])
    rates = {m.p for m in copies[0].modules() if isinstance(m, torch.nn.Dropout)}
    assert rates == {throughput.DROPOUT}

    by_hand = throughput.fit_by_hand(network(), x, target, 4, device)
    proba = throughput.predict_by_hand(by_hand, x, device)
    assert proba.shape == (300,)
    assert roc_auc_score(y, proba) > 0.9
    by_skorch = throughput.fit_by_skorch(network(), x, target, 4, device)
    assert roc_auc_score(y, by_skorch.predict_proba(x)[:, 1]) > 0.9


def test_random_sequences_are_distinct_dna():
    sequences = throughput._random_sequences(50)
    assert len(set(sequences)) == 50
    assert {len(s) for s in sequences} == {throughput.LENGTH}
    assert set("".join(sequences)) == set("ACGT")


def test_candidates_run_in_turn():
    order = []
    candidates = {name: lambda name=name: order.append(name) for name in ("a", "b")}
    part = throughput._measure("what", 1, candidates, repeats=2)
    assert order == ["a", "b", "a", "b"]
    assert {name: len(s) for name, s in part["seconds"].items()} == {"a": 2, "b": 2}


def test_table_gives_medians_and_rates():
    part = {"what": "Work", "n": 30, "seconds": {"a": [1, 2, 9], "b": [3, 4, 5]}}
    *_, a, b = throughput._table(part).splitlines()
    assert [cell.strip() for cell in a.split("|")[1:-1]] == [
        "a",
        "2.000",
        "1.000 to 9.000",
        "15",
        "1.00",
    ]
    assert b.split("|")[-2].strip() == "2.00"


@pytest.mark.slow
def test_another_package_predicts_the_same_model():
    X, y = make_motif_classification(20, 30, random_state=0)
    clf = MotifCNNClassifier(**TINY).fit(X, y)
    other = throughput.OtherPackage(throughput.PACKAGE.parent, clf, [X[:10], X[10:]])
    other.predict()
    other.close()
    assert other.process.returncode == 0


@pytest.mark.slow
def test_a_package_that_fails_is_said(tmp_path):
    (tmp_path / "sklearn_cnn.py").write_text("raise ImportError")
    X, y = make_motif_classification(20, 30, random_state=0)
    clf = MotifCNNClassifier(**TINY).fit(X, y)
    with pytest.raises(RuntimeError, match="earlier package failed"):
        throughput.OtherPackage(tmp_path, clf, [X])


def test_exponents_of_growing_fits(monkeypatch):
    seconds = {"n 20": [4], "n 40": [8], "length 20": [1, 3, 2], "length 40": [8]}
    growing = {"n": [20, 40], "length": [20, 40]}
    monkeypatch.setattr(throughput, "GROWING", growing)
    monkeypatch.setattr(
        throughput,
        "_measure",
        lambda *args: {"what": "", "n": None, "seconds": seconds},
    )
    part = throughput.exponents(1, "cpu")
    assert part["exponents"] == pytest.approx({"n": 1, "length": 2})
    assert part["note"] == "exponents: n 1.00, length 2.00"
