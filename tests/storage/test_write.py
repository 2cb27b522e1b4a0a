"""Writing: killed at any moment it leaves a whole file; open files are written into."""

import io
import os
import random
import signal
import time

import numpy as np
import pytest

from sklearn_cnn import MotifCNNClassifier, load_model, save_model

X, y = ["TGACGTCATT", "CCATTGGCAA"] * 10, ["bound", "free"] * 10


@pytest.fixture(scope="module")
def models():
    """Two models whose files take a while to write, with their bytes."""
    settings = {"kmers": None, "motif_bank": None, "max_epochs": 1, "random_state": 0}
    pair = [MotifCNNClassifier(n_filters=n, **settings) for n in (512, 1024)]
    files = [io.BytesIO(), io.BytesIO()]
    for model, file in zip(pair, files, strict=True):
        save_model(model.fit(X, y), file)
    return pair, [file.getvalue() for file in files]


@pytest.fixture
def file(models):
    return io.BytesIO(models[1][0])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("seed", range(5))
def test_killed_while_it_writes(models, seed, tmp_path):
    (first, second), contents = models
    path = tmp_path / "model.safetensors"
    save_model(first, path)
    process = os.fork()
    if not process:
        while True:
            save_model(second, path)
            save_model(first, path)
    time.sleep(0.02 + random.Random(seed).random() / 20)
    os.kill(process, signal.SIGKILL)
    assert os.WIFSIGNALED(os.waitpid(process, 0)[1])
    assert path.read_bytes() in contents
    assert load_model(path).n_filters in (512, 1024)
    # What else is there says what it is, and is in nobody's way.
    others = [other.name for other in tmp_path.iterdir() if other != path]
    assert len(others) <= 1
    assert all(name.endswith(".tmp") for name in others)
    save_model(second, path)
    assert path.read_bytes() == contents[1]


def test_a_file_that_windows_does_not_replace(models, tmp_path, monkeypatch):
    """As os.replace fails there while another program has the file open."""
    (first, second), contents = models
    path = tmp_path / "model.safetensors"
    save_model(first, path)

    def refuse(source, target):
        raise PermissionError(13, "Access is denied", source, None, target)

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(PermissionError) as caught:
        save_model(second, path)
    assert caught.value.filename == str(path)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == contents[0]


class _ShortReads(io.RawIOBase):
    """A file without a buffer that gives and takes a few bytes at a time."""

    def __init__(self, data=b""):
        self.inner = io.BytesIO(data)

    def readable(self):
        return True

    def writable(self):
        return True

    def readinto(self, buffer):
        part = self.inner.read(min(len(buffer), 1000))
        buffer[: len(part)] = part
        return len(part)

    def write(self, data):
        return self.inner.write(bytes(data[:1000]))


class TestOpenFiles:
    def test_in_memory(self, models, file):
        (model, _), _ = models
        again = load_model(file)
        np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))

    @pytest.mark.parametrize("buffering", [0, -1])
    def test_on_disk(self, models, buffering, tmp_path):
        (model, _), (content, _) = models
        with open(tmp_path / "model", "wb", buffering=buffering) as file:
            save_model(model, file)
            assert not file.closed
        assert (tmp_path / "model").read_bytes() == content
        with open(tmp_path / "model", "rb", buffering=buffering) as file:
            assert load_model(file).n_filters == 512
            assert not file.closed

    def test_from_a_position_on(self, models):
        (model, _), (content, _) = models
        file = io.BytesIO()
        file.write(b"before")
        save_model(model, file)
        assert file.getvalue() == b"before" + content
        file.seek(6)
        assert load_model(file).n_filters == 512
        file.seek(5)
        with pytest.raises(ValueError, match="not a safetensors file"):
            load_model(file)

    def test_of_few_bytes_at_a_time(self, models):
        (model, _), (content, _) = models
        file = _ShortReads()
        save_model(model, file)
        assert file.inner.getvalue() == content
        assert load_model(_ShortReads(content)).n_filters == 512

    def test_text_is_refused(self, models, tmp_path):
        (model, _), (content, _) = models
        path = tmp_path / "model"
        match = "models are bytes, .* open it in binary mode, 'wb'"
        with io.StringIO() as file, pytest.raises(TypeError, match=match):
            save_model(model, file)
        with path.open("w") as file, pytest.raises(TypeError, match=match):
            save_model(model, file)
        path.write_bytes(content)
        with (
            open(path, encoding="latin-1") as file,
            pytest.raises(TypeError, match="open it in binary mode, 'rb'"),
        ):
            load_model(file)

    def test_not_for_writing(self, models, tmp_path):
        (model, _), (content, _) = models
        (tmp_path / "model").write_bytes(content)
        with (
            open(tmp_path / "model", "rb") as file,
            pytest.raises(OSError, match="write"),
        ):
            save_model(model, file)

    def test_errors_name_it(self, tmp_path):
        with pytest.raises(ValueError, match=r"the open file <_io.BytesIO .* is not a"):
            load_model(io.BytesIO())
        (tmp_path / "empty").touch()
        with (
            open(tmp_path / "empty", "rb") as file,
            pytest.raises(ValueError, match=r"the open file '.*empty' is not a safe"),
        ):
            load_model(file)

    def test_a_renamed_file(self, models, tmp_path):
        (model, _), _ = models
        save_model(model, tmp_path / "model.safetensors")
        (tmp_path / "model.safetensors").rename(tmp_path / "naïve 🧬.txt")
        assert load_model(tmp_path / "naïve 🧬.txt").n_filters == 512
