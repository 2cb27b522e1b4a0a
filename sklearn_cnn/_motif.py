"""CNNs for sequences of symbols and numeric signals."""

import os
from collections.abc import Callable
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import Tags, check_array
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import validate_data
from torch import nn

from sklearn_cnn._base import BaseCNN, architecture_error
from sklearn_cnn._classifier import CNNClassifierMixin
from sklearn_cnn._docstrings import with_shared_descriptions
from sklearn_cnn._layer_sizes import layer_sizes, profile_layers
from sklearn_cnn._regressor import CNNRegressorMixin
from sklearn_cnn._warnings import warn
from sklearn_cnn.architectures._kmer_counts import KmerCounts
from sklearn_cnn.architectures._motif_bank import MotifBank
from sklearn_cnn.architectures._motif_cnn import MotifCNN
from sklearn_cnn.architectures._placed_letters import PlacedLetters
from sklearn_cnn.architectures._reverse_complement import complement_order
from sklearn_cnn.architectures._standardize import Standardize
from sklearn_cnn.datasets._motif_database import MotifDatabase
from sklearn_cnn.datasets._motif_set import MotifSet
from sklearn_cnn.datasets._resolve_motifs import resolve_motifs
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
from sklearn_cnn.preprocessing._draw_rows import draw_rows
from sklearn_cnn.preprocessing._onehot import one_hot
from sklearn_cnn.preprocessing._signals import (
    check_cells,
    holds_signals,
    is_ragged,
    pad_signals,
    shape_of,
)
from sklearn_cnn.preprocessing._strand_test import depends_on_strand
from sklearn_cnn.training._inputs import Inputs
from sklearn_cnn.training._losses import ELEMENTWISE

# "auto" for sequences of symbols: one layer this wide.
_MOTIF_WIDTH = 19
# "auto" for signals: two layers, or as many as `n_filters` says.
_SIGNAL_WIDTH = 9
_SIGNAL_FILTERS = 32
# The test whether the strand matters looks at so many samples.
_MAX_TESTED_ROWS = 5_000
# Signals have many more positions than channels; the reverse may be a transpose.
_MANY_CHANNELS = 4
# As many targets as positions are taken for a profile from here on.
_MIN_PROFILE = 10
# "auto" takes more filters from this many samples on.
_ENOUGH_FOR_MORE_FILTERS = 9_000
# "auto" counts k-mers up to the longest of which there are at most so many.
_MAX_K = 6
_MAX_KMERS = 8_000
# More than those of eight nucleotides do not fit into memory.
_MAX_ASKED_KMERS = 100_000


