import numpy as np
import torch

from sklearn_cnn.architectures._reverse_complement import opposite_strand
from sklearn_cnn.inputs._device_inputs import DeviceInputs
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import encode
from sklearn_cnn.training._batches import Batches

SEQUENCES = ["AAAC", "ACGG", "NTTT", "CCCA", "GATC"]
ORDER = [3, 2, 1, 0]


def _device_inputs(dtype=torch.float32):
    codes, _, alphabet = encode(SEQUENCES, DNA)
    return DeviceInputs(Inputs(codes, alphabet), torch.device("cpu"), dtype)


def _batches(**kwargs):
    settings = {
        "batch_size": 2,
        "complement_order": None,
        "weighted": False,
        "generator": torch.Generator().manual_seed(0),
    }
    return Batches(
        _device_inputs(),
        torch.arange(5),
        torch.arange(5, dtype=torch.float32) / 2,
        **settings | kwargs,
    )


def test_codes_become_one_hot_columns():
    inputs = _device_inputs(torch.float64)
    assert inputs.values.dtype == torch.uint8
    x = inputs.batch(torch.tensor([1, 2]))
    assert x.dtype == torch.float64
    np.testing.assert_array_equal(x[0].argmax(dim=0), [0, 1, 2, 2])
    np.testing.assert_array_equal(x[1, :, 0], [0.25] * 4)


def test_an_epoch_holds_each_row_once_in_batches_of_nearly_equal_size():
    batches = _batches()
    assert len(batches) == 3
    epochs = [list(batches) for _ in range(2)]
    for epoch in epochs:
        assert [len(y) for _, (y, _) in epoch] == [2, 2, 1]
        rows = torch.cat([y for _, (y, _) in epoch])
        assert sorted(rows.tolist()) == [0, 1, 2, 3, 4]
        for x, (y, w) in epoch:
            torch.testing.assert_close(x["x"], batches.inputs.batch(y))
            torch.testing.assert_close(w, y / 2)
            assert "weight" not in x
    assert [b[1][0].tolist() for b in epochs[0]] != [
        b[1][0].tolist() for b in epochs[1]
    ]


def test_strands_are_drawn_at_random():
    batches = _batches(complement_order=ORDER)
    flipped = []
    for _ in range(50):
        for x, (y, _) in batches:
            forward = batches.inputs.batch(y)
            backward = opposite_strand(forward, ORDER)
            for i in range(len(y)):
                is_forward = torch.equal(x["x"][i], forward[i])
                assert is_forward or torch.equal(x["x"][i], backward[i])
                flipped.append(not is_forward)
    # 250 draws of 1/2: within four standard deviations (GATC is its own complement).
    assert abs(np.mean(flipped) - 0.4) < 4 * np.sqrt(0.24 / 250)


def test_a_full_batch_shows_both_strands_in_order():
    (batch,) = _batches(batch_size=5, complement_order=ORDER, weighted=True)
    x, (y, w) = batch
    assert y.tolist() == [0, 1, 2, 3, 4] * 2
    torch.testing.assert_close(w, y / 2)
    torch.testing.assert_close(x["weight"], w)
    torch.testing.assert_close(x["x"][5:], opposite_strand(x["x"][:5], ORDER))


def test_ragged_inputs_are_known():
    codes, lengths, alphabet = encode(["ACG", "AC"], DNA)
    assert Inputs(codes, alphabet, lengths).ragged
    assert not Inputs(codes, alphabet, lengths)[:1].ragged
    assert not Inputs(np.zeros((2, 1, 3))).ragged


PROFILES = torch.arange(20.0).reshape(5, 4)


def test_profiles_are_turned_with_the_strand():
    inputs = _device_inputs()
    generator = torch.Generator().manual_seed(0)
    turned = 0
    for _ in range(10):
        batches = Batches(
            inputs,
            PROFILES,
            torch.arange(5),
            batch_size=2,
            complement_order=ORDER,
            weighted=False,
            generator=generator,
            profile=True,
        )
        for x, (y, rows) in batches:
            original = inputs.batch(rows)
            for i, row in enumerate(rows):
                is_turned = not torch.equal(x["x"][i], original[i])
                expected = PROFILES[row].flip(0) if is_turned else PROFILES[row]
                assert torch.equal(y[i], expected) or SEQUENCES[row] == "GATC"
                turned += is_turned
    assert 10 < turned < 40


def test_one_batch_of_profiles_holds_both_strands():
    batches = Batches(
        _device_inputs(),
        PROFILES,
        torch.ones(5),
        batch_size=5,
        complement_order=ORDER,
        weighted=False,
        generator=torch.Generator(),
        profile=True,
    )
    [(x, (y, _))] = batches
    assert torch.equal(x["x"][5:], opposite_strand(x["x"][:5], ORDER))
    assert torch.equal(y, torch.cat([PROFILES, PROFILES.flip(1)]))


def test_profiles_are_as_long_as_the_batch():
    codes, lengths, alphabet = encode(["ACGT", "AC", "ACG"], DNA)
    inputs = DeviceInputs(
        Inputs(codes, alphabet, lengths), torch.device("cpu"), torch.float32
    )
    targets = torch.tensor([[1, 2, 3, 4], [1, 2, torch.nan, torch.nan], [1, 2, 3, 0]])
    batches = Batches(
        inputs,
        targets,
        torch.tensor(lengths),
        batch_size=1,
        complement_order=None,
        weighted=False,
        generator=torch.Generator(),
        profile=True,
    )
    for x, (y, length) in batches:
        assert x["x"].shape[2] == y.shape[1] == length
        assert y[0].tolist() == list(range(1, length + 1))
