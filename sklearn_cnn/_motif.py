"""CNNs for sequences of symbols and numeric signals."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils import Tags, check_array
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import validate_data
from torch import nn

from sklearn_cnn._base import BaseCNN
from sklearn_cnn._classifier import CNNClassifierMixin
from sklearn_cnn.architectures._motif_cnn import MotifCNN
from sklearn_cnn.architectures._reverse_complement import complement_order
from sklearn_cnn.architectures._standardize import Standardize
from sklearn_cnn.preprocessing._alphabet import DNA, Alphabet, resolve_alphabet
from sklearn_cnn.preprocessing._codes import encode, is_sequences
from sklearn_cnn.preprocessing._onehot import one_hot
from sklearn_cnn.preprocessing._strand_test import depends_on_strand
from sklearn_cnn.training._inputs import Inputs


class BaseMotifCNN(BaseCNN):
    """What the motif estimators share: strings or arrays in, a `MotifCNN` inside."""

    _parameter_constraints: dict = {
        **BaseCNN._parameter_constraints,
        "position": [StrOptions({"auto"}), "boolean"],
        "alphabet": [str],
        "reverse_complement": [StrOptions({"auto"}), "boolean"],
    }

    def _encode_X(self, X, *, reset: bool) -> Inputs:
        if is_sequences(X):
            inputs = self._encode_strings(X, reset=reset)
        else:
            inputs = self._encode_array(X, reset=reset)
        if reset:
            self.n_channels_ = inputs.n_channels
            self.length_ = None if inputs.ragged else inputs.length
            return inputs
        if inputs.n_channels != self.n_channels_:
            raise ValueError(
                f"X has {inputs.n_channels} channels, but {type(self).__name__} was "
                f"fitted on {self.n_channels_}"
            )
        return self._fit_to_length(inputs) if self.position_ else inputs

    def _encode_strings(self, X, *, reset: bool) -> Inputs:
        if not reset and self.alphabet_ is None:
            raise ValueError(
                "X holds strings, but the estimator was fitted on numeric signals"
            )
        codes, lengths, alphabet = encode(X, self.alphabet if reset else self.alphabet_)
        if len(getattr(X, "shape", ())) == 2:
            validate_data(self, X, reset=reset, skip_check_array=True)
        if reset:
            self.alphabet_ = alphabet
        return Inputs(codes, alphabet, lengths)

    def _encode_array(self, X, *, reset: bool) -> Inputs:
        if _n_dimensions(X) > 2:
            X = _check_channels(X)
            if reset:
                self.alphabet_ = self._alphabet_of_channels(X)
            return Inputs(X)
        # Unsigned bytes are codes where an alphabet says of what.
        are_codes = getattr(X, "dtype", None) == np.uint8 and self.alphabet != "auto"
        X = validate_data(
            self, X, reset=reset, dtype=np.uint8 if are_codes else np.float64
        )
        if are_codes:
            alphabet = resolve_alphabet(self.alphabet)
            if X.max() >= alphabet.padding_code:
                raise ValueError(
                    f"X holds the code {X.max()}; the alphabet {alphabet.name!r} has "
                    f"codes from 0 to {alphabet.padding_code - 1}"
                )
            if reset:
                self.alphabet_ = alphabet
            return Inputs(X, alphabet)
        if self.alphabet != "auto":
            raise ValueError(
                f"X is a numeric array of shape {X.shape}, which is read as signals, "
                f"but alphabet={self.alphabet!r} was given; pass strings, codes of "
                "dtype uint8, or one-hot columns of shape (n, channels, length)"
            )
        if reset:
            self.alphabet_ = None
        return Inputs(X[:, None])

    def _alphabet_of_channels(self, X: np.ndarray) -> Alphabet | None:
        """Alphabet of an array (n, channels, length): given, or DNA by its looks."""
        if self.alphabet == "auto":
            return DNA if X.shape[1] == 4 and _holds_shares(X, axis=1) else None
        alphabet = resolve_alphabet(self.alphabet)
        n_symbols = len(alphabet.symbols)
        if X.shape[1] < n_symbols:
            raise ValueError(
                f"X has {X.shape[1]} channels, but alphabet={self.alphabet!r} needs "
                f"one for each of its {n_symbols} symbols ({alphabet.symbols}), "
                "before any further tracks"
            )
        return alphabet

    def _fit_to_length(self, inputs: Inputs) -> Inputs:
        """Inputs padded or cropped at both ends to the training length."""
        values, excess = inputs.values, inputs.length - self.length_
        if inputs.ragged:
            raise ValueError(
                f"the sequences in X differ in length, but the model was fitted on "
                f"sequences of length {self.length_} and reads positions; bring them "
                "to one length or fit with position=False"
            )
        if excess > 0:
            start = excess // 2
            return Inputs(values[..., start : start + self.length_], inputs.alphabet)
        if excess < 0:
            left = -excess // 2
            pad = [(0, 0)] * (values.ndim - 1) + [(left, -excess - left)]
            fill = 0 if inputs.alphabet is None else inputs.alphabet.padding_code
            values = np.pad(values, pad, constant_values=fill)
        return Inputs(values, inputs.alphabet)

    def _decide_on_input(self, inputs: Inputs, targets, weights) -> None:
        if self.position == "auto":
            self.position_ = not inputs.ragged
        elif self.position and inputs.ragged:
            raise ValueError(
                "position=True needs sequences of one length, but those in X differ"
            )
        else:
            self.position_ = bool(self.position)
        has_strands = self.alphabet_ is not None and self.alphabet_.name in (
            "dna",
            "rna",
        )
        if self.reverse_complement == "auto":
            self.reverse_complement_ = self.alphabet_ == DNA and not depends_on_strand(
                self._one_hot(inputs), _indicators(targets)
            )
        elif self.reverse_complement and not has_strands:
            raise ValueError(
                "reverse_complement=True needs DNA or RNA, but the alphabet is "
                f"{None if self.alphabet_ is None else self.alphabet_.name!r}"
            )
        else:
            self.reverse_complement_ = bool(self.reverse_complement)

    def _one_hot(self, inputs: Inputs) -> np.ndarray:
        """Symbol channels (n, n_symbols, length) of inputs."""
        if inputs.alphabet is not None:
            return one_hot(inputs.values, inputs.alphabet)
        return inputs.values[:, : len(self.alphabet_.symbols)]

    def _complement_order(self) -> list[int] | None:
        if not self.reverse_complement_:
            return None
        return complement_order(len(self.alphabet_.symbols), self.n_channels_)

    def _build_network(self, *, dropout: float, masked: bool) -> nn.Module:
        n_symbols = 0 if self.alphabet_ is None else len(self.alphabet_.symbols)
        activation = self.activation
        if activation == "auto":
            activation = "exponential" if n_symbols else "relu"
        n_filters, kernel_sizes = _layer_sizes(self.n_filters, self.kernel_size)
        standardize = None
        if self.n_channels_ > n_symbols:
            standardize = Standardize(self.n_channels_, n_symbols)
        can_pad = n_symbols and not self.position_
        return MotifCNN(
            self.n_channels_,
            self._n_outputs,
            n_filters=n_filters,
            kernel_sizes=kernel_sizes,
            activation=activation,
            pooling=self.pooling,
            dense_units=self.dense_units,
            dropout=dropout,
            length=self.length_ if self.position_ else None,
            n_symbols=n_symbols if masked and can_pad else None,
            standardize=standardize,
        )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        tags.input_tags.sparse = False
        tags.non_deterministic = False
        return tags


def _n_dimensions(X) -> int:
    """Dimensions of an array, or of nested lists by their first entries."""
    if isinstance(X, (list, tuple)):
        return 1 + (_n_dimensions(X[0]) if len(X) else 0)
    return getattr(X, "ndim", 0)


def _check_channels(X) -> np.ndarray:
    """Validated array (n, channels, length)."""
    X = check_array(X, allow_nd=True, dtype=np.float64, input_name="X")
    if X.ndim != 3:
        raise ValueError(
            f"X has {X.ndim} dimensions, shape {X.shape}; a numeric X is "
            "(n, length) or (n, channels, length)"
        )
    if X.shape[2] == 4 and X.shape[1] != 4 and _holds_shares(X, axis=2):
        raise ValueError(
            f"X of shape {X.shape} looks like one-hot DNA with the symbols last; the "
            "channels come first: pass X.transpose(0, 2, 1)"
        )
    return X


def _holds_shares(X: np.ndarray, *, axis: int) -> bool:
    """Whether X is one-hot or soft: along an axis not negative, and sums of 1 or 0."""
    sums = X.sum(axis=axis)
    return X.min() >= 0 and bool(np.all(np.isclose(sums, 1) | (sums == 0)))


def _indicators(targets: np.ndarray) -> np.ndarray:
    """Targets as columns of numbers; class indices become one column a class."""
    if targets.ndim == 1:
        return targets[:, None] == np.unique(targets)
    return targets


def _layer_sizes(n_filters, kernel_size) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Filters and kernel sizes, one entry a layer; a number stands for each layer."""
    n_filters = _as_tuple("n_filters", n_filters)
    kernel_sizes = _as_tuple("kernel_size", kernel_size)
    if len(kernel_sizes) == 1:
        kernel_sizes *= len(n_filters)
    if len(n_filters) == 1:
        n_filters *= len(kernel_sizes)
    if len(n_filters) != len(kernel_sizes):
        raise ValueError(
            f"kernel_size has {len(kernel_sizes)} entries and n_filters "
            f"{len(n_filters)}; both need one entry a layer"
        )
    return n_filters, kernel_sizes


