"""Unintended changes of defaults."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

# Tests are no package, so the neighbouring script is loaded by its path.
_spec = importlib.util.spec_from_file_location(
    "reference_predictions", Path(__file__).with_name("reference_predictions.py")
)
reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reference)


@pytest.mark.parametrize("name", reference.CASES)
def test_defaults_predict_what_they_did(name):
    expected = np.array(json.loads(reference.PATH.read_text())[name])
    # Rounding differs between machines and grows over the steps of single precision.
    tolerance = 0.02 * expected.std()
    np.testing.assert_allclose(reference.CASES[name](), expected, atol=tolerance)
