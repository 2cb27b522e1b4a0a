import re
from types import SimpleNamespace

import borrowed
import numpy as np
import pytest
import torch
from _borrowed_networks import ResNet20, SpliceNetwork, load_resnet, load_splice_network
from torch import nn


def test_splice_network_reads_forty_nucleotides_to_either_side(tmp_path):
    # With some weights, rectifiers would let nothing of one letter through.
    torch.manual_seed(0)
    network = SpliceNetwork().eval()
    torch.save(network.state_dict(), tmp_path / "splice.pt")
    network = load_splice_network(tmp_path / "splice.pt")
    x = torch.rand(1, 4, 141)
    with torch.no_grad():
        before = network(x)
        x[..., 0] += 1
        after = network(x)
    assert before.shape == (1, 3, 61)
    # Two filters of width 11 in each of four units reach 40 positions.
    changed = (before != after).any(dim=1)[0]
    assert changed.tolist() == [True] + [False] * 60


def test_resnet_has_the_published_number_of_weights(tmp_path):
    network = ResNet20()
    # 0.27 million: Table 6 of the paper.
    n_weights = sum(p.numel() for p in network.parameters())
    assert n_weights == 269_722
    state = {f"module.{k}": v for k, v in network.state_dict().items()}
    torch.save({"state_dict": state}, tmp_path / "resnet.th")
    loaded = load_resnet(tmp_path / "resnet.th")
    assert loaded(torch.rand(2, 3, 32, 32)).shape == (2, 10)


def test_a_block_of_no_weight_passes_every_second_pixel_on():
    block = ResNet20().layer2[0].eval()
    nn.init.zeros_(block.conv2.weight)
    x = torch.rand(1, 16, 4, 4)
    with torch.no_grad():
        y = block(x)
    np.testing.assert_array_equal(y[0, 8:24], x[0, :, ::2, ::2])
    assert not y[0, :8].any()
    assert not y[0, 24:].any()


@pytest.mark.parametrize("part", ["splice", "digits"])
def test_pipelines(part, tmp_path):
    for file, network in (
        (borrowed.SPLICE_FILE, SpliceNetwork().state_dict()),
        (borrowed.RESNET_FILE, {"state_dict": ResNet20().state_dict()}),
    ):
        (tmp_path / file).parent.mkdir()
        torch.save(network, tmp_path / file)
    rng = np.random.default_rng(0)
    X = ["".join(row) for row in rng.choice(list("ACGT"), (8, 60))]
    X = np.array(X, dtype=object) if part == "splice" else rng.random((8, 8, 8))
    features = {
        name: borrowed.make_model({"part": part, "model": name}, tmp_path)[:-1]
        for name in ("plain", "borrowed", "both")
    }
    shapes = {name: pipe.fit_transform(X).shape for name, pipe in features.items()}
    n_plain, n_borrowed = shapes["plain"][1], shapes["borrowed"][1]
    if part == "splice":
        # Four letters at 60 places; 32 channels at 140 places, three logits at 60.
        assert (n_plain, n_borrowed) == (60 * 4, 32 * 140 + 3 * 60)
    else:
        # The maximum and the mean of 32 and of 64 channels.
        assert (n_plain, n_borrowed) == (64, 2 * (32 + 64))
    assert shapes["both"] == (8, n_plain + n_borrowed)
    # The same layers of the same inputs, fine-tuned.
    settings = {"part": part, "model": "tuned", "seed": 3}
    prepare, tuned = borrowed.make_model(settings, tmp_path)
    tuned.set_params(max_epochs=1, freeze="trunk").fit(prepare.transform(X), [0, 1] * 4)
    assert tuned.architecture_.n_features == n_borrowed
    assert tuned.random_state == 3


@pytest.mark.slow
def test_scores_are_accuracies(tmp_path):
    (tmp_path / "resnet_cifar10").mkdir()
    state = {"state_dict": ResNet20().state_dict()}
    torch.save(state, tmp_path / borrowed.RESNET_FILE)
    options = SimpleNamespace(models_folder=tmp_path)
    settings = {"part": "digits", "model": "plain", "seed": None}
    scores = borrowed.evaluate(settings, options)["accuracy"]
    assert len(scores) == 5
    assert 0.95 < np.mean(scores) < 1


def test_report_of_few_samples_has_the_error_over_draws():
    scores = {"borrowed": (0.7, 0.8, 0.9), "ours": (0.5,) * 3, "tuned": (0.8,) * 3}
    rows = [
        {"part": "digits", "model": model, "n": 100, "accuracy": [score]}
        for model, of_model in scores.items()
        for score in of_model
    ]
    # The standard deviation of 0.1 over the root of three.
    line = r"\| digits \| 100 +\| 0\.800 ± 0\.058 \| 0\.500 ± 0\.000 \| 0\.800 ± 0\.000"
    assert re.search(line, borrowed.report_few(rows))


def test_report_has_the_gain_over_plain_features():
    rows = [
        {"part": "digits", "model": "plain", "accuracy": [0.8, 0.9]},
        {"part": "digits", "model": "borrowed", "accuracy": [0.85, 0.9]},
    ]
    assert "0.8750   | +0.0250" in borrowed.report(rows)
