"""Groups of sequences that overlap."""

from numbers import Integral

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_cnn.preprocessing._alphabet import Alphabet
from sklearn_cnn.preprocessing._codes import encode

# Of numbers for words that are too long to be numbered: odd, so that nothing is lost
# modulo 2 ** 64, with the bits of the golden ratio (Knuth, The Art of Computer
# Programming 3, section 6.4).
_HASH_BASE = 0x9E3779B97F4A7C15
# Letters read at a time, so that what comes between stays small.
_CHUNK = 2**21


@validate_params(
    {
        "sequences": "no_validation",
        "k": [Interval(Integral, 1, None, closed="left")],
        "alphabet": [str],
    },
    prefer_skip_nested_validation=True,
)
def overlap_groups(sequences, *, k=31, alphabet="auto") -> np.ndarray:
    """Groups of sequences that overlap, for splits that keep them on one side.

    Windows around peaks overlap: in some public sets of binding sites, each positive
    shares a stretch with another one. A split at random puts such pairs on
    both sides; a model that learns sequences by heart is then rewarded for it, and
    scores are too high for sites that are new. Two sequences with a word of `k` letters
    in common are of one group, and so are all that are linked by a chain of such pairs.
    Give the groups to a splitter of scikit-learn that takes groups, and to ``fit``,
    which then keeps them together in what it holds out.

    Copies of a repeat of the genome are linked, too, though they lie at different
    places. Where places are known, chromosomes are the better groups.

    Parameters
    ----------
    sequences : container of str
        List, tuple, array, pandas or polars Series, or one-column DataFrame.
    k : int, default=31
        Length of a shared word. 31 letters of DNA are hardly ever equal by chance
        (4 ** 31 is 5e18), but within repeats of the genome they are. Sequences with
        fewer letters are of one group if they are equal.
    alphabet : {"auto", "dna", "rna", "protein"} or str, default="auto"
        See `SequenceEncoder`. Words of DNA are read on both strands.

    Returns
    -------
    ndarray of shape (n_sequences,)
        Number of each sequence's group, from 0 on in the order in which they come.

    Raises
    ------
    ValueError
        If a parameter is out of its range, a letter is not in the alphabet, or a
        sequence is empty or missing.

    Notes
    -----
    Words with ambiguous letters, such as N, link nothing. Words of up to 32 letters of
    DNA are compared as they are; longer ones, and those of proteins, by hashes of 64
    bits, which are equal for two different words with a probability of about 5e-20.

    Examples
    --------
    >>> from sklearn_cnn.preprocessing import overlap_groups
    >>> overlap_groups(["GATTACAGG", "CCCCCCCC", "TTACAGGTT", "AACCTG"], k=5)
    array([0, 1, 0, 0])

    The third overlaps the first by seven letters; the fourth is on the other strand.

    >>> from sklearn.model_selection import GroupKFold
    >>> GroupKFold(2).split(X, y, overlap_groups(X)) # doctest: +SKIP
    """
    codes, _, alphabet_ = encode(sequences, alphabet, name="sequences")
    return groups_of_codes(codes, alphabet_, k)


def groups_of_codes(codes: np.ndarray, alphabet: Alphabet, k: int) -> np.ndarray:
    """Groups (n,) of encoded sequences that share words or are equal."""
    n, n_symbols = len(codes), len(alphabet.symbols)
    complement = alphabet.complement if alphabet.name == "dna" else None
    words, rows = [], []
    if k <= codes.shape[1]:
        n_rows = max(1, _CHUNK // codes.shape[1])
        for start in range(0, n, n_rows):
            part = codes[start : start + n_rows]
            numbers, clear = _number_words(part, n_symbols, complement, k)
            words.append(numbers[clear])
            rows.append(np.nonzero(clear)[0] + start)
        words, rows = np.concatenate(words), np.concatenate(rows)
    # NumPy 2.0.0 gives a column.
    distinct = np.unique(codes, axis=0, return_inverse=True)[1].ravel()
    left, right = np.concatenate(
        [_neighbours(words, rows), _neighbours(distinct, np.arange(n))], axis=1
    )
    links = coo_array((np.ones(len(left), dtype=bool), (left, right)), shape=(n, n))
    groups = connected_components(links, directed=False)[1]
    return groups.astype(np.int64)


def _number_words(
    codes: np.ndarray, n_symbols: int, complement: np.ndarray | None, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Number of the word at each place, and where it has only clear letters.

    The number of a word in the base `n_symbols`, or a hash where it would not fit; the
    smaller one of both strands where there are complements.
    """
    base = n_symbols if n_symbols**k <= 2**64 else _HASH_BASE
    n_places = codes.shape[1] - k + 1
    forward, reverse = np.zeros((2, len(codes), n_places), dtype=np.uint64)
    for j in range(k):
        letters = codes[:, j : j + n_places]
        forward *= np.uint64(base)
        forward += letters
        if complement is not None:
            reverse += complement[letters] * np.uint64(pow(base, j, 2**64))
    clear = sliding_window_view(codes < n_symbols, k, axis=1).all(axis=2)
    numbers = forward if complement is None else np.minimum(forward, reverse)
    return numbers, clear


def _neighbours(values, rows) -> np.ndarray:
    """Pairs (2, n_pairs) of rows that link all those with the same value."""
    order = np.argsort(values, kind="stable")
    equal = np.flatnonzero(np.diff(np.asarray(values)[order]) == 0)
    # Graphs of older versions of scipy have 32-bit indices only.
    rows = np.asarray(rows, dtype=np.int32)[order]
    return np.stack([rows[equal], rows[equal + 1]])
