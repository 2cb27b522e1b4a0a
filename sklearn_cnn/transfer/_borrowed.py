"""Networks that others trained, from which fine-tuning starts."""

import inspect
import os
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from sklearn_cnn.backbones._borrowed_config import BorrowedConfig, drop_weights
from sklearn_cnn.backbones._families import (
    FAMILIES,
    LOADERS,
    is_name,
    load_by_name,
    of_type,
)
from sklearn_cnn.backbones._fingerprint import fingerprint
from sklearn_cnn.backbones._in_package import IN_PACKAGE, file_of
from sklearn_cnn.backbones._layer_features import name_layer_in_errors, private_copy
from sklearn_cnn.backbones._structure import trained_dtype, with_memory
from sklearn_cnn.inputs._device_inputs import DeviceInputs
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.storage._estimators import public_estimators
from sklearn_cnn.training._device import dtype_on, resolve_device
from sklearn_cnn.training._weights import load_weights, weights_of
from sklearn_cnn.transfer._source import resolve_source

# Parameters that say what our own networks are made of.
_OF_OUR_OWN = "n_filters", "kernel_size", "activation", "pool_size", "pooling"


class BorrowedSource:
    """A network that others trained, as the source of a fine-tuning.

    Parameters
    ----------
    model : object
        What was loaded, or a module. It stays as it is.
    layer, pooling, bins
        As `PretrainedFeatureExtractor` takes them.

    Raises
    ------
    ValueError
        If nothing in it can be trained.
    """

    def __init__(self, model, layer=None, pooling="auto", bins="all"):
        self.model, self.layer, self.pooling, self.bins = model, layer, pooling, bins
        self.backbone = of_type(FAMILIES, model)(model, layer, pooling, "auto")
        self.backbone.choose_bins(bins)
        module = self.backbone.module
        tensors = (*module.parameters(), *module.buffers())
        if any(tensor.is_meta for tensor in tensors):
            raise ValueError(
                "pretrained holds a network without weights (on PyTorch's device "
                "'meta'); load them first"
            )
        if not any(p.is_floating_point() for p in module.parameters()):
            raise ValueError(
                f"pretrained holds a {type(module).__name__} without parameters, so "
                "that nothing in it can be trained; put a PretrainedFeatureExtractor "
                "of it before another estimator"
            )
        self.alphabet_ = self.backbone.alphabet
        # By which a checkpoint knows it again.
        self.fingerprint_ = fingerprint(self.backbone)

    @property
    def weights_(self) -> dict[str, np.ndarray]:
        """Weights by name, as those of a network of its own."""
        return {
            f"0.trunk.{name}": _as_array(tensor)
            for name, tensor in self.backbone.module.state_dict().items()
        }

    def encode(self, images) -> Inputs:
        """Images (n, channels, height, width) as the network reads them."""
        self._check_made_for("images")
        return self.backbone.network_inputs(images)

    def config(self, estimator, inputs: Inputs) -> BorrowedConfig:
        """Architecture of the network under a new head, for an estimator's inputs.

        Raises
        ------
        ValueError
            If the network is not for such inputs, or parameters of the estimator ask
            for another architecture.
        """
        self._check_fit_for(estimator)
        alphabet = getattr(estimator, "alphabet_", None)
        if alphabet is not None:
            self.backbone.alphabet = alphabet
        n_features, blocks = self._run_longest(estimator, inputs)
        reads_length = getattr(estimator, "position_", True)
        return BorrowedConfig(
            source=drop_weights(self.model),
            layer=self.layer,
            pooling=self.pooling,
            bins=self.bins,
            blocks=blocks,
            n_features=n_features,
            n_outputs=estimator._task.n_outputs,
            dense_units=estimator.dense_units,
            n_channels=inputs.n_channels,
            alphabet=alphabet,
            channel_means=_channel_means(inputs),
            length=inputs.length if reads_length else None,
        )

    def _check_made_for(self, kind: str) -> None:
        made_for = self.backbone.made_for
        if made_for not in (None, kind):
            raise ValueError(
                f"pretrained holds a model that reads {made_for}, but this estimator "
                f"is for {kind}"
            )

    def _check_fit_for(self, estimator) -> None:
        if not hasattr(estimator, "image_size_"):
            self._check_made_for("sequences")
        if self.backbone.made_for == "sequences" and estimator.alphabet_ is None:
            raise ValueError(
                "pretrained holds a model that reads sequences of letters, but X holds "
                "signals"
            )
        if estimator._per_position:
            raise ValueError(
                "output='profile' needs a network with an output for every position, "
                "but what pretrained holds is pooled; pass a fitted estimator of this "
                "package, or none"
            )
        defaults = inspect.signature(type(estimator)).parameters
        for parameter in _OF_OUR_OWN:
            value = getattr(estimator, parameter)
            if value != defaults[parameter].default:
                raise ValueError(
                    f"{parameter}={value!r}, but the network is what pretrained holds; "
                    f"leave {parameter} at its default"
                    + (
                        ", and pass PretrainedFeatureExtractor(..., pooling=...) as "
                        "pretrained"
                        if parameter == "pooling"
                        else ""
                    )
                )

    def _run_longest(self, estimator, inputs: Inputs) -> tuple[int, tuple[str, ...]]:
        """Run the longest input: number of features, names of blocks in their order."""
        device = resolve_device(estimator.device)
        dtype = dtype_on(device, trained_dtype(self.backbone.module))
        module = private_copy(self.backbone.module, device, dtype)
        blocks, finished = {}, []
        for name, block in _blocks(module):
            block.register_forward_pre_hook(
                # Those behind the layers that are read do not count.
                lambda _, args, name=name: (
                    None
                    if len(finished) == len(self.backbone.layers)
                    else blocks.setdefault(name)
                )
            )
        for layer in self.backbone.layers:
            module.get_submodule(layer).register_forward_hook(
                lambda *_: finished.append(None)
            )
        run = name_layer_in_errors(module)
        # It has no padding.
        longest = 0 if inputs.lengths is None else int(inputs.lengths.argmax())
        x = DeviceInputs(inputs[[longest]], device, dtype).batch(slice(None))
        with torch.no_grad():
            for _, part in self.backbone.groups(x, None):
                features = self.backbone.read(module, part, run)
        return features.shape[1], tuple(blocks)