class BaseMotifCNN(BaseCNN):
    """What the motif estimators share: strings or arrays in, a `MotifCNN` inside."""

    _parameter_constraints: dict = {
        **BaseCNN._parameter_constraints,
        "n_filters": [
            StrOptions({"auto"}),
            *BaseCNN._parameter_constraints["n_filters"],
        ],
        "kernel_size": [
            StrOptions({"auto"}),
            *BaseCNN._parameter_constraints["kernel_size"],
        ],
        "position": [StrOptions({"auto"}), "boolean"],
        "alphabet": [str],
        "reverse_complement": [StrOptions({"auto"}), "boolean"],
        "linear_models": [StrOptions({"auto"}), None],
        "kmers": [StrOptions({"auto"}), Interval(Integral, 1, 8, closed="both"), None],
        "motif_bank": [str, os.PathLike, MotifSet, None],
        "output": [StrOptions({"auto", "profile"})],
    }

    _usual_pool_size = 1

    def __init__(
        self,
        *,
        n_filters,
        kernel_size,
        activation,
        pool_size,
        pooling,
        dense_units,
        dropout,
        position,
        alphabet,
        reverse_complement,
        linear_models,
        kmers,
        motif_bank,
        output,
        max_epochs,
        batch_size,
        lr,
        weight_decay,
        early_stopping,
        validation_fraction,
        n_iter_no_change,
        monitor,
        missing_labels,
        n_estimators,
        warm_start,
        pretrained,
        freeze,
        device,
        precision,
        callbacks,
        random_state,
        verbose,
    ):
        self.n_filters = n_filters
        self.kernel_size = kernel_size
        self.activation = activation
        self.pool_size = pool_size
        self.pooling = pooling
        self.dense_units = dense_units
        self.dropout = dropout
        self.position = position
        self.alphabet = alphabet
        self.reverse_complement = reverse_complement
        self.linear_models = linear_models
        self.kmers = kmers
        self.motif_bank = motif_bank
        self.output = output
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.lr = lr
        self.weight_decay = weight_decay
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.monitor = monitor
        self.missing_labels = missing_labels
        self.n_estimators = n_estimators
        self.warm_start = warm_start
        self.pretrained = pretrained
        self.freeze = freeze
        self.device = device
        self.precision = precision
        self.callbacks = callbacks
        self.random_state = random_state
        self.verbose = verbose

    @property
    def _profile(self) -> bool:
        return self.output == "profile"

    def _encode_X(self, X, *, reset: bool, name: str = "X") -> Inputs:
        X = unpack(X, name)
        if is_sequences(X):
            inputs = self._encode_strings(X, reset=reset, name=name)
        else:
            inputs = self._encode_array(X, reset=reset, name=name)
            if inputs.lengths is None and not reset and not self.position_:
                # So that a signal by itself is read as it is among others.
                lengths = np.full(len(inputs), inputs.length)
                inputs = Inputs(inputs.values, inputs.alphabet, lengths)
        if reset:
            self.n_channels_ = inputs.n_channels
            self.length_ = None if inputs.ragged else inputs.length
            return inputs
        if inputs.n_channels != self.n_channels_:
            raise ValueError(
                f"{name} has {inputs.n_channels} channels, but {type(self).__name__} "
                f"was fitted on {self.n_channels_}"
            )
        return self._fit_to_length(inputs, name) if self.position_ else inputs

    def _encode_strings(self, X, *, reset: bool, name: str) -> Inputs:
        if not reset and self.alphabet_ is None:
            raise ValueError(
                f"{name} holds strings, but the estimator was fitted on numeric signals"
            )
        alphabet = self.alphabet if reset else self.alphabet_
        if reset and alphabet == "auto" and self._source is not None:
            alphabet = self._source.alphabet_ or alphabet
        codes, lengths, alphabet = encode(X, alphabet, name=name)
        if len(getattr(X, "shape", ())) == 2:
            validate_data(self, X, reset=reset, skip_check_array=True)
        if reset:
            self.alphabet_ = alphabet
        return Inputs(codes, alphabet, lengths)

    def _encode_array(self, X, *, reset: bool, name: str) -> Inputs:
        check_cells(X, name)
        if is_ragged(X):
            return self._encode_ragged(X, reset=reset, name=name)
        if holds_signals(X):
            X = np.stack(list(X))
        n_dimensions = len(shape_of(X))
        if n_dimensions < 2 and not _holds_numbers(X):
            as_sequences(X, name)  # Raises: says what is wrong with it.
        if n_dimensions > 2:
            X = _check_channels(X, name, self.alphabet)
            if reset:
                self.alphabet_ = self._alphabet_of_channels(X)
                self._warn_of_channels(X, name)
            return Inputs(X)
        is_coded = self.alphabet != "auto"
        X = validate_data(
            self,
            X,
            reset=reset,
            dtype="numeric" if is_coded else np.float64,
            order="C",  # PyTorch reads no reversed views.
        )
        if is_coded:
            return self._encode_coded_rows(X, reset=reset, name=name)
        if reset:
            self.alphabet_ = None
            n_symbols = n_symbols_of_one_hot(X)
            if n_symbols:
                warn(
                    f"{name} of shape {X.shape} looks like one-hot columns of "
                    f"sequences of {n_symbols} symbols, but is read as signals; pass "
                    "the sequences themselves, or say what the columns are by "
                    "alphabet=, for instance alphabet='dna'"
                )
        return Inputs(X[:, None])

    def _encode_coded_rows(self, X: np.ndarray, *, reset: bool, name: str) -> Inputs:
        """Codes (n, length) or one-hot columns (n, length * n_symbols)."""
        alphabet = resolve_alphabet(self.alphabet)
        n_symbols = len(alphabet.symbols)
        if reset or not hasattr(self, "n_features_in_"):
            as_columns = is_flat_one_hot(X, n_symbols)
            self._check_order_of_columns(X, n_symbols, name)
        else:
            # Later columns are read as those of the fit, whatever they look like.
            as_columns = X.shape[1] == n_symbols * (self.length_ or 0)
        if reset:
            self.alphabet_ = alphabet
        if as_columns:
            columns = X.astype(np.float64).reshape(len(X), -1, n_symbols)
            return Inputs(np.ascontiguousarray(columns.transpose(0, 2, 1)))
        codes, lengths = read_codes(X, alphabet, name)
        return Inputs(codes, alphabet, lengths)

    def _check_order_of_columns(self, X: np.ndarray, n_symbols: int, name: str) -> None:
        """Refuse flattened one-hot columns, all places of a symbol first."""
        if X.shape[1] % n_symbols or is_flat_one_hot(X, n_symbols):
            return
        if is_flat_one_hot(symbols_last(X, n_symbols), n_symbols):
            raise ValueError(
                f"{name} of shape {X.shape} looks like one-hot columns (n, "
                f"{n_symbols}, length) that were flattened; pass "
                f"{name}.reshape(len({name}), {n_symbols}, -1)"
            )

    def _warn_of_channels(self, X: np.ndarray, name: str) -> None:
        """Warn of an array (n, channels, length) that may be something else."""
        if self.alphabet_ is not None:
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

    def _encode_ragged(self, X, *, reset: bool, name: str) -> Inputs:
        """Arrays (length_i,) or (channels, length_i), padded with NaN."""
        X, lengths = pad_signals(X, name)
        X = _check_channels(X, name, self.alphabet)
        if reset:
            self.alphabet_ = self._alphabet_of_channels(X)
            self._warn_of_channels(X, name)
        outside = np.arange(X.shape[2]) >= lengths[:, None]
        return Inputs(np.where(outside[:, None], np.nan, X), lengths=lengths)

    def _alphabet_of_channels(self, X: np.ndarray) -> Alphabet | None:
        """Alphabet of an array (n, channels, length): given, or DNA by its looks."""
        if self.alphabet == "auto":
            return DNA if X.shape[1] == 4 and holds_shares(X, axis=1) else None
        alphabet = resolve_alphabet(self.alphabet)
        n_symbols = len(alphabet.symbols)
        if X.shape[1] < n_symbols:
            raise ValueError(
                f"X has {X.shape[1]} channels, but alphabet={self.alphabet!r} needs "
                f"one for each of its {n_symbols} symbols ({alphabet.symbols}), "
                "before any further tracks"
            )
        return alphabet

    def _fit_to_length(self, inputs: Inputs, name: str) -> Inputs:
        """Each input padded or cropped at both ends to the training length."""
        values, length = inputs.values, self.length_
        if not inputs.ragged and inputs.length == length:
            return Inputs(values, inputs.alphabet)
        lengths = inputs.lengths
        if lengths is None:
            lengths = np.full(len(inputs), inputs.length)
        warn_of_cropping(lengths, self, name)
        if inputs.alphabet is not None:
            fill = inputs.alphabet.padding_code
        else:
            # Zero for symbols, and zero after standardisation for signals.
            fill = self.channel_means_[:, None]
        centred = np.empty((*values.shape[:-1], length), values.dtype)
        centred[:] = fill
        for row, source, own in zip(centred, values, lengths, strict=True):
            # An odd letter is cropped or padded at the end.
            kept = min(own, length)
            to, start = (length - kept) // 2, (own - kept) // 2
            row[..., to : to + kept] = source[..., start : start + kept]
        return Inputs(centred, inputs.alphabet)

    def _decide_on_input(self, samples, seed) -> None:
        if self._profile:
            self._check_fit_for_profiles()
        inputs = samples.inputs
        self._warn_of_wide_targets(samples)
        n_symbols = 0 if self.alphabet_ is None else len(self.alphabet_.symbols)
        # Of all inputs: those held out, too, are read as these are.
        ragged = self.length_ is None
        self.channel_means_ = np.zeros(self.n_channels_)
        if self.n_channels_ > n_symbols and not ragged:
            means = np.average(inputs.values.mean(axis=2), 0, weights=samples.weights)
            self.channel_means_[n_symbols:] = means[n_symbols:]
        self.activation_ = self.activation
        if self.activation == "auto":
            self.activation_ = "exponential" if n_symbols else "relu"
            if self._source is not None:
                self.activation_ = self._source.activation_
        if self.pooling == "flatten":
            self._check_fit_for_flattening()
        if self.position == "auto":
            self.position_ = not (ragged or self._profile)
        elif self.position and ragged:
            raise ValueError(
                "position=True needs sequences of one length, but those in X differ"
            )
        else:
            self.position_ = bool(self.position)
        has_strands = self.alphabet_ is not None and self.alphabet_.name in (
            "dna",
            "rna",
        )
        of_source = self._source is not None and not self._profile
        if self.reverse_complement == "auto" and of_source:
            self.reverse_complement_ = self._source.reverse_complement_
        elif self.reverse_complement == "auto":
            # A profile may be laid out along the strand that is written down.
            self.reverse_complement_ = (
                self.alphabet_ == DNA
                and not self._profile
                and not self._depends_on_strand(samples, seed)
            )
        elif self.reverse_complement and not has_strands:
            raise ValueError(
                "reverse_complement=True needs DNA or RNA, but the alphabet is "
                f"{None if self.alphabet_ is None else self.alphabet_.name!r}"
            )
        else:
            self.reverse_complement_ = bool(self.reverse_complement)

        self._decide_on_layers(n_symbols, len(inputs))
        self._decide_on_branches(n_symbols)

    def _check_fit_for_flattening(self) -> None:
        """Refuse what has no place, or different ones, for each flattened response."""
        others = "pooling='max_mean', 'max' or 'mean'"
        if self.length_ is None:
            raise ValueError(
                "pooling='flatten' learns a weight for the response at each position, "
                "and so needs inputs of one length, but those in X differ; pass "
                f"{others}, or bring the inputs to one length"
            )
        if self.position != "auto" and not self.position:
            raise ValueError(
                f"position={self.position!r} does not go with pooling='flatten', which "
                "keeps the position of each response; pass position='auto', or "
                f"{others}"
            )

    def _warn_of_wide_targets(self, samples) -> None:
        """Warn of as many targets as there are positions, as in a profile."""
        n_targets = samples.targets.shape[1] if samples.targets.ndim == 2 else 1
        length = samples.inputs.length
        if not self._profile and n_targets == length >= _MIN_PROFILE:
            warn(
                f"y of shape {samples.targets.shape} holds as many targets as X has "
                "positions; if these are values for each position, pass "
                "output='profile'. Without it they are unrelated targets"
            )

    def _decide_on_layers(self, n_symbols: int, n_samples: int) -> None:
        """Settle depth, number and width of the filters."""
        n_filters, kernel_size = self.n_filters, self.kernel_size
        if self._source is not None:
            source = self._source
            n_filters = source.n_filters_ if n_filters == "auto" else n_filters
            kernel_size = source.kernel_size_ if kernel_size == "auto" else kernel_size
        if self._profile:
            n_filters, kernel_size = profile_layers(n_filters, kernel_size)
        if kernel_size == "auto" and n_symbols:
            kernel_size = _MOTIF_WIDTH
        elif kernel_size == "auto":
            has_depth = isinstance(n_filters, (list, tuple))
            kernel_size = _SIGNAL_WIDTH if has_depth else (_SIGNAL_WIDTH,) * 2
        if n_filters == "auto":
            many = n_samples >= _ENOUGH_FOR_MORE_FILTERS
            n_filters = 128 if many else 64
            n_filters = n_filters if n_symbols else _SIGNAL_FILTERS
        self.n_filters_, self.kernel_size_ = layer_sizes(n_filters, kernel_size)
        self._decide_on_pool_size()

    def _source_must_share(self) -> dict[str, tuple[str, str]]:
        return {
            "alphabet_": ("the alphabet", "X has"),
            "n_channels_": ("a number of channels of", "X has"),
            "n_filters_": ("n_filters", "n_filters was given as"),
            "kernel_size_": ("kernel_size", "kernel_size was given as"),
            "activation_": ("activation", "activation was given as"),
            "_fitted_pool_size": ("pool_size", "that of this estimator is"),
        }

    def _check_fit_for_profiles(self) -> None:
        """Refuse what a value for every position cannot come from."""
        allowed_values = {"position": "'auto' or False", "pool_size": "'auto' or None"}
        if self.pooling == "flatten":
            allowed_values["pooling"] = "'max_mean', the default"
        if self.linear_models is not None:
            allowed_values |= dict.fromkeys(("kmers", "motif_bank"), "'auto' or None")
        for name, allowed in allowed_values.items():
            value = getattr(self, name)
            if value != "auto" and value:
                raise ValueError(
                    f"{name}={value!r} does not go with output='profile', whose "
                    f"network is convolutional throughout; pass {allowed}"
                )

    def _decide_on_branches(self, n_symbols: int) -> None:
        """Settle what linear branches see: k-mers, known motifs."""
        if self._profile or self.linear_models is None:
            self._without_features()
            return
        self.kmers_ = self.kmers if n_symbols else None
        if self.kmers == "auto" and n_symbols:
            # The longest of which there are not too many to learn weights for.
            self.kmers_ = max(
                k for k in range(1, _MAX_K + 1) if n_symbols**k <= _MAX_KMERS or k == 1
            )
        elif self.kmers not in ("auto", None) and n_symbols:
            self.kmers_ = int(self.kmers)
            n_kmers = sum(n_symbols**k for k in range(1, self.kmers + 1))
            if n_kmers > _MAX_ASKED_KMERS:
                raise ValueError(
                    f"kmers={self.kmers} are {n_kmers:,} words of {n_symbols} letters; "
                    f"at most {_MAX_ASKED_KMERS:,} are counted"
                )
        elif self.kmers not in ("auto", None):
            raise ValueError(
                f"kmers={self.kmers!r} needs sequences of symbols, but X holds signals"
            )
        self.motif_bank_ = None
        if self.motif_bank == "auto":
            self.motif_bank_ = "jaspar" if self.alphabet_ == DNA else None
        elif self.motif_bank is not None:
            if self.alphabet_ not in (DNA, RNA):
                raise ValueError(
                    f"motif_bank={self.motif_bank!r} needs DNA or RNA, but the "
                    "alphabet is "
                    f"{None if self.alphabet_ is None else self.alphabet_.name!r}"
                )
            bank = self._read_bank()
            is_set = isinstance(self.motif_bank, MotifSet)
            self.motif_bank_ = repr(bank) if is_set else os.fspath(self.motif_bank)

    def _without_features(self) -> None:
        self.kmers_ = self.motif_bank_ = None

    def _build_features(self, stored: dict[str, np.ndarray]) -> dict[str, nn.Module]:
        features = {}
        both_strands = self.reverse_complement_
        if self.kmers_ is not None:
            n_symbols = len(self.alphabet_.symbols)
            features["kmers"] = KmerCounts(
                n_symbols, self.kmers_, both_strands, self.position_
            )
            if self.position_:
                features["places"] = PlacedLetters(n_symbols, both_strands)
        if self.motif_bank_ is not None:
            names = "log_odds", "widths"
            keys = [f"branches.motifs.features.{name}" for name in names]
            bank = [stored[key] for key in keys] if stored else []
            bank = bank or self._read_bank().log_odds()
            features["motifs"] = MotifBank(*bank, both_strands, aligned=self.position_)
        return features

    def _read_bank(self) -> MotifDatabase:
        """The known motifs."""
        is_auto = self.motif_bank == "auto"
        bank = "jaspar" if is_auto else self.motif_bank
        return resolve_motifs(bank, "motif_bank", "'auto', None, ")

    def _depends_on_strand(self, samples, seed) -> bool:
        """Whether the targets of a part of the samples depend on the strand."""
        labels = self._stratify_by(samples.targets)
        part = samples[draw_rows(len(samples.inputs), _MAX_TESTED_ROWS, seed, labels)]
        return depends_on_strand(self._one_hot(part.inputs), _indicators(part.targets))

    def _strand_order(self) -> list[int] | None:
        asked_for = self.reverse_complement != "auto" and self.reverse_complement
        if not (self.alphabet_ == DNA or (asked_for and self.alphabet_ == RNA)):
            return None
        return complement_order(len(self.alphabet_.symbols), self.n_channels_)

    def _one_hot(self, inputs: Inputs) -> np.ndarray:
        """Symbol channels (n, n_symbols, length) of inputs."""
        if inputs.alphabet is not None:
            return one_hot(inputs.values, inputs.alphabet)
        return np.nan_to_num(inputs.values[:, : len(self.alphabet_.symbols)])

    def _may_be_padded(self, inputs: Inputs) -> bool:
        if inputs.ragged or self.alphabet_ is None:
            return inputs.ragged
        n_symbols = len(self.alphabet_.symbols)
        if inputs.alphabet is not None:
            return bool((inputs.values >= n_symbols).any())
        # Columns given as floats may be all zero, or all alike.
        columns = inputs.values[:, :n_symbols]
        return bool((columns.max(axis=1) == columns.min(axis=1)).any())

    def _complement_order(self) -> list[int] | None:
        if not self.reverse_complement_:
            return None
        return complement_order(len(self.alphabet_.symbols), self.n_channels_)

    def _build_network(self, *, dropout: float, masked: bool) -> nn.Module:
        n_symbols = 0 if self.alphabet_ is None else len(self.alphabet_.symbols)
        n_filters, kernel_sizes, pool_sizes = self._layers()
        if self.pooling == "flatten" and not self.position_:
            raise architecture_error()
        standardize = None
        if self.n_channels_ > n_symbols:
            standardize = Standardize(self.n_channels_, n_symbols)
        return MotifCNN(
            self.n_channels_,
            self._n_outputs,
            n_filters=n_filters,
            kernel_sizes=kernel_sizes,
            activation=self.activation_,
            pool_sizes=pool_sizes,
            pooling=self.pooling,
            dense_units=self.dense_units,
            dropout=dropout,
            length=self.length_ if self.position_ else None,
            n_symbols=n_symbols if masked and not self.position_ else None,
            n_letters=n_symbols if masked else 0,
            standardize=standardize,
            profile=self._profile,
        )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        tags.input_tags.sparse = False
        tags.non_deterministic = False
        return tags


