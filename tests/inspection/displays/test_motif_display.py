import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from sklearn_cnn.datasets._motif_database import load_jaspar
from sklearn_cnn.inspection import MotifDisplay, Motifs

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def motifs():
    jaspar = load_jaspar()
    ctcf = jaspar.counts(jaspar.find("MA0139.2"))
    return Motifs(
        [ctcf[2:][::-1, ::-1], np.random.default_rng(0).dirichlet([1] * 4, 10)],
        annotation=pd.DataFrame({"importance": [1.234, 0.5]}),
    )


def test_the_known_motif_is_aligned(motifs):
    display = MotifDisplay.from_motifs(motifs)
    assert display.axes_.shape == (2, 2)
    above, below = display.axes_[0]
    assert above.get_title(loc="left") == "motif_1, importance 1.2"
    assert below.get_title(loc="left").startswith("CTCF MA0139.2, E = ")
    assert above.get_ylabel() == below.get_ylabel() == "bits"
    assert above.get_ylim() == (0, 2)
    # The reverse complement begins with the motif and is two positions longer.
    width = len(motifs.counts[0])
    assert above.get_xlim() == below.get_xlim() == (-0.5, width + 1.5)
    # Letters are paths; the tallest of the motif is as high as its share of the bits.
    frequencies = motifs.frequencies[0]
    bits = 2 + (frequencies * np.log2(np.maximum(frequencies, 1e-300))).sum(axis=1)
    tallest = (frequencies * bits[:, None]).max()
    heights = [patch.get_extents().height for patch in above.patches]
    scale = above.transData.transform((0, 1))[1] - above.transData.transform((0, 0))[1]
    assert max(heights) / scale == pytest.approx(tallest, rel=0.02)


def test_a_hit_that_chance_explains_is_not_drawn(motifs):
    hits = pd.DataFrame({"hit": ["x"], "tf": [""], "e_value": [0.06], "strand": ["+"]})
    display = MotifDisplay(motifs[0], hits=hits.assign(offset=0), known=[np.eye(4)])
    below = display.plot().axes_[0, 1]
    assert [text.get_text() for text in below.texts] == ["no known motif (E > 0.05)"]
    assert not below.patches


def test_on_given_axes(motifs):
    figure, axes = plt.subplots(1, 2)
    display = MotifDisplay.from_motifs(motifs, database=None, ax=axes)
    assert display.figure_ is figure
    assert display.axes_[:, 0].tolist() == axes.tolist()
    with pytest.raises(ValueError, match="2 axes, but 1 are needed: one for"):
        MotifDisplay(motifs[0]).plot(ax=axes)
    with pytest.raises(ValueError, match="no motif to draw"):
        MotifDisplay.from_motifs(Motifs([]), database=None)


def test_what_was_read_is_drawn():
    display = MotifDisplay.from_motifs(load_jaspar()["GATA1"], database=None)
    assert display.axes_[0, 0].get_title(loc="left") == "MA0035.5"
    display = MotifDisplay.from_motifs(load_jaspar()[:3], max_motifs=1)
    assert display.axes_.shape == (1, 2)
