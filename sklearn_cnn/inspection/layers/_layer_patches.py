"""From edges to parts of objects: what each layer looks for in images."""

from collections.abc import Iterator
from numbers import Integral

import torch
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_cnn._fitted_model import FittedModel
from sklearn_cnn._motif import BaseMotifCNN
from sklearn_cnn.architectures._image_cnn import ImageCNN
from sklearn_cnn.inputs._device_inputs import DeviceInputs
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.inspection._checks import check_image_estimator
from sklearn_cnn.inspection.layers._feature_maps import Layers, map_fields, run_layers
from sklearn_cnn.inspection.layers._member_network import member_network
from sklearn_cnn.inspection.layers._patches import LayerPatches, Patches
from sklearn_cnn.inspection.layers._spread import Spread

_ROWS_AT_ONCE = 64


@validate_params(
    {
        "n_patches": [Interval(Integral, 1, None, closed="left")],
        "member": [Interval(Integral, 0, None, closed="left")],
    },
    prefer_skip_nested_validation=True,
)
def layer_patches(
    estimator: BaseEstimator,
    X: ArrayLike,
    *,
    n_patches: int = 9,
    member: int = 0,
) -> Patches:
    """Find what the units of each layer of a fitted network look for in images.

    A unit is looked at by the patches of images that excite it most, cut at its
    receptive field: all that it sees. In a first layer these are edges and spots; units
    behind it see more of the image, and may respond to textures and to parts of
    objects.

    Parameters
    ----------
    estimator : ImageCNNClassifier or ImageCNNRegressor
        Fitted.

    X : array-like of n_images images
        Images to look at, a few hundred or more, of the size that the estimator was
        fitted on; such as the training set.

    n_patches : int, default=9
        At most so many patches a unit, each from another image.

    member : int, default=0
        Which network of an ensemble.

    Returns
    -------
    Patches
        An object that prints as a table. Layers count from 1, which reads the pixels;
        units count from 0, as in `weights_`. Its attributes:

        receptive_fields : tuple of (int, int)
            Height and width of what a unit of each layer sees at once, in pixels.
        units : DataFrame
            One row a unit that something excites, the most important first within its
            layer: "layer", "unit", "importance", "n_patches", and "activation", the
            strongest one.

        Its method ``patches(layer, unit)`` returns a DataFrame of the patches of a
        unit, the strongest first: "image" (index into X), "top", "bottom", "left" and
        "right" (pixels, counted from 0; "bottom" and "right" excluded), "activation".
        ``pixels(layer, unit)`` returns the patches themselves, (n, height, width), or
        (n, height, width, n_channels) of several channels, in the unit of X.

    Raises
    ------
    TypeError
        If `estimator` is none for images.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    ValueError
        If X holds no images such as it was fitted on, or there is no such member.

    See Also
    --------
    PatchDisplay : One figure of all layers.
    FeatureMapDisplay : What the units give at each place of one image.
    layer_motifs : The same for sequences.

    Notes
    -----
    Looked at is what a unit gives after its activation, before local pooling. An image
    gives each unit one patch at most, where it responds most. (Of several places that
    excite it alike, the first counts, row by row.)

    A receptive field grows by the width of a filter less one with each layer. Local
    pooling by two doubles the distance between neighbouring places, and with it all
    that is added later: two layers of filters of 3 x 3 pixels see 3 and 8 pixels, a
    third one 18.

    At its border, a network goes on with zeros. So fields may reach over the border of
    the image: "top" and "left" can be below zero, "bottom" and "right" larger than the
    image. There, the patch is NaN. Where units see much of the image, most patches
    are so.

    Importance is that of :func:`layer_motifs`: the standard deviation, over images, of
    the sum over places of activation times gradient of the network's output.

    A unit need not stand for anything, and its strongest patches are not all that it
    responds to: what the patches have in common is a guess about the unit, which other
    images may refute. Patches are found, not made, after [1]_.

    References
    ----------
    .. [1] M. D. Zeiler and R. Fergus, "Visualizing and understanding convolutional
       networks", ECCV 2014. doi:10.1007/978-3-319-10590-1_53

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_cnn import ImageCNNClassifier
    >>> from sklearn_cnn.inspection import layer_patches
    >>> digits = load_digits()
    >>> X, y = digits.images[:500], digits.target[:500]
    >>> clf = ImageCNNClassifier(n_filters=(8, 8), max_epochs=3, random_state=0)
    >>> found = layer_patches(clf.fit(X, y), X)
    >>> found.receptive_fields
    ((3, 3), (8, 8))
    >>> best = found.units.query("layer == 2").iloc[0]
    >>> found.pixels(layer=2, unit=int(best["unit"])).shape
    (9, 8, 8)
    """
    if isinstance(estimator, BaseMotifCNN):
        raise TypeError(
            "estimator must be ImageCNNClassifier or ImageCNNRegressor; got a "
            f"{type(estimator).__name__}, for which there is layer_motifs"
        )
    check_image_estimator(estimator)
    inputs = FittedModel(estimator).read(X)
    network = member_network(estimator, member)
    layers = [
        LayerPatches(inputs.values, fields, n_patches=n_patches)
        for fields in map_fields(network)
    ]
    spreads = [Spread() for _ in layers]
    for run in _batches(network, inputs):
        for layer, spread, maps, contributions in zip(
            layers, spreads, run.maps, _contributions(run), strict=True
        ):
            layer.add(maps.numpy())
            spread.add(contributions)
    return Patches(layers, [spread.total() for spread in spreads])


def _batches(network: ImageCNN, inputs: Inputs) -> Iterator[Layers]:
    """What the layers give for some images at a time."""
    dtype = next(network.parameters()).dtype
    images = DeviceInputs(inputs, torch.device("cpu"), dtype)
    n_rows = inputs.rows_at_once(_ROWS_AT_ONCE)
    for start in range(0, len(inputs), n_rows):
        x = images.batch(slice(start, start + n_rows))
        yield run_layers(network, x.requires_grad_())


def _contributions(run: Layers) -> list[torch.Tensor]:
    """Of each layer, activation times gradient, summed: (n_outputs, n, n_units).

    Of what pooling leaves: places that it drops have no gradient.
    """
    by_output = [
        torch.autograd.grad(output.sum(), run.pooled, retain_graph=True)
        for output in run.outputs.unbind(dim=1)
    ]
    return [
        torch.stack([(values.detach() * g).sum(dim=(2, 3)) for g in gradients])
        for values, *gradients in zip(run.pooled, *by_output, strict=True)
    ]
