"""From k-mers to motifs to combinations of them: what each layer looks for."""

from numbers import Integral, Real

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_cnn._image import BaseImageCNN
from sklearn_cnn.architectures._motif_cnn import MotifCNN
from sklearn_cnn.datasets._information import information
from sklearn_cnn.inspection._checks import check_sequence_estimator
from sklearn_cnn.inspection.layers._hierarchy import Hierarchy
from sklearn_cnn.inspection.layers._layer_windows import LayerWindows
from sklearn_cnn.inspection.layers._member_network import member_network
from sklearn_cnn.inspection.layers._unit_responses import (
    find_responses,
    receptive_fields,
)
from sklearn_cnn.inspection.motifs._motif_pairs import Planting, find_pairs
from sklearn_cnn.inspection.motifs._motif_parts import consensus
from sklearn_cnn.preprocessing._alphabet import Alphabet
from sklearn_cnn.preprocessing._codes import encode

_UNIT = ["layer", "unit", "importance", "n_windows", "information", "consensus"]
_SPACING = ["pair", "spacing", "response"]
_PAIR = [
    "layer",
    "unit",
    "start",
    "first",
    "second",
    "spacing",
    "best_spacing",
    "together",
    "first_alone",
    "second_alone",
    "first_unit",
    "second_unit",
]


@validate_params(
    {
        "threshold": [Interval(Real, 0, 1, closed="neither")],
        "member": [Interval(Integral, 0, None, closed="left")],
    },
    prefer_skip_nested_validation=True,
)
def layer_motifs(
    estimator: BaseEstimator,
    X: ArrayLike,
    *,
    threshold: float = 0.7,
    member: int = 0,
) -> Hierarchy:
    """Find what the units of each layer of a fitted network look for.

    A unit is looked at by the windows of sequences that excite it: where they stand,
    and which letters are frequent in them. In a first layer these are k-mers or
    motifs. Units behind it see wider windows, in which there may be several motifs at
    a fixed spacing; such pairs are then planted into random sequences, to see whether
    the unit needs both, and at which spacing.

    Parameters
    ----------
    estimator : MotifCNNClassifier or MotifCNNRegressor
        Fitted on sequences of symbols.

    X : container of str of shape (n_sequences,)
        Sequences to look at, a few hundred or more, in which what was learned occurs;
        such as the training set.

    threshold : float, default=0.7
        A window counts that excites a unit at least so much, as a share of its
        strongest response. For first layers one half is usual [1]_; but of two motifs
        that a unit adds up, one alone gives a half.

    member : int, default=0
        Which network of an ensemble. What stands beside the networks (k-mers, known
        motifs) has no layers.

    Returns
    -------
    Hierarchy
        An object that prints as a table. Layers count from 1, which reads the letters;
        units count from 0, as in `weights_`. Its attributes:

        receptive_fields : tuple of int
            Letters that a unit of each layer sees at once.
        symbols : str
            The symbols, in the order of the columns of frequency matrices.
        frequencies : tuple of ndarray of shape (n_units, receptive_field, n_symbols)
            Of each layer: how frequent each symbol is at each position of the windows
            that excite a unit; NaN of a unit that nothing excites.
        units : DataFrame
            One row a unit that something excites, the most important first within its
            layer: "layer", "unit", "importance", "n_windows", "information" (bits of
            the whole matrix) and "consensus" (the commonest symbol, "." where it makes
            up no half).
        pairs : DataFrame
            One row a pair of motifs both of which a unit behind the first layer needs,
            those of the most important units first. "layer" and "unit"; "start", where
            in the window the first motif begins; "first" and "second", the motifs as
            words; "spacing", the letters between them. From words planted into random
            sequences, as shares of the unit's strongest response to X: "together", to
            both words at "spacing", "first_alone" and "second_alone", to one word;
            "best_spacing", the spacing to which it responds most; "first_unit" and
            "second_unit", the units of the first layer that these words excite most.
        spacings : DataFrame
            The "response" at each "spacing" of the words of each pair; "pair" is its
            row in `pairs`.

        Its method ``windows(layer, unit)`` returns a DataFrame of the windows that
        excite a unit, the strongest first: "sequence" (index into X), "start" and "end"
        (counted from 0, the end excluded), "strand" ("+", or "-" where the opposite one
        is read), "activation", and "letters", as the unit reads them.

    Raises
    ------
    TypeError
        If `estimator` is no motif estimator of this package, or X holds no strings.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    ValueError
        If it was fitted on signals, or on tracks beside symbols; if there is no such
        member; if sequences have not the length that the network reads positions of;
        if all are shorter than the receptive field of a layer.

    See Also
    --------
    HierarchyDisplay : One figure of all layers.
    layer_patches : The same for images.
    FeatureMapDisplay : What the units give at each position of one sequence.

    Notes
    -----
    A sequence gives each unit one window at most, the one that excites it most on
    either strand, if the estimator reads both. Windows that reach over an end do not
    count. Behind local pooling (`pool_size`) windows are wider and begin at blocks of
    letters, so that motifs which may stand anywhere blur within them; the layer ahead
    of the pooling shows them sharply.

    The importance of a unit is the standard deviation, over sequences, of the sum over
    positions of activation times gradient of the network's output: to first order, how
    much of the differences between sequences goes through this unit. Over several
    outputs, variances are added up.

    A motif within a matrix is a run of three columns or more that have a quarter of the
    possible information each, with one other column at most between two of them. So
    motifs with less than two letters between them are one. The words of a pair are
    planted into the same 30 random sequences, whose letters are as frequent as in X.
    Two motifs are a pair if both together, at the spacing that they have in the
    windows, excite the unit at least as much as `threshold` says, and neither alone.

    A unit need not stand for anything: networks use combinations of units, a unit may
    respond to several things, whose windows then blur each other, and a pair of
    motifs may be split between two units or be seen by the dense layers alone. What a
    unit reports is what excites it, not what the model as a whole does.

    References
    ----------
    .. [1] P. K. Koo and S. R. Eddy, "Representation learning of genomic sequence motifs
       with convolutional neural networks", PLOS Computational Biology 15(12), e1007560
       (2019). doi:10.1371/journal.pcbi.1007560

    Examples
    --------
    >>> from sklearn_cnn import MotifCNNClassifier
    >>> from sklearn_cnn.datasets import make_motif_classification
    >>> from sklearn_cnn.inspection import layer_motifs
    >>> X, y = make_motif_classification(400, 40, "TGACGTCA", random_state=0)
    >>> clf = MotifCNNClassifier(
    ...     n_filters=(8, 8), kernel_size=(5, 7), lr=0.01, max_epochs=5, position=False,
    ...     linear_models=None, random_state=0,
    ... ).fit(X, y)
    >>> found = layer_motifs(clf, X)
    >>> found.receptive_fields
    (5, 11)
    >>> best = found.units.query("layer == 2").iloc[0]
    >>> "ACGT" in best["consensus"]
    True
    """
    if isinstance(estimator, BaseImageCNN):
        raise TypeError(
            "estimator must be MotifCNNClassifier or MotifCNNRegressor; got a "
            f"{type(estimator).__name__}, for which there is layer_patches"
        )
    check_sequence_estimator(estimator)
    codes, lengths, alphabet = _encode(estimator, X)
    network = member_network(estimator, member)
    fields = receptive_fields(network)
    for layer, field in enumerate(fields, start=1):
        if field.width > lengths.max():
            raise ValueError(
                f"units of layer {layer} see {field.width} letters at once, but the "
                f"longest sequence in X has {lengths.max()}"
            )
    responses = find_responses(
        network,
        codes,
        lengths,
        alphabet,
        both_strands=estimator.reverse_complement_,
    )
    layers = [
        LayerWindows(codes, alphabet, found, width=field.width, threshold=threshold)
        for field, found in zip(fields, responses, strict=True)
    ]
    frequencies = tuple(
        np.array([layer.frequencies(unit) for unit in range(layer.n_units)])
        for layer in layers
    )
    units = _tabulate_units(layers, frequencies)
    pairs, spacings = _tabulate_pairs(network, layers, frequencies, units)
    return Hierarchy(
        layers, frequencies=frequencies, units=units, pairs=pairs, spacings=spacings
    )


