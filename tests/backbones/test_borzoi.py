"""Borzoi: a small one, made and saved here. Its packages are an extra of its own."""

import numpy as np
import pytest
import torch

from sklearn_cnn import PretrainedFeatureExtractor

borzoi_pytorch = pytest.importorskip("borzoi_pytorch")

# Bins of 32 letters, of which the model gives the 4 in the centre: letters 64 to 191.
WINDOW, N_BINS = 256, 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from borzoi_pytorch.config_borzoi import BorzoiConfig

    torch.manual_seed(0)
    config = BorzoiConfig(
        dim=32,
        depth=1,
        heads=2,
        bins_to_return=N_BINS,
        attn_dim_key=8,
        attn_dim_value=16,
        window=WINDOW,
    )
    folder = tmp_path_factory.mktemp("borzoi")
    borzoi_pytorch.Borzoi(config).save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    ("length", "bins"), [(20, slice(1, 3)), (70, slice(0, 4)), (250, slice(0, 4))]
)
def test_bins_over_the_sequence(folder, length, bins):
    """20 letters in the centre are 118 to 137, in the second and third bin."""
    rng = np.random.default_rng(0)
    sequence = "".join(rng.choice(list("ACGT"), length))
    x = torch.zeros(1, 4, WINDOW)
    for place, letter in enumerate(sequence, (WINDOW - length) // 2):
        x[0, "ACGT".index(letter), place] = 1
    module = borzoi_pytorch.Borzoi.from_pretrained(folder).eval()
    with torch.no_grad():
        _, embeddings = module(x, return_embeddings=True)
    expected = embeddings[0, :, bins].mean(dim=1)
    features = PretrainedFeatureExtractor(f"borzoi:{folder}").fit_transform([sequence])
    assert features.shape == (1, 1920)
    np.testing.assert_allclose(features[0], expected, atol=1e-4)


def test_tracks(folder):
    """Of a whole window, in the two bins in its centre."""
    window = "".join(np.random.default_rng(0).choice(list("ACGT"), WINDOW))
    layer = "human:7610", "human:0"
    extractor = PretrainedFeatureExtractor(f"borzoi:{folder}", layer=layer, bins=2)
    features = extractor.fit_transform([window])
    x = torch.eye(4)[["ACGT".index(letter) for letter in window]].T[None]
    module = borzoi_pytorch.Borzoi.from_pretrained(folder).eval()
    with torch.no_grad():
        expected = module(x)[0, [7610, 0], 1:3].mean(dim=1)
    np.testing.assert_allclose(features[0], expected, rtol=1e-5, atol=1e-5)
    names = ["human:7610_mean", "human:0_mean"]
    assert extractor.get_feature_names_out().tolist() == names
    with pytest.raises(ValueError, match=r"'mouse:0' is no track .* to 'human:7610';"):
        extractor.set_params(layer="mouse:0").fit([window])
