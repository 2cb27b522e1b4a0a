"""Files for genome browsers; need the extra ``bigwig``."""

import numpy as np
import pytest

from sklearn_cnn.scanning import GenomeTrack
from sklearn_cnn.scanning import _genome_track as module

pyBigWig = pytest.importorskip("pyBigWig")  # noqa: N816

SIZES = {"chr2": 4000, "chr10": 10_000, "chr1": 61}


@pytest.fixture
def track():
    rng = np.random.default_rng(0)
    scores = {
        name: rng.normal(size=(size - 31) // 10 + 1) for name, size in SIZES.items()
    }
    return GenomeTrack(scores, SIZES, length=31, stride=10)


def test_scores_are_read_back(track, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_SCORES", 100)
    path = tmp_path / "track.bw"
    track.to_bigwig(path)
    with pyBigWig.open(str(path)) as file:
        assert file.isBigWig()
        assert file.chroms() == SIZES
        for name, scores in track.scores.items():
            intervals = file.intervals(name)
            assert [a for a, _, _ in intervals] == [
                *range(10, 10 * len(scores) + 1, 10)
            ]
            assert all(end - start == 10 for start, end, _ in intervals)
            found = [value for _, _, value in intervals]
            np.testing.assert_array_equal(found, scores.astype(np.float32))
    assert [*tmp_path.iterdir()] == [path]


def test_one_of_several_outputs(tmp_path):
    scores = {"chr1": np.arange(6.0).reshape(3, 2)}
    path = tmp_path / "track.bw"
    GenomeTrack(scores, {"chr1": 3}, 1, 1).to_bigwig(path, output=1)
    with pyBigWig.open(str(path)) as file:
        assert file.values("chr1", 0, 3) == [1, 3, 5]


@pytest.mark.parametrize("limit", [50, 2000, -3])
def test_no_space_left(track, tmp_path, limit):
    resource = pytest.importorskip("resource")
    path = tmp_path / "track.bw"
    track.to_bigwig(path)
    limit %= path.stat().st_size
    path.write_text("old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limits[1]))
    try:
        with pytest.raises(OSError, match="cannot write all scores"):
            track.to_bigwig(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_text() == "old"
    assert [*tmp_path.iterdir()] == [path]
