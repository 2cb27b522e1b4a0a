"""The cost of a peak: what is counted, with an extractor that stores ten bytes."""

from pathlib import Path

import wide_windows


class Extractor:
    def __init__(self, model, *, bins, memory, device):
        self.memory = Path(memory)
        self.memory.mkdir()
        (self.memory / "names").write_bytes(b"x" * 99)

    def fit(self, X):
        return self.transform(X)

    def transform(self, X):
        for window in X:
            assert len(window) == 50
            (self.memory / window).write_bytes(b"x" * 10)
        return self


def test_what_is_counted(monkeypatch):
    """Neither the window that `fit` reads nor the names."""
    monkeypatch.setattr(wide_windows, "WIDTHS", {"enformer": 50})
    monkeypatch.setattr(wide_windows, "PretrainedFeatureExtractor", Extractor)
    monkeypatch.setattr(wide_windows.subprocess, "run", lambda *args, **kwargs: None)
    row = wide_windows.measure("enformer", 3, "cpu")
    assert len(row["seconds"]) == 3
    assert row["bytes_a_window"] == 10
    assert min(row["most"], row["before"]) > 1e6
