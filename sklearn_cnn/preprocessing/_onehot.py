"""One-hot coding of integer codes."""

import numpy as np
from numpy.typing import DTypeLike

from sklearn_cnn.preprocessing._alphabet import Alphabet


def one_hot(
    codes: np.ndarray, alphabet: Alphabet, dtype: DTypeLike = np.float32
) -> np.ndarray:
    """Codes (n, length) as an array (n, n_symbols, length), channels first.

    Ambiguity letters share their column equally among the symbols they may stand for
    (N is 1/4 for each nucleotide); padding is zero.
    """
    columns = alphabet.columns.astype(dtype)
    return np.ascontiguousarray(np.moveaxis(columns[codes], -1, 1))
