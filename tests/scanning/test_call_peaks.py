import numpy as np
import pandas as pd
import pytest

from sklearn_cnn.datasets import read_peaks
from sklearn_cnn.scanning import GenomeTrack, call_peaks

SCORES = {
    "chr1": np.array([2.0, 3.0, 1.0, -1.0, 0.0, 0.5, -3.0, 7.0]),
    "chr2": np.array([-1.0, -1.0]),
    "chr3": np.array([4.0]),
}
SIZES = {"chr1": 101, "chr2": 41, "chr3": 31}


@pytest.fixture
def track():
    return GenomeTrack(SCORES, SIZES, length=31, stride=10)


def test_runs_of_scores(track):
    expected = pd.DataFrame(
        {
            "chrom": ["chr1", "chr1", "chr1", "chr3"],
            "start": [10, 50, 80, 10],
            "end": [40, 70, 90, 20],
            "score": [3.0, 0.5, 7.0, 4.0],
            "strand": ".",
            # The middles of the windows that begin at 10, 50, 70 and 0.
            "summit": [25 - 10, 65 - 50, 85 - 80, 15 - 10],
        }
    )
    pd.testing.assert_frame_equal(call_peaks(track, 0), expected, check_dtype=False)


def test_nothing_reaches_the_threshold(track, tmp_path):
    peaks = call_peaks(track, 100.0, path=tmp_path / "peaks.bed")
    assert len(peaks) == 0
    assert list(peaks)[:3] == ["chrom", "start", "end"]
    assert (tmp_path / "peaks.bed").read_text() == ""


def test_all_reach_it():
    track = GenomeTrack({"chr1": np.ones(5)}, {"chr1": 5}, 1, 1)
    peaks = call_peaks(track, 1.0)
    assert peaks[["start", "end"]].to_numpy().tolist() == [[0, 5]]


def test_windows_with_bases_between_them_are_not_joined():
    track = GenomeTrack({"chr1": np.ones(3)}, {"chr1": 200}, length=30, stride=50)
    peaks = call_peaks(track, 0.5)
    assert peaks["start"].tolist() == [0, 50, 100]
    assert peaks["end"].tolist() == [30, 80, 130]


def test_one_of_several_outputs():
    scores = {"chr1": np.array([[0.0, 1.0], [1.0, 0.0]])}
    track = GenomeTrack(scores, {"chr1": 2}, 1, 1)
    assert call_peaks(track, 0.5, output=1)["start"].tolist() == [0]
    assert call_peaks(track, 0.5, output=0)["start"].tolist() == [1]
    with pytest.raises(ValueError, match="2 outputs"):
        call_peaks(track, 0.5)


def test_bed(track, tmp_path):
    path = tmp_path / "peaks.bed"
    call_peaks(track, 0.5, path=path)
    assert path.read_text() == (
        "chr1\t10\t40\tpeak_1\t3\t.\n"
        "chr1\t60\t70\tpeak_2\t0.5\t.\n"
        "chr1\t80\t90\tpeak_3\t7\t.\n"
        "chr3\t10\t20\tpeak_4\t4\t.\n"
    )


def test_sequences_of_peaks(track, tmp_path):
    genome = tmp_path / "genome.fa"
    letters = "ACGT" * 25 + "A"
    genome.write_text(f">chr1\n{letters}\n>chr3\n{letters[:31]}\n")
    table = read_peaks(call_peaks(track, 3.0), genome, length=5)
    # Around the middles of the best windows.
    assert table["start"].tolist() == [23, 83, 13]
    assert table["sequence"].tolist() == [letters[i : i + 5] for i in (23, 83, 13)]
    assert table["score"].tolist() == [3, 7, 4]


@pytest.mark.parametrize("threshold", [np.nan, np.inf, "high", None])
def test_thresholds_are_numbers(track, threshold):
    with pytest.raises(ValueError, match="threshold must be a finite number"):
        call_peaks(track, threshold)