def _as_tuple(name: str, value) -> tuple[int, ...]:
    entries = (value,) if isinstance(value, Integral) else tuple(value)
    if not entries or not all(isinstance(e, Integral) and e >= 1 for e in entries):
        raise ValueError(
            f"{name} must be an int >= 1 or a non-empty tuple of them, one a layer; "
            f"got {value!r}"
        )
    return tuple(int(entry) for entry in entries)


class MotifCNNClassifier(CNNClassifierMixin, BaseMotifCNN):
    """CNN classifier for DNA, RNA and protein sequences and for numeric signals.

    Filters slide along a sequence with shared weights, so that a motif (a transcription
    factor's binding site, a splice signal) is found wherever it stands. Pass the
    sequences as strings; everything between them and the predictions happens inside.

    Parameters
    ----------
    n_filters : int or tuple of int, default=(128,)
        Filters of each convolutional layer; the length of the tuple is the depth. One
        wide layer is enough for motifs; more layers learn their combinations.
    kernel_size : int or tuple of int, default=19
        Width of the filters, in positions, for all layers or one entry a layer. 19
        spans most binding motifs of transcription factors.
    activation : {"auto", "exponential", "relu"}, default="auto"
        Activation of the first layer (deeper ones use ReLU). "exponential" gives more
        accurate models of binding and filters that read as motifs [1]_; "auto" takes it
        for sequences of symbols and ReLU for numeric signals.
    pooling : {"max_mean", "max", "mean"}, default="max_mean"
        What the network keeps of a filter's responses along the sequence: the
        strongest (is the motif there?), the mean (how much of it?), or both.
    dense_units : int or None, default=64
        Width of the hidden layer between pooling and output; None for none.
    dropout : float in [0, 1), default=0.5
        Share of the values dropped in training before each linear layer.
    position : {"auto", True, False}, default="auto"
        Whether the network also sees where a filter responds. "auto" says yes where
        all training sequences have one length: signals tied to a position (a splice
        site at the centre) are found, and those that are not (a motif anywhere) lose
        nothing measurable. Later sequences of another length are then centred, by
        padding or cropping at both ends. False where positions mean nothing, or where
        they differ between training and prediction.
    alphabet : str, default="auto"
        "dna", "rna", "protein", or a string of two or more distinct symbols such as
        "HEC". "auto" decides by the letters of all training sequences: DNA when every
        letter is an IUPAC nucleotide code other than U and at least 90 % are A, C, G,
        T or N; RNA by the same rule with U in place of T; protein when every letter is
        one of the 20 amino acids or B, Z, J or X; otherwise an error. An array
        (n, 4, length) whose columns are one-hot (or soft, with sums of 1 or 0) is DNA.
        Other numeric arrays are signals.
    reverse_complement : {"auto", True, False}, default="auto"
        Whether to read both strands: each training sequence on a strand drawn at
        random, predictions as the mean logit of the two. "auto" does so for DNA, except
        where a test on the training data finds that the classes depend on the strand
        (splice sites, promoters in the direction of transcription): a t-test of strand
        differences in placed letters and in 3-mer counts, at 0.1 % after Bonferroni's
        correction. RNA and proteins are single-stranded.
    max_epochs : int or "auto", default="auto"
        Passes through the training data. "auto": 20, or as many as make 300 steps of
        the optimiser where the data are few.
    batch_size : int or "auto", default="auto"
        Samples per step. "auto": 64. Up to 64 samples make one full batch: training is
        then free of chance but for the initial weights (no dropout, both strands at
        once, double precision), and a sample of weight 2 equals the sample twice.
    lr : float, default=3e-3
        Largest learning rate of the one-cycle schedule for AdamW [2]_.
    weight_decay : float, default=1e-2
        Decoupled weight decay of AdamW.
    label_smoothing : float in [0, 1), default=0.05
        Share of each target that is spread evenly over the classes in training.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, multiplied with `sample_weight`. "balanced" gives each
        class the same total weight.
    device : str, default="auto"
        Where to compute: "cpu", "cuda", "cuda:1", "mps"; "auto" takes CUDA, else MPS,
        else the CPU. Fitted models hold NumPy arrays and move between machines.
    precision : {"auto", "float32", "float64"}, default="auto"
        Floating-point type of training and prediction. "auto": float32, or float64
        for training sets of up to 64 samples (see `batch_size`).
    random_state : int, RandomState instance or None, default=None
        Seed of initial weights, shuffling, strands and dropout. The same int gives the
        same model on the same machine. PyTorch's global state is left as it was.
    verbose : int, default=0
        0 is silent, 1 shows a progress bar, 2 prints a line an epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    weights_ : dict of str to ndarray
        Weights of the fitted network by name. Those of the filters of the first layer
        are "0.trunk.0.conv.weight", of shape (n_filters, n_channels, kernel_size).
    history_ : list of dict
        One record an epoch: "epoch" (from 1) and "train_loss".
    n_iter_ : int
        Number of epochs.
    alphabet_ : Alphabet or None
        The alphabet given or inferred; None for signals.
    position_ : bool
        Whether the network sees positions.
    reverse_complement_ : bool
        Whether both strands are read.
    length_ : int or None
        Length of the training sequences; None where lengths differed.
    n_channels_ : int
        Channels that the network reads: one a symbol, or those of the signal.
    device_ : str
        Where the model was trained.
    n_features_in_ : int
        Number of columns, for two-dimensional X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where X was a frame with string names.

    See Also
    --------
    sklearn_cnn.preprocessing.SequenceEncoder : Numeric columns for other estimators.

    Notes
    -----
    `X` is one of

    - strings: a list, tuple, array, pandas or polars Series, or one-column DataFrame,
      in upper or lower case. Ambiguity letters stand for their symbols in equal shares
      (N is 1/4 of each nucleotide). Lengths may differ;
    - an array (n, channels, length): one-hot or soft columns in the order of the
      alphabet's symbols, if there is one, before any further tracks; or the channels
      of a signal, which are standardised with the training set's mean and standard
      deviation of each channel;
    - an array (n, length): a signal of one channel; or, of dtype uint8 where `alphabet`
      is given, codes (indices of the symbols).

    References
    ----------
    .. [1] P. K. Koo and M. Ploenzke, "Improving representations of genomic sequence
       motifs in convolutional networks with exponential activations", Nature Machine
       Intelligence 3, 258-266 (2021). doi:10.1038/s42256-020-00291-x
    .. [2] L. N. Smith and N. Topin, "Super-convergence: very fast training of neural
       networks using large learning rates", arXiv:1708.07120 (2018).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_cnn import MotifCNNClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = ["".join(rng.choice(list("ACGT"), 40)) for _ in range(200)]
    >>> y = ["bound"] * 100 + ["unbound"] * 100
    >>> X[:100] = [s[:9] + "TGACGTCA" + s[17:] for s in X[:100]]
    >>> clf = MotifCNNClassifier(n_filters=16, random_state=0).fit(X[::2], y[::2])
    >>> clf.score(X[1::2], y[1::2]) > 0.9
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
        n_filters: int | tuple[int, ...] = (128,),
        kernel_size: int | tuple[int, ...] = 19,
        activation: str = "auto",
        pooling: str = "max_mean",
        dense_units: int | None = 64,
        dropout: float = 0.5,
        position: str | bool = "auto",
        alphabet: str = "auto",
        reverse_complement: str | bool = "auto",
        max_epochs: int | str = "auto",
        batch_size: int | str = "auto",
        lr: float = 3e-3,
        weight_decay: float = 1e-2,
        label_smoothing: float = 0.05,
        class_weight: dict | str | None = None,
        device: str = "auto",
        precision: str = "auto",
        random_state=None,
        verbose: int = 0,
    ):
        self.n_filters = n_filters
        self.kernel_size = kernel_size
        self.activation = activation
        self.pooling = pooling
        self.dense_units = dense_units
        self.dropout = dropout
        self.position = position
        self.alphabet = alphabet
        self.reverse_complement = reverse_complement
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.lr = lr
        self.weight_decay = weight_decay
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight
        self.device = device
        self.precision = precision
        self.random_state = random_state
        self.verbose = verbose
