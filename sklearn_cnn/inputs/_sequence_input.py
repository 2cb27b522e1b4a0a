"""The input encoder of estimators for sequences and signals."""

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from sklearn_cnn._package import warn
from sklearn_cnn.architectures._reverse_complement import complement_order
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._alphabet import DNA, RNA, Alphabet, resolve_alphabet
from sklearn_cnn.preprocessing._coded_rows import (
    holds_shares,
    is_flat_one_hot,
    n_symbols_of_one_hot,
    read_codes,
    symbols_last,
)
from sklearn_cnn.preprocessing._codes import as_sequences, encode, is_sequences
from sklearn_cnn.preprocessing._containers import unpack
from sklearn_cnn.preprocessing._onehot import one_hot
from sklearn_cnn.preprocessing._signals import (
    check_cells,
    holds_signals,
    is_ragged,
    pad_signals,
    shape_of,
)
from sklearn_cnn.preprocessing._stored_sequences import StoredCodes, StoredSequences
from sklearn_cnn.preprocessing._temporary_codes import write_codes

# Signals have many more positions than channels; the reverse may be a transpose.
_MANY_CHANNELS = 4
# Rows of a table in a file that show what it holds.
_FIRST_ROWS = 10


class SequenceInput:
    """Encodes strings, one-hot columns or signals as `Inputs`.

    Parameters
    ----------
    estimator : BaseMotifCNN
        Its parameters say what X may be; its attributes `alphabet_`, `n_channels_` and
        `length_` are learned here.
    """

    def __init__(self, estimator):
        self.estimator = estimator

    def unpack(self, X, name: str = "X"):
        """X in a container that the package reads; what is in a file stays there.

        Such are windows of a genome, and tables of codes that are mapped into memory
        (or have chunks, as those of zarr and HDF5).
        """
        if isinstance(X, StoredSequences) and self._takes(X):
            return X
        return StoredCodes(X) if self._are_stored_codes(X) else unpack(X, name)

    def learn(self, X, name: str = "X", source=None) -> Inputs:
        """Encode the inputs of a fit; learn their alphabet, channels and length.

        Where X leaves the alphabet open, it is that of the `source`.
        """
        if isinstance(X, StoredSequences):
            inputs = self._encode_stored(X, learn=True, name=name)
        else:
            inputs = self._encode(X, learn=True, name=name, source=source)
        estimator = self.estimator
        estimator.n_channels_ = inputs.n_channels
        estimator.length_ = None if inputs.ragged else inputs.length
        return inputs

    def read(self, X, name: str = "X") -> Inputs:
        """Encode inputs as learned in the fit; raise if their channels differ."""
        return self._checked(self._encode(X, learn=False, name=name), name)

    def read_samples(self, X, name: str = "X") -> Inputs:
        """The same for samples of a fit, which stay in a file if they are in one."""
        if not isinstance(X, StoredSequences):
            return self.read(X, name)
        return self._checked(self._encode_stored(X, learn=False, name=name), name)

    def _checked(self, inputs: Inputs, name: str) -> Inputs:
        """Inputs of the channels, and where that matters the length, of the fit."""
        estimator = self.estimator
        if inputs.n_channels != estimator.n_channels_:
            raise ValueError(
                f"{name} has {inputs.n_channels} channels, but "
                f"{type(estimator).__name__} was fitted on {estimator.n_channels_}"
            )
        return self._fit_to_length(inputs, name) if estimator.position_ else inputs

    def _takes(self, X: StoredSequences) -> bool:
        """Whether sequences in a file are of the alphabet that is learned or known."""
        known = getattr(self.estimator, "alphabet_", self.estimator.alphabet)
        if known == "auto":
            return X.alphabet is not None
        known = resolve_alphabet(known) if isinstance(known, str) else known
        return X.alphabet in (None, known)

    def _are_stored_codes(self, X) -> bool:
        """Whether X is a table in a file that holds codes, not one-hot columns."""
        if not isinstance(X, np.memmap) and not hasattr(X, "chunks"):
            return False
        shape = getattr(X, "shape", ())
        is_table = len(shape) == 2 and 0 not in shape and X.dtype.kind in "iu"
        if not is_table or self.estimator.alphabet == "auto":
            return False
        n_symbols = len(resolve_alphabet(self.estimator.alphabet).symbols)
        if hasattr(self.estimator, "n_features_in_"):
            return X.shape[1] != n_symbols * (self.estimator.length_ or 0)
        first = np.asarray(X[:_FIRST_ROWS])
        layouts = [first]
        if X.shape[1] % n_symbols == 0:
            layouts.append(symbols_last(first, n_symbols))
        return not any(is_flat_one_hot(x, n_symbols) for x in layouts)

    def _encode_stored(self, X: StoredSequences, *, learn: bool, name: str) -> Inputs:
        """Codes that stay in a file: the one they are in, or a temporary one."""
        if len(X) == 0:
            raise ValueError(f"{name} is empty; at least one sequence is needed")
        alphabet = X.alphabet
        if alphabet is None:
            alphabet = resolve_alphabet(self.estimator.alphabet)
            validate_data(self.estimator, X[:1].in_memory(), reset=learn)
            lengths = np.empty(len(X), dtype=np.int64)
            for rows, part in X.parts():
                table = part.in_memory()
                lengths[rows] = read_codes(table, alphabet, name, rows.start)[1]
            X = X.narrowed(int(lengths.max()))
        else:
            lengths = np.full(len(X), X.width)
        if learn:
            self.estimator.alphabet_ = alphabet
        codes = X if X.reads_rows else write_codes(X, name)
        return Inputs(codes, alphabet, lengths)

    def _encode(self, X, *, learn: bool, name: str, source=None) -> Inputs:
        X = unpack(X, name)
        if is_sequences(X):
            inputs = self._encode_strings(X, learn=learn, name=name, source=source)
        else:
            inputs = self._encode_array(X, learn=learn, name=name)
            if inputs.lengths is None and not learn and not self.estimator.position_:
                # A signal by itself is then read as it is among longer ones.
                lengths = np.full(len(inputs), inputs.length)
                inputs = Inputs(inputs.values, inputs.alphabet, lengths)
        return inputs

    def _encode_strings(self, X, *, learn: bool, name: str, source) -> Inputs:
        if not learn and self.estimator.alphabet_ is None:
            raise ValueError(
                f"{name} holds strings, but the estimator was fitted on numeric signals"
            )
        alphabet = self.estimator.alphabet if learn else self.estimator.alphabet_
        if learn and alphabet == "auto" and source is not None:
            alphabet = source.alphabet_ or alphabet
        codes, lengths, alphabet = encode(X, alphabet, name=name)
        if len(getattr(X, "shape", ())) == 2:
            validate_data(self.estimator, X, reset=learn, skip_check_array=True)
        if learn:
            self.estimator.alphabet_ = alphabet
        return Inputs(codes, alphabet, lengths)

    def _encode_array(self, X, *, learn: bool, name: str) -> Inputs:
        check_cells(X, name)
        _check_kind(X, name, "biufcOUST")  # Dates would become numbers.
        if is_ragged(X):
            return self._encode_ragged(X, learn=learn, name=name)
        if holds_signals(X):
            X = np.stack(list(X))
        n_dimensions = len(shape_of(X))
        if n_dimensions < 2 and not _holds_numbers(X):
            as_sequences(X, name)  # Raises: says what is wrong with it.
        if n_dimensions > 2:
            X = _check_channels(X, name, self.estimator.alphabet)
            if learn:
                self.estimator.alphabet_ = self._alphabet_of_channels(X)
                self._warn_of_channels(X, name)
            return Inputs(X)
        is_coded = self.estimator.alphabet != "auto"
        X = validate_data(
            self.estimator,
            X,
            reset=learn,
            dtype="numeric" if is_coded else np.float64,
            order="C",  # PyTorch reads no reversed views.
        )
        _check_kind(X, name, "biuf")
        if is_coded:
            return self._encode_coded_rows(X, learn=learn, name=name)
        if learn:
            self.estimator.alphabet_ = None
            n_symbols = n_symbols_of_one_hot(X)
            if n_symbols:
                warn(
                    f"{name} of shape {X.shape} looks like one-hot columns of "
                    f"sequences of {n_symbols} symbols, but is read as signals; pass "
                    "the sequences themselves, or say what the columns are by "
                    "alphabet=, for instance alphabet='dna'"
                )
        return Inputs(X[:, None])

    def _encode_coded_rows(self, X: np.ndarray, *, learn: bool, name: str) -> Inputs:
        """Codes (n, length) or one-hot columns (n, length * n_symbols)."""
        alphabet = resolve_alphabet(self.estimator.alphabet)
        n_symbols = len(alphabet.symbols)
        if learn or not hasattr(self.estimator, "n_features_in_"):
            as_columns = is_flat_one_hot(X, n_symbols)
            self._check_order_of_columns(X, n_symbols, name)
        else:
            # After the fit, columns are read as they were there.
            as_columns = X.shape[1] == n_symbols * (self.estimator.length_ or 0)
        if learn:
            self.estimator.alphabet_ = alphabet
        if as_columns:
            columns = X.astype(np.float64).reshape(len(X), -1, n_symbols)
            return Inputs(np.ascontiguousarray(columns.transpose(0, 2, 1)))
        codes, lengths = read_codes(X, alphabet, name)
        return Inputs(codes, alphabet, lengths)

    def _check_order_of_columns(self, X: np.ndarray, n_symbols: int, name: str) -> None:
        """Raise if the one-hot columns were flattened with the symbols first."""
        if X.shape[1] % n_symbols or is_flat_one_hot(X, n_symbols):
            return
        if is_flat_one_hot(symbols_last(X, n_symbols), n_symbols):
            raise ValueError(
                f"{name} of shape {X.shape} looks like one-hot columns (n, "
                f"{n_symbols}, length) that were flattened; pass "
                f"{name}.reshape(len({name}), {n_symbols}, -1)"
            )

    def _warn_of_channels(self, X: np.ndarray, name: str) -> None:
        """Warn if an array (n, channels, length) looks transposed or one-hot."""
        if self.estimator.alphabet_ is not None:
            return
        n_channels, length = X.shape[1:]
        if n_channels >= _MANY_CHANNELS * length:
            warn(
                f"{name} of shape {X.shape} is read as {n_channels} channels of "
                f"{length} positions; if these are {n_channels} positions of "
                f"{length} channels, pass {name}.transpose(0, 2, 1)"
            )
        elif n_channels > 1 and holds_shares(X, axis=1) and X.max() == 1:
            warn(
                f"{name} of shape {X.shape} looks like one-hot columns of "
                f"{n_channels} symbols, but is read as signals; say what the columns "
                "are by alphabet=, for instance alphabet='protein'"
            )

    def _encode_ragged(self, X, *, learn: bool, name: str) -> Inputs:
        """Arrays (length_i,) or (channels, length_i), padded with NaN."""
        X, lengths = pad_signals(X, name)
        X = _check_channels(X, name, self.estimator.alphabet)
        if learn:
            self.estimator.alphabet_ = self._alphabet_of_channels(X)
            self._warn_of_channels(X, name)
        outside = np.arange(X.shape[2]) >= lengths[:, None]
        return Inputs(np.where(outside[:, None], np.nan, X), lengths=lengths)

    def _alphabet_of_channels(self, X: np.ndarray) -> Alphabet | None:
        """Alphabet of (n, channels, length): as given, or DNA if it looks like it."""
        if self.estimator.alphabet == "auto":
            return DNA if X.shape[1] == 4 and holds_shares(X, axis=1) else None
        alphabet = resolve_alphabet(self.estimator.alphabet)
        n_symbols = len(alphabet.symbols)
        if X.shape[1] < n_symbols:
            raise ValueError(
                f"X has {X.shape[1]} channels, but "
                f"alphabet={self.estimator.alphabet!r} needs "
                f"one for each of its {n_symbols} symbols ({alphabet.symbols}), "
                "before any further tracks"
            )
        return alphabet

    def _fit_to_length(self, inputs: Inputs, name: str) -> Inputs:
        """Pad or crop each input at both ends to the training length."""
        length = self.estimator.length_
        if not inputs.ragged and inputs.length == length:
            return Inputs(inputs.values, inputs.alphabet)
        values = inputs.in_memory.values
        lengths = inputs.lengths
        if lengths is None:
            lengths = np.full(len(inputs), inputs.length)
        warn_of_cropping(lengths, self.estimator, name)
        if inputs.alphabet is not None:
            fill = inputs.alphabet.padding_code
        else:
            # Zero for symbols, and zero after standardisation for signals.
            fill = self.estimator.channel_means_[:, None]
        centred = np.empty((*values.shape[:-1], length), values.dtype)
        centred[:] = fill
        for row, source, own in zip(centred, values, lengths, strict=True):
            # An odd letter is cropped or padded at the end.
            kept = min(own, length)
            to, start = (length - kept) // 2, (own - kept) // 2
            row[..., to : to + kept] = source[..., start : start + kept]
        return Inputs(centred, inputs.alphabet)

    @property
    def strand_order(self) -> list[int] | None:
        """Order of the channels on the opposite strand; None if that is another input.

        Needed to find equal inputs before a fit decides whether to read both strands.
        """
        asked_for, alphabet = (
            self.estimator.reverse_complement,
            self.estimator.alphabet_,
        )
        of_rna = asked_for and asked_for != "auto" and alphabet == RNA
        return self._opposite_order if alphabet == DNA or of_rna else None

    def letters(self, inputs: Inputs) -> np.ndarray:
        """One-hot columns (n, n_symbols, length) of inputs."""
        if inputs.alphabet is not None:
            return one_hot(inputs.values, inputs.alphabet)
        return np.nan_to_num(inputs.values[:, : len(self.estimator.alphabet_.symbols)])

    def may_be_padded(self, inputs: Inputs) -> bool:
        """Whether padding or unknown letters may need a mask."""
        if inputs.ragged or self.estimator.alphabet_ is None:
            return inputs.ragged
        n_symbols = len(self.estimator.alphabet_.symbols)
        if inputs.alphabet is not None:
            return any((part.values >= n_symbols).any() for _, part in inputs.parts())
        # Columns given as floats may be all zero, or all alike.
        columns = inputs.values[:, :n_symbols]
        return bool((columns.max(axis=1) == columns.min(axis=1)).any())

    @property
    def complement_order(self) -> list[int] | None:
        """Order of the channels on the opposite strand; None if one strand is read."""
        return self._opposite_order if self.estimator.reverse_complement_ else None

    @property
    def _opposite_order(self) -> list[int]:
        n_symbols = len(self.estimator.alphabet_.symbols)
        return complement_order(n_symbols, self.estimator.n_channels_)


