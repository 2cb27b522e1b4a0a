"""DeepBind's networks against a plain loop of the published forward pass."""

import numpy as np
import pandas as pd
import pytest
import torch

from sklearn_cnn import MotifCNNClassifier, PretrainedFeatureExtractor

# One of each kind: strands, pooling, hidden units, width.
KINDS = [(1, 0, 0, 3), (0, 1, 4, 5), (1, 1, 0, 3), (1, 0, 4, 5), (0, 0, 0, 3)]
N_DETECTORS = 2
X = ["ACGTTGACGTCATT", "TTGACNT", "CC", "ACGTTGACGTCATA"]


@pytest.fixture
def folder(tmp_path):
    """Two models of each kind, as published: empty w2 and b2 without hidden units."""
    rng = np.random.default_rng(0)
    models, rows = {}, []
    for i, (both_strands, with_mean, n_hidden, width) in enumerate(KINDS * 2):
        n_pooled = N_DETECTORS * (1 + with_mean)
        shapes = {
            "conv_w": (N_DETECTORS, 4, width),
            "conv_b": (N_DETECTORS,),
            "w1": (n_hidden or 1, n_pooled),
            "b1": (n_hidden or 1,),
            "w2": (n_hidden,),
            "b2": (1 if n_hidden else 0,),
        }
        models[f"D{i}"] = {
            key: torch.tensor(rng.normal(size=shape), dtype=torch.float32)
            for key, shape in shapes.items()
        }
        rows.append((f"D{i}", f"P{i}", both_strands, with_mean, n_hidden))
    columns = ["id", "protein", "reverse_complement", "avg_pooling", "num_hidden"]
    table = pd.DataFrame(rows, columns=columns)
    table[::-1].to_csv(tmp_path / "models.tsv", sep="\t", index=False)
    torch.save(models, tmp_path / "models.pt")
    return tmp_path


def _columns(sequence):
    return np.array(
        [[0.25 if letter == "N" else letter == base for letter in sequence]
         for base in "ACGT"], float
    )  # fmt: skip


def _score(model, x, with_mean, n_hidden):
    """The forward pass for one sequence (4, length), position by position."""
    weights = {key: value.numpy().astype(float) for key, value in model.items()}
    width = weights["conv_w"].shape[2]
    x = np.pad(x, ((0, 0), (width - 1, width - 1)), constant_values=0.25)
    z = []
    for detector, bias in zip(weights["conv_w"], weights["conv_b"], strict=True):
        places = range(x.shape[1] - width + 1)
        found = [max((detector * x[:, i : i + width]).sum() + bias, 0) for i in places]
        z.append(max(found))
        if with_mean:
            z.append(sum(found) / len(found))
    h = weights["w1"] @ z + weights["b1"]
    if n_hidden:
        return float(np.maximum(h, 0) @ weights["w2"] + weights["b2"][0])
    return float(h[0])


def test_all_kinds_by_a_plain_loop(folder):
    models = torch.load(folder / "models.pt", weights_only=True)
    extractor = PretrainedFeatureExtractor(f"deepbind:{folder}", batch_size=3)
    scores = extractor.fit_transform(X)
    assert scores.shape == (4, 10)
    for j, (model, kind) in enumerate(zip(models.values(), KINDS * 2, strict=True)):
        both_strands, with_mean, n_hidden, _ = kind
        for i, sequence in enumerate(X):
            x = _columns(sequence)
            expected = _score(model, x, with_mean, n_hidden)
            if both_strands:
                other = _score(model, x[::-1, ::-1], with_mean, n_hidden)
                expected = max(expected, other)
            assert scores[i, j] == pytest.approx(expected, abs=1e-5)
    assert extractor.get_feature_names_out()[[0, 9]].tolist() == ["P0_D0", "P9_D9"]


def test_rna_and_rows(folder):
    """U is T; no row depends on the others."""
    extractor = PretrainedFeatureExtractor(f"deepbind:{folder / 'models.pt'}").fit(X)
    scores = extractor.transform(X)
    as_rna = [x.replace("T", "U") for x in X]
    np.testing.assert_array_equal(extractor.transform(as_rna), scores)
    np.testing.assert_array_equal(extractor.transform(X[3:]), scores[3:])


def test_errors_of_the_files(folder):
    deepbind = f"deepbind:{folder}"
    models = torch.load(folder / "models.pt", weights_only=True)
    for settings, match in [
        ({"layer": "groups"}, "DeepBind's models have no layers"),
        ({"pooling": "max"}, "have no positions"),
    ]:
        with pytest.raises(ValueError, match=match):
            PretrainedFeatureExtractor(deepbind, **settings).fit(X)
    wrong = models | {"D1": models["D1"] | {"w1": torch.zeros(4, 3)}}
    torch.save(wrong, folder / "models.pt")
    match = r"'w1' of the DeepBind model 'D1' has shape \(4, 3\); .* \(4, 4\)"
    with pytest.raises(ValueError, match=match):
        PretrainedFeatureExtractor(deepbind).fit(X)
    torch.save(models | {"new": models["D1"]}, folder / "models.pt")
    with pytest.raises(ValueError, match=r"models\.tsv .* does not know .* 'new'"):
        PretrainedFeatureExtractor(deepbind).fit(X)
    (folder / "models.pt").write_bytes(b"no tensors")
    with pytest.raises(ValueError, match="it is no file of tensors"):
        PretrainedFeatureExtractor(deepbind).fit(X)
    torch.save(models | {"D0": torch.zeros(1)}, folder / "models.pt")
    with pytest.raises(ValueError, match="'D0' has no array 'conv_w'"):
        PretrainedFeatureExtractor(deepbind).fit(X)
    (folder / "models.pt").write_bytes(b"")
    with pytest.raises(ValueError, match=r"is not a file that torch.save wrote"):
        PretrainedFeatureExtractor(deepbind).fit(X)
    torch.save([1], folder / "models.pt")
    with pytest.raises(ValueError, match="holds a list, not a dict"):
        PretrainedFeatureExtractor(deepbind).fit(X)
    (folder / "models.tsv").write_text("id\tprotein\n")
    torch.save(models, folder / "models.pt")
    with pytest.raises(ValueError, match="has no column 'avg_pooling'"):
        PretrainedFeatureExtractor(deepbind).fit(X)
    (folder / "models.tsv").unlink()
    with pytest.raises(FileNotFoundError, match=r"models\.tsv"):
        PretrainedFeatureExtractor(deepbind).fit(X)
    (folder / "models.pt").unlink()
    with pytest.raises(FileNotFoundError, match="must hold one file"):
        PretrainedFeatureExtractor(deepbind).fit(X)


class _Bomb:
    exploded = False

    def __reduce__(self):
        return _explode, ()


def _explode():
    _Bomb.exploded = True


def test_a_file_that_would_execute_code_is_refused(folder):
    torch.save({"D0": _Bomb()}, folder / "models.pt")
    for model in (f"deepbind:{folder}", folder / "models.pt"):
        with pytest.raises(ValueError, match=r"refused.* can execute code"):
            PretrainedFeatureExtractor(model).fit(X)
    assert not _Bomb.exploded


def test_its_networks_are_not_trained(folder):
    clf = MotifCNNClassifier(pretrained=f"deepbind:{folder}")
    match = "a DeepBind without parameters, so that nothing in it can be trained"
    with pytest.raises(ValueError, match=match):
        clf.fit(X, [0, 1, 0, 1])
