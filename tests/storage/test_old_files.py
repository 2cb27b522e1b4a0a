"""Files of every version of the format can be read, for ever."""

import json
from pathlib import Path

import numpy as np
import pytest

from sklearn_cnn import load_model, save_model

FOLDER = Path(__file__).parents[1] / "data"
EXPECTED = {
    name: model
    for path in sorted(FOLDER.glob("format*.json"))
    for name, model in json.loads(path.read_text(encoding="utf-8")).items()
}


def test_of_each_version():
    versions = {name.partition("_")[0] for name in EXPECTED}
    assert versions == {"format1", "format2"}


@pytest.mark.parametrize("name", EXPECTED)
def test_it_predicts_what_it_did(name, tmp_path):
    expected = EXPECTED[name]
    X = expected["X"]
    X = X if isinstance(X[0], str) else np.array(X)
    model = load_model(FOLDER / name)
    assert type(model).__name__ == expected["class"]
    assert model.classes_.tolist() == expected["classes"]
    # Another machine may round otherwise.
    proba = model.predict_proba(X)
    np.testing.assert_allclose(proba, expected["predict_proba"], atol=1e-5)
    # Saved again, it is a file of today's version.
    save_model(model, tmp_path / "model")
    assert b'"format_version\\": 2' in (tmp_path / "model").read_bytes()
    again = load_model(tmp_path / "model").predict_proba(X)
    np.testing.assert_array_equal(again, proba)
