"""The transformer from strings to numeric columns."""

from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike, DTypeLike
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import (
    _check_feature_names_in,
    check_array,
    check_is_fitted,
    validate_data,
)

from sklearn_cnn.preprocessing._codes import decode, encode
from sklearn_cnn.preprocessing._containers import unpack


class SequenceEncoder(TransformerMixin, BaseEstimator):
    """Encode sequences of symbols as a numeric table, one row a sequence.

    This puts DNA, RNA, protein or other symbol sequences in front of any scikit-learn
    estimator, for instance a position-wise logistic regression. (The motif CNN
    estimators take strings themselves and need no encoder.)

    Sequences may be in upper or lower case and differ in length; shorter ones are
    padded at the right.

    Parameters
    ----------
    alphabet : str, default="auto"
        "dna", "rna", "protein", or a string of two or more distinct symbols such as
        "HEC" (secondary structure), which are then the only letters allowed, case
        included. "auto" decides by the letters of all training sequences together:

        - DNA when every letter is an IUPAC nucleotide code other than U and at least
          90 % of the letters are A, C, G, T or N;
        - RNA by the same rule with U in place of T;
        - protein when every letter is one of the 20 amino acids or B, Z, J or X (with
          a warning where all are nucleotide codes, too);
        - otherwise an error names the first letter which does not fit.
    encoding : {"onehot", "codes"}, default="onehot"
        - "onehot": one column for each position and symbol, all symbols of position 0
          first. An ambiguity letter shares its position equally among the symbols it
          may stand for (N is 1/4 for each of A, C, G, T); padding is zero.
        - "codes": one column for each position, holding the index of the letter in
          ``alphabet_.letters`` (the symbols, then the ambiguity letters), or
          ``alphabet_.padding_code`` (one more than the last index) for padding. This is
          compact, but the order of codes means nothing: it suits trees and
          embeddings, not linear models.
    length : int, default=None
        Number of positions. None takes the longest training sequence. Give it where
        longer sequences may follow at `transform`: they are an error, never cropped.
    dtype : numpy dtype, default=numpy.float32
        Type of the output. One-hot output takes floating types only, since ambiguity
        letters are fractions; ``numpy.uint8`` is the compact choice for codes.

    Attributes
    ----------
    alphabet_ : Alphabet
        The alphabet given or inferred, with attributes `name`, `symbols`, `letters`
        and `padding_code`.
    length_ : int
        Number of positions.
    n_features_in_ : int
        1 where `fit` saw a column of a frame or 2-D array; absent for 1-D input.
    feature_names_in_ : ndarray of shape (1,)
        Name of that column, where it is a string.

    See Also
    --------
    reverse_complement : The other strand of DNA or RNA sequences.

    Notes
    -----
    `fit` and `transform` raise a ValueError for an empty or missing sequence, a letter
    outside the alphabet, a sequence longer than `length_` and input of several columns,
    and a TypeError for entries that are not strings. The error names the sequence, the
    letter and its position.

    In a :class:`~sklearn.compose.ColumnTransformer` the column may be selected as
    "sequence" or as ["sequence"].

    Examples
    --------
    >>> from sklearn_cnn.preprocessing import SequenceEncoder
    >>> encoder = SequenceEncoder()
    >>> encoder.fit_transform(["AC", "gn"])
    array([[1.  , 0.  , 0.  , 0.  , 0.  , 1.  , 0.  , 0.  ],
           [0.  , 0.  , 1.  , 0.  , 0.25, 0.25, 0.25, 0.25]], dtype=float32)
    >>> encoder.get_feature_names_out()[:5]
    array(['pos0_A', 'pos0_C', 'pos0_G', 'pos0_T', 'pos1_A'], dtype=object)
    >>> encoder.alphabet_.name, encoder.length_
    ('dna', 2)

    Codes take a fraction of the space; 15 stands for padding in DNA.

    >>> SequenceEncoder(encoding="codes", dtype="uint8").fit_transform(["ACGT", "TT"])
    array([[ 0,  1,  2,  3],
           [ 3,  3, 15, 15]], dtype=uint8)
    """

    _parameter_constraints: dict = {
        "alphabet": [str],
        "encoding": [StrOptions({"onehot", "codes"})],
        "length": [Interval(Integral, 1, None, closed="left"), None],
        "dtype": "no_validation",
    }

    def __init__(
        self,
        *,
        alphabet: str = "auto",
        encoding: str = "onehot",
        length: int | None = None,
        dtype: DTypeLike = np.float32,
    ):
        self.alphabet = alphabet
        self.encoding = encoding
        self.length = length
        self.dtype = dtype

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: ArrayLike, y=None) -> "SequenceEncoder":
        """Learn the alphabet and the number of positions.

        Parameters
        ----------
        X : container of str, of length n_sequences
            List, tuple, array, pandas or polars Series, or one-column DataFrame.
        y : None
            Ignored; scikit-learn's pipelines pass it.

        Returns
        -------
        SequenceEncoder
            The fitted encoder itself.
        """
        self._check_dtype()
        X = unpack(X, "X")
        _, lengths, alphabet = encode(X, self.alphabet)
        length = int(lengths.max()) if self.length is None else int(self.length)
        _check_lengths(lengths, length)
        for attribute in ("n_features_in_", "feature_names_in_"):
            vars(self).pop(attribute, None)
        if _has_columns(X):
            validate_data(self, X, skip_check_array=True)
        self.alphabet_ = alphabet
        self.length_ = length
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Encode sequences.

        Parameters
        ----------
        X : container of str, of length n_sequences
            List, tuple, array, pandas or polars Series, or one-column DataFrame.

        Returns
        -------
        ndarray of shape (n_sequences, `length_` * n_symbols) or \
                (n_sequences, `length_`)
            One-hot columns, position by position, or codes. A frame after
            ``set_output(transform="pandas")`` or ``"polars"``.
        """
        check_is_fitted(self)
        X = unpack(X, "X")
        if _has_columns(X):
            validate_data(self, X, reset=False, skip_check_array=True)
        codes, lengths, _ = encode(X, self.alphabet_)
        _check_lengths(lengths, self.length_)
        missing = self.length_ - codes.shape[1]
        padding = self.alphabet_.padding_code
        codes = np.pad(codes, ((0, 0), (0, missing)), constant_values=padding)
        if self.encoding == "codes":
            return codes.astype(self.dtype, copy=False)
        columns = self.alphabet_.columns.astype(self.dtype)
        return columns[codes].reshape(len(codes), -1)

    def inverse_transform(self, X: ArrayLike) -> np.ndarray:
        """Consensus sequences of encoded rows.

        From one-hot columns, each position gives the letter whose shares it holds, so
        that ambiguity letters come back (equal shares are N in DNA and RNA, X in
        proteins); any other position gives the symbol of the largest value, the first
        in the alphabet where several are largest. Positions of zeros are padding and
        left out. The result is in upper case except for alphabets of own symbols.

        Parameters
        ----------
        X : array-like of shape (n_sequences, `length_` * n_symbols) or \
                (n_sequences, `length_`)
            What `transform` returns, or for instance averages of such rows.

        Returns
        -------
        ndarray of shape (n_sequences,) and dtype object
            The sequences as strings.
        """
        check_is_fitted(self)
        X = check_array(X)
        n_columns = len(self.get_feature_names_out())
        if X.shape[1] != n_columns:
            raise ValueError(
                f"X has {X.shape[1]} columns, but transform gives {n_columns} for "
                f"sequences of length_={self.length_} in the alphabet "
                f"{self.alphabet_.name!r}"
            )
        if self.encoding == "codes":
            if np.any(np.floor(X) != X):
                raise ValueError("X holds fractions; codes are whole numbers")
            return decode(X, self.alphabet_)
        return decode(self._consensus_codes(X), self.alphabet_)

    def get_feature_names_out(self, input_features: ArrayLike | None = None):
        """Names of the output columns: "pos0_A", "pos0_C", ... or "pos0", "pos1", ...

        Positions count from 0.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Checked against `feature_names_in_` where that exists, otherwise ignored.

        Returns
        -------
        ndarray of str and dtype object
            One name a column.
        """
        check_is_fitted(self)
        _check_feature_names_in(self, input_features, generate_names=False)
        positions = range(self.length_)
        if self.encoding == "codes":
            names = [f"pos{i}" for i in positions]
        else:
            names = [f"pos{i}_{s}" for i in positions for s in self.alphabet_.symbols]
        return np.array(names, dtype=object)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _check_dtype(self) -> None:
        """Raise unless the encoding can be held in `dtype`."""
        kinds = "f" if self.encoding == "onehot" else "fiu"
        if np.dtype(self.dtype).kind not in kinds:
            allowed = "floating" if self.encoding == "onehot" else "floating or integer"
            raise ValueError(
                f"dtype must be a {allowed} type for encoding={self.encoding!r}; got "
                f"{self.dtype!r}"
            )

    def _consensus_codes(self, X: np.ndarray) -> np.ndarray:
        """Codes (n_sequences, length_) of one-hot-like columns."""
        shares = X.reshape(len(X), self.length_, -1)
        total = shares.sum(axis=-1, keepdims=True)
        shares = np.divide(shares, total, out=np.zeros_like(shares), where=total != 0)
        codes = shares.argmax(axis=-1)
        columns = self.alphabet_.columns
        for code in range(len(self.alphabet_.symbols), len(columns)):
            codes[np.isclose(shares, columns[code], atol=1e-3).all(axis=-1)] = code
        return codes


def _has_columns(X) -> bool:
    return len(getattr(X, "shape", ())) == 2


def _check_lengths(lengths: np.ndarray, length: int) -> None:
    """Raise where a sequence has more letters than there are positions."""
    if lengths.max() > length:
        index = int(np.argmax(lengths > length))
        raise ValueError(
            f"X[{index}] has {lengths[index]} letters, but the encoder has {length} "
            "positions; crop the sequence or fit with a larger length="
        )