def warn_of_cropping(lengths, estimator, name: str) -> None:
    """Warn if inputs are longer than the model is wide, and are cropped."""
    n_longer = int((np.asarray(lengths) > estimator.length_).sum())
    if n_longer:
        warn(
            f"{n_longer} of {len(lengths)} inputs in {name} are longer than the "
            f"{estimator.length_} positions that {type(estimator).__name__} was fitted "
            f"on (up to {max(lengths)}) and are cropped at both ends, since the model "
            "reads positions; one with position=False takes any length"
        )


def _check_kind(X, name: str, kinds: str) -> None:
    """Raise if an array is of another kind, by NumPy's letters of these."""
    dtype = getattr(X, "dtype", None)
    if getattr(dtype, "kind", kinds) not in kinds:
        raise TypeError(
            f"{name} must hold strings or real numbers; got an array of {dtype}"
        )


def _holds_numbers(X) -> bool:
    """Whether X is an array, or a list that is not empty, of numbers."""
    if not isinstance(X, (list, tuple)) and not hasattr(X, "__array__"):
        return False
    try:
        X = np.asarray(X)
    except ValueError:  # Of unequal shapes.
        return False
    return X.size > 0 and X.dtype.kind in "biufc"


def _check_channels(X, name: str, alphabet: str) -> np.ndarray:
    """Validated array (n, channels, length)."""
    X = check_array(X, allow_nd=True, dtype=np.float64, order="C", input_name=name)
    if X.ndim != 3:
        raise ValueError(
            f"{name} has {X.ndim} dimensions, shape {X.shape}; numeric inputs are "
            "(n, length) or (n, channels, length)"
        )
    if X.size == 0:
        raise ValueError(
            f"{name} of shape {X.shape} is empty; at least one channel and one "
            "position are needed"
        )
    if _has_symbols_last(X, alphabet):
        raise ValueError(
            f"{name} of shape {X.shape} looks like one-hot sequences with the symbols "
            f"last; the channels come first: pass {name}.transpose(0, 2, 1)"
        )
    return X


def _has_symbols_last(X: np.ndarray, alphabet: str) -> bool:
    """Whether an array looks like one-hot columns (n, length, n_symbols)."""
    if alphabet == "auto":
        symbols = X if X.shape[2] == len(DNA.symbols) != X.shape[1] else None
    else:
        n_symbols = len(resolve_alphabet(alphabet).symbols)
        first = holds_shares(X[:, :n_symbols], axis=1)
        symbols = X[..., :n_symbols] if X.shape[2] >= n_symbols and not first else None
    return symbols is not None and holds_shares(symbols, axis=2)
