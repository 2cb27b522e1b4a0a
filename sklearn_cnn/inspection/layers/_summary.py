"""What a network is made of, as a table."""

from dataclasses import dataclass
from html import escape
from numbers import Integral

import pandas as pd
from sklearn.utils.validation import check_is_fitted
from torch import nn

from sklearn_cnn._base import BaseCNN
from sklearn_cnn._fitted_model import FittedModel
from sklearn_cnn._motif import BaseMotifCNN
from sklearn_cnn.architectures._gapped_words import GappedWords
from sklearn_cnn.architectures._stacked_model import StackedModel
from sklearn_cnn.inspection.layers._layer_table import layer_table

# Positions of the input where the estimator takes any length.
_ANY_LENGTH = 1000


@dataclass(frozen=True, repr=False)
class Summary:
    """What `summary` returns, where its attributes are described."""

    name: str
    input_shape: tuple[int, ...]
    layers: pd.DataFrame
    parts: pd.DataFrame | None = None
    n_networks: int = 1
    both_strands: bool = False

    @property
    def n_parameters(self) -> int:
        """Parameters of one network."""
        return int(self.layers["parameters"].sum())

    def __repr__(self) -> str:
        tables = [table.to_string(index=False) for table in self._tables()]
        return "\n\n".join([self._title(), *tables])

    def _repr_html_(self) -> str:
        tables = [table.to_html(index=False, border=0) for table in self._tables()]
        return "\n".join([f"<p>{escape(self._title())}</p>", *tables])

    def _title(self) -> str:
        strands = ", both strands" if self.both_strands else ""
        networks = f"{self.n_networks} networks of " if self.n_networks > 1 else ""
        return (
            f"{self.name}: {networks}{self.n_parameters:,} parameters, "
            f"input {_by(self.input_shape)}{strands}"
        )

    def _tables(self) -> list[pd.DataFrame]:
        """The tables as they are shown."""
        layers = self.layers.assign(
            output_shape=self.layers["output_shape"].map(_by),
            parameters=self.layers["parameters"].map("{:,}".format),
            receptive_field=self.layers["receptive_field"].map(_by),
        )
        tables = [layers]
        if self.parts is not None and len(self.parts) > 1:
            parts = self.parts.assign(
                features=self.parts["features"].map(_by),
                parameters=self.parts["parameters"].map("{:,}".format),
            )
            weights = parts.columns[3:]
            parts[weights] = parts[weights].map("{:.2f}".format)
            tables.append(parts)
        names = {"output_shape": "output", "receptive_field": "receptive field"}
        return [table.rename(columns=names) for table in tables]