def resolve_pretrained(pretrained, family: type):
    """Source that `pretrained` stands for: a fitted estimator, or a `BorrowedSource`.

    Parameters
    ----------
    pretrained : estimator, FrozenEstimator, extractor, module, str or path-like
        As the user gave it.
    family : type
        Class that an estimator must belong to.

    Raises
    ------
    FileNotFoundError
        If it is neither a name nor the path of a file.
    TypeError
        If it is none of these, or an estimator of another class.
    ValueError
        If it holds no network that can be trained.
    sklearn.exceptions.NotFittedError
        If an estimator is not fitted.
    """
    asked, model = (), pretrained
    if isinstance(pretrained, public_estimators()["PretrainedFeatureExtractor"]):
        pretrained._validate_params()
        asked = pretrained.layer, pretrained.pooling, pretrained.bins
        # Of a fitted one, what was loaded then.
        model = getattr(pretrained, "source_", pretrained.model)
        if isinstance(model, tuple(FAMILIES)):
            return BorrowedSource(model, *asked)
        if not is_name(model):
            raise TypeError(
                "pretrained is a PretrainedFeatureExtractor of "
                f"{_in_words(model)}; of one passed as pretrained, the model must be a "
                "torch.nn.Module or the name of a network that others trained. Pass an "
                "estimator of this package itself, and known motifs as motif_bank"
            )
    if isinstance(model, nn.Module):
        return BorrowedSource(model, *asked)
    if is_name(model):
        return BorrowedSource(load_by_name(model), *asked)
    model = file_of(model)
    if isinstance(model, (str, os.PathLike)) and not os.path.exists(model):
        names = *IN_PACKAGE, *(name for name in LOADERS if name != "deepbind")
        raise FileNotFoundError(
            f"pretrained={os.fspath(model)!r} is not the path of a file, nor the name "
            "of a network that can be trained; these begin with "
            f"{', '.join(map(repr, names))}"
        )
    source = resolve_source(model, family)
    is_borrowed = isinstance(source.architecture_, BorrowedConfig)
    return _of_fitted(source) if is_borrowed else source


def _of_fitted(estimator) -> BorrowedSource:
    """The trunk of the first network of a fitted estimator, borrowed before."""
    config = estimator.architecture_
    weights = {
        name.removeprefix("trunk."): array
        for name, array in weights_of(estimator.weights_, 0).items()
        if name.startswith("trunk.")
    }
    if isinstance(config.source, nn.Module):
        model = with_memory(config.source)
        load_weights(model, weights)
    else:
        model = replace(config.source, weights=weights)
    source = BorrowedSource(model, config.layer, config.pooling, config.bins)
    if hasattr(estimator, "training_hashes_"):
        source.training_hashes_ = estimator.training_hashes_
    return source


def _in_words(model) -> str:
    return repr(model) if isinstance(model, str) else f"a {type(model).__name__}"


def _blocks(module: nn.Module) -> list[tuple[str, nn.Module]]:
    """Names and modules of the children with weights; of an only child, its own."""
    name, parent = "", module
    # Each by one name, though modules may stand in several places.
    weights = [name for name, _ in module.named_parameters()]
    while children := list(_called_children(name, parent, weights)):
        has_own = next(parent.parameters(recurse=False), None) is not None
        if has_own or len(children) > 1:
            return children
        name, parent = children[0]
    return [(name, parent)]


def _called_children(
    name: str, parent: nn.Module, weights: list[str]
) -> Iterator[tuple[str, nn.Module]]:
    """Children with weights; those of lists, which are never called, in their place."""
    for key, child in parent.named_children():
        of_child = f"{name}.{key}" if name else key
        if isinstance(child, (nn.ModuleList, nn.ModuleDict)):
            yield from _called_children(of_child, child, weights)
        elif any(weight.startswith(f"{of_child}.") for weight in weights):
            yield of_child, child


def _channel_means(inputs: Inputs) -> tuple[float, ...]:
    """Mean of each channel of numbers, without padding; none of letters."""
    if inputs.alphabet is not None:
        return ()
    values = inputs.values.swapaxes(0, 1)
    return tuple(float(np.nanmean(channel, dtype=np.float64)) for channel in values)


def _as_array(tensor: torch.Tensor) -> np.ndarray:
    """Array of a tensor; half precision becomes single."""
    is_half = tensor.is_floating_point() and tensor.dtype.itemsize < 4
    return (tensor.float() if is_half else tensor).detach().cpu().numpy()
