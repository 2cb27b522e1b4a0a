"""`to_module` in the hands of other packages, each where it is installed."""

import numpy as np
import pytest
import torch

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.inspection import attributions, deeplift_rules
from sklearn_cnn.preprocessing import SequenceEncoder, dinucleotide_shuffle


def _one_hot(X):
    columns = SequenceEncoder().fit_transform(X).reshape(len(X), -1, 4)
    return torch.tensor(columns.transpose(0, 2, 1).copy(), dtype=torch.float32)


@pytest.fixture(scope="module")
def inputs(dna):
    """Sequences and baselines, one-hot."""
    X = dna[0][:4]
    return _one_hot(X), _one_hot(dinucleotide_shuffle(X, random_state=0))


def test_modules_of_double_precision(dna, inputs):
    clf = MotifCNNClassifier(
        n_filters=4, max_epochs=1, kmers=2, motif_bank=None, precision="float64",
        random_state=0,
    ).fit(*dna)  # fmt: skip
    logits = clf.to_module()(inputs[0].double())[:, 0].detach()
    assert logits.dtype == torch.float64
    expected = clf.decision_function(dna[0][:4])
    np.testing.assert_allclose(logits, expected, atol=1e-5)


@pytest.mark.parametrize("strands", ["forward", "both"])
def test_deep_lift_shap_of_tangermeme(classifier, inputs, strands):
    """Its own warnings of gaps are errors here."""
    shap = pytest.importorskip("tangermeme.deep_lift_shap")
    module = classifier.to_module(strands)
    x, baselines = inputs
    found = shap.deep_lift_shap(
        module,
        x,
        references=baselines[:, None],
        additional_nonlinear_ops=deeplift_rules(),
        device="cpu",
    )
    with torch.no_grad():
        expected = (module(x) - module(baselines))[:, 0]
    torch.testing.assert_close(found.sum(dim=(1, 2)), expected, rtol=0, atol=1e-4)


def test_saturation_mutagenesis_of_tangermeme(classifier, dna, inputs):
    mutagenesis = pytest.importorskip("tangermeme.saturation_mutagenesis")
    present, mutated = mutagenesis.saturation_mutagenesis(
        classifier.to_module(), inputs[0], raw_outputs=True, device="cpu"
    )
    effects = (mutated - present[:, None, None])[..., 0]
    found = attributions(classifier, dna[0][:4])
    np.testing.assert_allclose(found, effects, atol=1e-5)


def test_integrated_gradients_of_captum(dna, inputs):
    """Of the network alone: counts of k-mers jump along the path."""
    captum = pytest.importorskip("captum.attr")
    alone = {"kmers": None, "motif_bank": None}
    clf = MotifCNNClassifier(n_filters=8, max_epochs=10, **alone, random_state=0)
    clf.fit(*dna)
    method = captum.IntegratedGradients(clf.to_module("forward"))
    _, gap = method.attribute(
        *inputs, target=0, n_steps=300, return_convergence_delta=True
    )
    assert gap.abs().max() < 1e-3


@pytest.mark.filterwarnings("ignore:Input Tensor 0 did not", "ignore:Setting forward")
def test_deep_lift_of_captum(classifier, inputs, monkeypatch):
    captum = pytest.importorskip("captum.attr")
    from captum.attr._core import deep_lift

    def of_captum(rule):
        return lambda module, x, y, grad_x, grad_y, eps: rule(
            module, [grad_x], [grad_y]
        )[0]

    rules = {kind: of_captum(rule) for kind, rule in deeplift_rules().items()}
    known = deep_lift.SUPPORTED_NON_LINEAR
    monkeypatch.setattr(deep_lift, "SUPPORTED_NON_LINEAR", known | rules)
    method = captum.DeepLift(classifier.to_module("forward"))
    _, gap = method.attribute(*inputs, target=0, return_convergence_delta=True)
    assert gap.abs().max() < 1e-4


def _export(module, x, path, *, dynamic):
    """Session of onnxruntime for an exported module."""
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    names = {0: torch.export.Dim("n")}
    if dynamic == "length":
        names[2] = torch.export.Dim("length", min=30, max=1000)
    torch.onnx.export(
        module,
        (x,),
        path,
        input_names=["x"],
        dynamic_shapes=(names,) if dynamic else None,
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    return runtime.InferenceSession(path)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("dynamic", [None, "n"])
def test_onnx(classifier, inputs, tmp_path, dynamic):
    x = inputs[0]
    module = classifier.to_module("forward")
    session = _export(module, x, tmp_path / "module.onnx", dynamic=dynamic)
    x = torch.cat([x, x[:3]]) if dynamic else x
    with torch.no_grad():
        expected = module(x)
    (scores,) = session.run(None, {"x": x.numpy()})
    np.testing.assert_allclose(scores, expected, atol=1e-5)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_onnx_of_any_length(ragged, inputs, tmp_path):
    """Padding, too."""
    module = ragged.to_module("both")
    session = _export(module, inputs[0], tmp_path / "module.onnx", dynamic="length")
    x = torch.cat(inputs, dim=2)[:3, :, :55]
    x[1, :, 33:] = 0
    with torch.no_grad():
        expected = module(x)
    (scores,) = session.run(None, {"x": x.numpy()})
    np.testing.assert_allclose(scores, expected, atol=1e-5)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_onnx_of_the_default_estimator(dna, inputs, tmp_path):
    clf = MotifCNNClassifier(max_epochs=2, random_state=0).fit(*dna)
    module = clf.to_module("forward")
    session = _export(module, inputs[0], tmp_path / "module.onnx", dynamic="n")
    x = torch.cat(inputs)
    with torch.no_grad():
        expected = module(x)
    (scores,) = session.run(None, {"x": x.numpy()})
    np.testing.assert_allclose(scores, expected, atol=1e-5)