def warn_of_cropping(lengths, estimator: BaseMotifCNN, name: str) -> None:
    """Warn of inputs that are longer than a model which reads positions is wide."""
    n_longer = int((np.asarray(lengths) > estimator.length_).sum())
    if n_longer:
        warn(
            f"{n_longer} of {len(lengths)} inputs in {name} are longer than the "
            f"{estimator.length_} positions that {type(estimator).__name__} was fitted "
            f"on (up to {max(lengths)}) and are cropped at both ends, since the model "
            "reads positions; one with position=False takes any length"
        )


def _holds_numbers(X) -> bool:
    """Whether X is an array, or a list that is not empty, of numbers."""
    if not isinstance(X, (list, tuple)) and not hasattr(X, "__array__"):
        return False
    X = np.asarray(X)
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
    """Whether an array looks like (n, length, channels), one-hot at each position."""
    if alphabet == "auto":
        symbols = X if X.shape[2] == len(DNA.symbols) != X.shape[1] else None
    else:
        n_symbols = len(resolve_alphabet(alphabet).symbols)
        first = holds_shares(X[:, :n_symbols], axis=1)
        symbols = X[..., :n_symbols] if X.shape[2] >= n_symbols and not first else None
    return symbols is not None and holds_shares(symbols, axis=2)