def summary(
    model: BaseCNN | nn.Module, *, input_shape: tuple[int, ...] | None = None
) -> Summary:
    """What a network is made of: layers, shapes, parameters, receptive fields.

    Parameters
    ----------
    model : estimator or torch.nn.Module
        A fitted estimator of this package, for sequences, signals, images or profiles,
        or any network in PyTorch that takes one array of floats.
    input_shape : tuple of int, default=None
        Shape of one input: (n_channels, length), or (n_channels, height, width). None
        is the shape that the estimator was fitted on, with a length of 1,000 where
        lengths differed; a module needs one.

    Returns
    -------
    Summary
        A table that prints, and renders in notebooks. Its numbers are in

        - `layers`: a DataFrame with a row a layer, in the order in which they are run,
          of one network. "layer" is its name in the network, "kind" its class or what
          it does; "output_shape" is that for one input; "parameters" are those that are
          trained or frozen, each counted once; "receptive_field" is how many positions
          of the input one position of the output depends on, for images (height,
          width). It is missing where a layer sees the whole input, or where it is not
          known: it is followed through convolutions, local pooling, batch normalisation
          and activations;
        - `n_parameters`: the sum of "parameters";
        - `parts`: a DataFrame of what adds up to the prediction: "network" (all of
          them), and the linear models beside it, with their numbers of "features" and
          "parameters" and the "weight" of each (where outputs differ in it, one column
          an output: "weight" and its class or number). None for a module. It is shown
          where there is more than the network;
        - `n_networks` and `both_strands`: how many networks of these layers the
          prediction is the mean of, and whether each reads both strands (with the same
          weights).

    Raises
    ------
    TypeError
        If `model` is neither an estimator of this package nor a module.
    ValueError
        If `model` is a module, and there is no `input_shape`; or if it is no shape of
        an input that the network can read.
    NotFittedError
        If the estimator is not fitted.

    See Also
    --------
    layer_motifs : What the units of each layer look for.

    Examples
    --------
    >>> from sklearn_cnn import MotifCNNClassifier
    >>> from sklearn_cnn.datasets import make_motif_classification
    >>> from sklearn_cnn.inspection import summary
    >>> X, y = make_motif_classification(20, length=200, random_state=0)
    >>> settings = {"position": False, "linear_models": None, "max_epochs": 1}
    >>> clf = MotifCNNClassifier(**settings, random_state=0)
    >>> table = summary(clf.fit(X, y))
    >>> table  # doctest: +NORMALIZE_WHITESPACE
    MotifCNNClassifier: 13,569 parameters, input 4 x 200, both strands
                  layer         kind   output parameters receptive field
           trunk.0.conv       Conv1d 64 x 200      4,864              19
           trunk.0.norm    BatchNorm 64 x 200        128              19
     trunk.0.activation  Exponential 64 x 200          0              19
    global_head.pooling max and mean      128          0
       global_head.norm    BatchNorm      128        256
    global_head.dense.1       Linear       64      8,256
    global_head.dense.2         ReLU       64          0
    global_head.dense.4       Linear        1         65
    >>> table.n_parameters
    13569
    """
    if input_shape is not None:
        input_shape = _check_shape(input_shape)
    if isinstance(model, BaseCNN):
        return _of_estimator(model, input_shape)
    if not isinstance(model, nn.Module):
        raise TypeError(
            "model must be an estimator of sklearn_cnn or a torch.nn.Module; got a "
            f"{type(model).__name__}"
        )
    if input_shape is None:
        raise ValueError(
            f"input_shape is None, but a module ({type(model).__name__}) does not say "
            "what it takes; pass the shape of one input, such as input_shape=(4, 200) "
            "for four channels and 200 positions"
        )
    return Summary(type(model).__name__, input_shape, layer_table(model, input_shape))


def _check_shape(input_shape) -> tuple[int, ...]:
    entries = tuple(input_shape) if isinstance(input_shape, (list, tuple)) else ()
    if not entries or not all(isinstance(n, Integral) and n >= 1 for n in entries):
        raise ValueError(
            "input_shape must be None or a tuple of ints >= 1, the shape of one input "
            f"without the axis of samples; got {input_shape!r}"
        )
    return entries


def _of_estimator(estimator: BaseCNN, input_shape) -> Summary:
    check_is_fitted(estimator)
    if input_shape is None:
        is_motif = isinstance(estimator, BaseMotifCNN)
        size = (
            (estimator.length_ or _ANY_LENGTH,) if is_motif else estimator.image_size_
        )
        input_shape = (estimator.n_channels_, *size)
    model = FittedModel(estimator).model()
    layers = layer_table(model.networks.members[0].eval(), input_shape)
    return Summary(
        type(estimator).__name__,
        input_shape,
        layers,
        _parts(estimator, model),
        len(model.networks.members),
        model.networks.complement_order is not None,
    )


def _parts(estimator, model: StackedModel) -> pd.DataFrame:
    """Networks and linear models, and what each counts."""
    weights = model.weight.double().numpy()
    features, parameters = [None], [_count(model.networks)]
    for branch in model.branches.values():
        words = branch.features
        is_scored = isinstance(words, GappedWords)
        features.append(words.n_words if is_scored else branch.linear.in_features)
        weight = words.weight if is_scored else branch.linear.weight
        parameters.append(weight.numel() + branch.linear.bias.numel())
    parts = pd.DataFrame(
        {
            "part": ["network", *model.branches],
            "features": pd.array(features, "Int64"),
            "parameters": parameters,
        }
    )
    if (weights == weights[:, :1]).all():
        return parts.assign(weight=weights[:, 0])
    outputs = getattr(estimator, "classes_", range(weights.shape[1]))
    for output, column in zip(outputs, weights.T, strict=True):
        parts[f"weight {output}"] = column
    return parts


def _count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _by(shape) -> str:
    """Sizes of the axes in words."""
    if isinstance(shape, tuple):
        return " x ".join(f"{size:,}" for size in shape)
    return "" if pd.isna(shape) else f"{shape:,}"
