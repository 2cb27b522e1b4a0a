"""Models that must be downloaded, where there is no network."""

import pytest

from sklearn_cnn import PretrainedFeatureExtractor
from sklearn_cnn.backbones import _hub

constants = pytest.importorskip("huggingface_hub.constants")


@pytest.fixture
def unreachable(monkeypatch):
    """Nothing listens at this port, so that the answer comes at once."""
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("model", "package", "download", "folder"),
    [
        ("hf:nobody/has-this", "transformers", "nobody/has-this", "hf:FOLDER"),
        ("hf:nobody/has-this@v1", "transformers", "nobody/has-this", "hf:FOLDER"),
        (
            "enformer",
            "enformer_pytorch",
            "EleutherAI/enformer-official-rough",
            "enformer:FOLDER",
        ),
        ("borzoi", "borzoi_pytorch", "johahi/borzoi-replicate-0", "borzoi:FOLDER"),
        ("timm:resnet18.a1_in1k", "timm", "timm/resnet18.a1_in1k", "timm:FOLDER"),
    ],
)
def test_the_way_to_a_local_folder(unreachable, model, package, download, folder):
    pytest.importorskip(package)
    match = rf"`hf download {download} --local-dir FOLDER`.* model='{folder}'"
    with pytest.raises(OSError, match=match):
        PretrainedFeatureExtractor(model).fit(["ACGT"])


def test_a_folder_needs_no_network(monkeypatch, tmp_path):
    monkeypatch.setattr(_hub, "_hub_answers", lambda: pytest.fail("was asked"))
    with _hub.hub_or_cache("hf", str(tmp_path)) as from_cache:
        assert not from_cache


def test_errors_of_the_hub_stay(monkeypatch):
    monkeypatch.setattr(_hub, "_hub_answers", lambda: True)
    context = _hub.hub_or_cache("hf", "org/name")
    assert not context.__enter__()
    error = OSError("no such model")
    assert not context.__exit__(OSError, error, None)