def _indicators(targets: np.ndarray) -> np.ndarray:
    """Targets as columns of numbers; class indices become one column a class."""
    if targets.ndim == 1:
        return targets[:, None] == np.unique(targets)
    return targets


@with_shared_descriptions
class MotifCNNClassifier(CNNClassifierMixin, BaseMotifCNN):
    """CNN classifier for DNA, RNA and protein sequences and for numeric signals.

    Filters slide along a sequence with shared weights, so that a motif (a transcription
    factor's binding site, a splice signal) is found wherever it stands. Pass the
    sequences as strings; everything between them and the predictions happens inside.

    Parameters
    ----------
    %(architecture)s
    %(training)s
    label_smoothing : float in [0, 1), default=0.05
        Share of each target that is spread evenly over the classes in training. Not
        used for profiles, where it would lift the probability of rare sites.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, multiplied with `sample_weight`. "balanced" gives each
        class the same total weight, `sample_weight` included. Not for multilabel
        problems and profiles.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels; 0 to n_labels - 1 for a multilabel problem.
    multilabel_ : bool
        Whether y was a multilabel indicator matrix.
    %(attributes)s
    %(fitted)s

    See Also
    --------
    MotifCNNRegressor : The same for numbers.
    sklearn_cnn.preprocessing.SequenceEncoder : Numeric columns for other estimators.

    Notes
    -----
    %(inputs)s

    %(stacking)s

    `y` holds labels of any type, two classes or more; or it is a multilabel indicator
    matrix (n, n_labels) of 0 and 1, for instance many transcription factors at once.
    With ``output="profile"`` it holds one of two labels for each position: an array (n,
    length), or where lengths differ a list or object array of n arrays, each as long as
    its sequence. Missing labels (None, NaN) are left out. `predict_proba` gives the
    probability of ``classes_[1]`` at each position, in the same layout, and `score` the
    mean correlation per window, :func:`~sklearn_cnn.metrics.pearson_per_window`.

    References
    ----------
    %(references)s

    Examples
    --------
    >>> from sklearn_cnn import MotifCNNClassifier
    >>> from sklearn_cnn.datasets import make_motif_classification
    >>> X, y = make_motif_classification(
    ...     300, length=60, motif="TGACGTCA", random_state=0
    ... )
    >>> clf = MotifCNNClassifier(n_filters=16, random_state=0).fit(X[:200], y[:200])
    >>> clf.score(X[200:], y[200:]) > 0.9
    True
    """

    _parameter_constraints: dict = {
        **BaseMotifCNN._parameter_constraints,
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "class_weight": [StrOptions({"balanced"}), dict, None],
    }

    def __init__(
        self,
        *,
        n_filters: int | tuple[int, ...] | str = "auto",
        kernel_size: int | tuple[int, ...] | str = "auto",
        activation: str = "auto",
        pool_size: int | tuple[int, ...] | str | None = "auto",
        pooling: str = "max_mean",
        dense_units: int | None = 64,
        dropout: float = 0.5,
        position: str | bool = "auto",
        alphabet: str = "auto",
        reverse_complement: str | bool = "auto",
        linear_models: str | None = "auto",
        kmers: int | str | None = "auto",
        motif_bank: str | os.PathLike | None = "auto",
        output: str = "auto",
        max_epochs: int | str = "auto",
        batch_size: int | str = "auto",
        lr: float = 3e-3,
        weight_decay: float = 1e-2,
        early_stopping: str | bool = "auto",
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        monitor: str | Callable = "loss",
        missing_labels: str = "raise",
        n_estimators: int | str = "auto",
        warm_start: bool = False,
        pretrained: BaseEstimator | str | os.PathLike | None = None,
        freeze: str | int | None = "gradual",
        device: str = "auto",
        precision: str = "auto",
        callbacks: list | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        label_smoothing: float = 0.05,
        class_weight: dict | str | None = None,
    ):
        super().__init__(
            n_filters=n_filters,
            kernel_size=kernel_size,
            activation=activation,
            pool_size=pool_size,
            pooling=pooling,
            dense_units=dense_units,
            dropout=dropout,
            position=position,
            alphabet=alphabet,
            reverse_complement=reverse_complement,
            linear_models=linear_models,
            kmers=kmers,
            motif_bank=motif_bank,
            output=output,
            max_epochs=max_epochs,
            batch_size=batch_size,
            lr=lr,
            weight_decay=weight_decay,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            monitor=monitor,
            missing_labels=missing_labels,
            n_estimators=n_estimators,
            warm_start=warm_start,
            pretrained=pretrained,
            freeze=freeze,
            device=device,
            precision=precision,
            callbacks=callbacks,
            random_state=random_state,
            verbose=verbose,
        )
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight


@with_shared_descriptions
class MotifCNNRegressor(CNNRegressorMixin, BaseMotifCNN):
    """CNN regressor for DNA, RNA and protein sequences and for numeric signals.

    Filters slide along a sequence with shared weights, so that a motif is found
    wherever it stands. Pass the sequences as strings and the targets (binding strength,
    expression, fitness) in their own units; they are standardised inside.

    Parameters
    ----------
    %(architecture)s
    %(training)s
    loss : {"auto", "squared_error", "absolute_error", "huber", "poisson"}, \
            default="auto"
        Loss of standardised targets. The absolute error and Huber's loss (squared up
        to one standard deviation, linear beyond) are less sensitive to outliers.
        "poisson", for profiles without negative numbers only, takes the network's
        outputs as logarithms: predictions are positive, and flat where there is
        nothing. "auto" takes it for such profiles (on scores that are 0 but for sites
        it learned faster), else the squared error.

    Attributes
    ----------
    y_mean_ : ndarray of shape () or (n_targets,)
        Mean of each target in training; of profiles, over all positions.
    y_scale_ : ndarray of shape () or (n_targets,)
        Standard deviation of each target in training; of profiles, over all positions.
    loss_ : str
        The loss that was taken.
    %(attributes)s
    %(fitted)s

    See Also
    --------
    MotifCNNClassifier : The same for classes.
    sklearn_cnn.preprocessing.SequenceEncoder : Numeric columns for other estimators.

    Notes
    -----
    %(inputs)s

    %(stacking)s

    `y` holds numbers of shape (n,) or (n, n_targets); predictions have the same shape.
    With ``output="profile"`` it holds a number for each position: an array (n, length),
    or where lengths differ a list or object array of n arrays, each as long as its
    sequence. Positions where it is NaN are unknown and left out. Predictions are (n,
    length), or an object array where the lengths in X differ, and `score` is the mean
    correlation per window, :func:`~sklearn_cnn.metrics.pearson_per_window`.

    References
    ----------
    %(references)s

    Examples
    --------
    >>> from sklearn_cnn import MotifCNNRegressor
    >>> from sklearn_cnn.datasets import make_motif_regression
    >>> X, y = make_motif_regression(400, length=60, motif="TGACGTCA", random_state=0)
    >>> reg = MotifCNNRegressor(n_filters=16, random_state=0).fit(X[:300], y[:300])
    >>> reg.score(X[300:], y[300:]) > 0.8
    True
    """

    _parameter_constraints: dict = {
        **BaseMotifCNN._parameter_constraints,
        "loss": [StrOptions({"auto", *ELEMENTWISE})],
    }

    def __init__(
        self,
        *,
        n_filters: int | tuple[int, ...] | str = "auto",
        kernel_size: int | tuple[int, ...] | str = "auto",
        activation: str = "auto",
        pool_size: int | tuple[int, ...] | str | None = "auto",
        pooling: str = "max_mean",
        dense_units: int | None = 64,
        dropout: float = 0.5,
        position: str | bool = "auto",
        alphabet: str = "auto",
        reverse_complement: str | bool = "auto",
        linear_models: str | None = "auto",
        kmers: int | str | None = "auto",
        motif_bank: str | os.PathLike | None = "auto",
        output: str = "auto",
        max_epochs: int | str = "auto",
        batch_size: int | str = "auto",
        lr: float = 3e-3,
        weight_decay: float = 1e-2,
        early_stopping: str | bool = "auto",
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        monitor: str | Callable = "loss",
        missing_labels: str = "raise",
        n_estimators: int | str = "auto",
        warm_start: bool = False,
        pretrained: BaseEstimator | str | os.PathLike | None = None,
        freeze: str | int | None = "gradual",
        device: str = "auto",
        precision: str = "auto",
        callbacks: list | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        loss: str = "auto",
    ):
        super().__init__(
            n_filters=n_filters,
            kernel_size=kernel_size,
            activation=activation,
            pool_size=pool_size,
            pooling=pooling,
            dense_units=dense_units,
            dropout=dropout,
            position=position,
            alphabet=alphabet,
            reverse_complement=reverse_complement,
            linear_models=linear_models,
            kmers=kmers,
            motif_bank=motif_bank,
            output=output,
            max_epochs=max_epochs,
            batch_size=batch_size,
            lr=lr,
            weight_decay=weight_decay,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            monitor=monitor,
            missing_labels=missing_labels,
            n_estimators=n_estimators,
            warm_start=warm_start,
            pretrained=pretrained,
            freeze=freeze,
            device=device,
            precision=precision,
            callbacks=callbacks,
            random_state=random_state,
            verbose=verbose,
        )
        self.loss = loss