def _encode(estimator, X) -> tuple[np.ndarray, np.ndarray, Alphabet]:
    """Codes and lengths of sequences that the estimator can read."""
    alphabet = estimator.alphabet_
    if estimator.n_channels_ > len(alphabet.symbols):
        raise ValueError(
            f"the {type(estimator).__name__} was fitted on {estimator.n_channels_} "
            "channels, but sequences of symbols without further tracks are needed"
        )
    codes, lengths, alphabet = encode(X, alphabet)
    other = np.flatnonzero(lengths != estimator.length_)
    if estimator.position_ and len(other):
        raise ValueError(
            f"X[{other[0]}] has {lengths[other[0]]} letters, but the network reads "
            f"positions in sequences of {estimator.length_}"
        )
    return codes, lengths, alphabet


def _tabulate_units(layers: list[LayerWindows], frequencies) -> pd.DataFrame:
    """The table of units."""
    rows = []
    for number, (layer, matrices) in enumerate(
        zip(layers, frequencies, strict=True), start=1
    ):
        importance = layer.responses.importance
        for unit in np.argsort(-importance, kind="stable"):
            n_windows = len(layer.rows(unit))
            if n_windows:
                bits = information(matrices[unit], n_windows).clip(min=0)
                rows.append(
                    {
                        "layer": number,
                        "unit": int(unit),
                        "importance": importance[unit],
                        "n_windows": n_windows,
                        "information": bits.sum(),
                        "consensus": consensus(matrices[unit], layer.alphabet.symbols),
                    }
                )
    return pd.DataFrame(rows, columns=_UNIT)


def _tabulate_pairs(
    network: MotifCNN, layers: list[LayerWindows], frequencies, units: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables of pairs and of the responses at each spacing."""
    first, alphabet = layers[0], layers[0].alphabet
    symbols = np.array(list(alphabet.symbols))
    counts = np.bincount(first.codes.ravel(), minlength=len(symbols))[: len(symbols)]
    planting = Planting(
        network, alphabet.columns[: len(symbols)], counts / counts.sum()
    )
    usual = np.full(first.n_units, np.inf)
    for unit in range(first.n_units):
        if len(rows := first.rows(unit)):
            usual[unit] = first.responses.activation[rows, unit].mean()
    pairs, spacings = [], []
    for row in units[units["layer"] > 1].itertuples():
        layer = layers[row.layer - 1]
        for pair, responses in find_pairs(
            planting,
            row.layer,
            row.unit,
            frequencies[row.layer - 1][row.unit],
            row.n_windows,
            strongest=layer.strongest(row.unit),
            threshold=layer.threshold,
            usual=usual,
        ):
            for end in ("first", "second"):
                pair[end] = "".join(symbols[pair[end]])
            spacings.append(
                pd.DataFrame(
                    {
                        "pair": len(pairs),
                        "spacing": range(len(responses)),
                        "response": responses,
                    }
                )
            )
            pairs.append(pair)
    if not pairs:
        return pd.DataFrame(columns=_PAIR), pd.DataFrame(columns=_SPACING)
    return pd.DataFrame(pairs)[_PAIR], pd.concat(spacings, ignore_index=True)
