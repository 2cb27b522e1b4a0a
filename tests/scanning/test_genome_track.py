import sys

import numpy as np
import pytest

from sklearn_cnn.scanning import GenomeTrack
from sklearn_cnn.scanning import _genome_track as module

SCORES = {"chr2": np.array([1.0, -2.5, 1 / 3]), "chr1": np.array([1e6, 0.0])}


@pytest.fixture
def track():
    return GenomeTrack(SCORES, {"chr2": 55, "chr1": 43}, length=31, stride=10)


def test_scores_stand_in_the_middle_of_windows(track, tmp_path):
    track.to_bedgraph(tmp_path / "track.bedgraph")
    assert (tmp_path / "track.bedgraph").read_text() == (
        "chr2\t10\t20\t1\n"
        "chr2\t20\t30\t-2.5\n"
        "chr2\t30\t40\t0.333333\n"
        "chr1\t10\t20\t1e+06\n"
        "chr1\t20\t30\t0\n"
    )


@pytest.mark.parametrize(
    ("length", "stride", "intervals"),
    [
        (1, 1, [(0, 1), (1, 2), (2, 3)]),
        (30, 30, [(0, 30), (30, 60), (60, 90)]),
        (30, 50, [(0, 30), (50, 80), (100, 130)]),
        (31, 4, [(13, 17), (17, 21), (21, 25)]),
    ],
)
def test_intervals(length, stride, intervals):
    track = GenomeTrack(SCORES, {"chr2": 500}, length, stride)
    windows = np.arange(3)
    found = zip(track.start(windows), track.end(windows), strict=True)
    assert [(int(a), int(b)) for a, b in found] == intervals


def test_one_of_several_outputs(tmp_path):
    scores = {"chr1": np.arange(6.0).reshape(3, 2)}
    track = GenomeTrack(scores, {"chr1": 3}, 1, 1)
    path = tmp_path / "track.bedgraph"
    track.to_bedgraph(path, output=1)
    assert path.read_text() == "chr1\t0\t1\t1\nchr1\t1\t2\t3\nchr1\t2\t3\t5\n"
    path.unlink()
    for wrong in (None, 2, -1, True, "a"):
        with pytest.raises(ValueError, match="2 outputs, of which output must name on"):
            track.to_bedgraph(path, output=wrong)
    assert not path.exists()


def test_one_output_has_no_number(track, tmp_path):
    with pytest.raises(ValueError, match="a single output; pass None"):
        track.to_bedgraph(tmp_path / "track.bedgraph", output=0)


def test_pieces(track, tmp_path, monkeypatch):
    track.to_bedgraph(tmp_path / "whole")
    monkeypatch.setattr(module, "_SCORES", 2)
    track.to_bedgraph(tmp_path / "pieces")
    assert (tmp_path / "pieces").read_text() == (tmp_path / "whole").read_text()


def test_no_space_left(track, tmp_path):
    resource = pytest.importorskip("resource")
    path = tmp_path / "track.bedgraph"
    path.write_text("old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            track.to_bedgraph(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_text() == "old"
    assert [*tmp_path.iterdir()] == [path]


def test_bigwig_names_the_extra(track, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyBigWig", None)
    with pytest.raises(ImportError, match=r"sklearn-cnn\[bigwig\]'; to_bedgraph needs"):
        track.to_bigwig(tmp_path / "track.bw")
    assert not [*tmp_path.iterdir()]
