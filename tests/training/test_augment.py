import torch

from sklearn_cnn.training._augment import augment, flip, shift


def _seeded():
    return torch.Generator().manual_seed(0)


def _images(n, channels, height, width):
    size = channels * height * width
    return torch.arange(size, dtype=torch.float32).view(1, channels, height, width) + (
        1000 * torch.arange(n).view(n, 1, 1, 1)
    )


def _replicated(image, down, right):
    """An image moved by at most 2 pixels, its edges repeated."""
    padded = torch.nn.functional.pad(image[None], (2, 2, 2, 2), mode="replicate")[0]
    height, width = image.shape[1:]
    return padded[:, 2 - down : 2 - down + height, 2 - right : 2 - right + width]


def test_shift_moves_by_up_to_an_eighth_and_repeats_edges():
    x = _images(200, 2, 8, 17)
    moved = shift(x, _seeded())
    moves = {(d, r): 0 for d in (-1, 0, 1) for r in (-2, -1, 0, 1, 2)}
    for before, after in zip(x, moved, strict=True):
        fits = [m for m in moves if torch.equal(_replicated(before, *m), after)]
        assert len(fits) == 1
        moves[fits[0]] += 1
    assert min(moves.values()) > 0


def test_shift_by_hand(monkeypatch):
    x = torch.tensor([[[[1, 2, 3], [4, 5, 6]]]])
    monkeypatch.setattr(
        torch, "randint", lambda low, high, size, **_: torch.ones(size, dtype=int)
    )
    # One down and one to the right.
    assert shift(x, _seeded()).tolist() == [[[[1, 1, 2], [1, 1, 2]]]]


def test_images_of_less_than_eight_pixels_do_not_move():
    x = _images(20, 1, 7, 1)
    assert torch.equal(shift(x, _seeded()), x)


def test_flip_mirrors_about_half_left_to_right():
    x = _images(400, 2, 3, 4)
    mirrored = [
        torch.equal(after, before.flip(2))
        for before, after in zip(x, flip(x, _seeded()), strict=True)
    ]
    same = [
        torch.equal(after, before)
        for before, after in zip(x, flip(x, _seeded()), strict=True)
    ]
    # Four standard deviations of 400 draws of 1/2 are 40.
    assert 160 <= sum(mirrored) <= 240
    assert 160 <= sum(same) <= 240
    assert flip(torch.tensor([[[[1, 2]]]]), _seeded()).tolist() in (
        [[[[1, 2]]]],
        [[[[2, 1]]]],
    )


def test_augment_makes_all_changes_named():
    x = _images(50, 1, 8, 8)
    generator = _seeded()
    expected = flip(shift(x, generator), generator)
    assert torch.equal(augment(x, _seeded(), ("shift", "flip")), expected)
    assert augment(x, _seeded(), ()) is x
