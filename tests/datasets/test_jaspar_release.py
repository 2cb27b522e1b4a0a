"""Earlier releases of JASPAR; needs the extra ``jaspar``."""

import numpy as np
import pytest

from sklearn_cnn import PretrainedFeatureExtractor
from sklearn_cnn.datasets._jaspar_release import load_jaspar_release
from sklearn_cnn.datasets._motif_database import load_jaspar

pytest.importorskip("pyjaspar")


def test_the_embedded_release_is_pyjaspars():
    ours, theirs = load_jaspar(), load_jaspar_release(2026)
    for name in ("ids", "names", "groups", "widths", "stacked_counts"):
        np.testing.assert_array_equal(getattr(theirs, name), getattr(ours, name))
    found = theirs.families[theirs.lookup("CTCF")]
    assert found == ours.families[ours.lookup("CTCF")] != ""


def test_features_of_an_earlier_release():
    X = ["ACGTACGTACGTACGTACGTACGTACGT", "TTTTACGCAAAACGTGAAATTTTTGGGG"]
    old = PretrainedFeatureExtractor("jaspar2024:insects").fit(X)
    new = PretrainedFeatureExtractor("jaspar:insects").fit(X)
    # Most matrices are in both, and score the same.
    names = list(old.get_feature_names_out()), list(new.get_feature_names_out())
    common = sorted(set(names[0]) & set(names[1]))
    assert len(common) > 200
    columns = [[of.index(name) for name in common] for of in names]
    np.testing.assert_allclose(
        old.transform(X)[:, columns[0]], new.transform(X)[:, columns[1]], atol=1e-4
    )
