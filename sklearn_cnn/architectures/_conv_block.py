"""Convolution, batch normalisation, activation."""

import torch
import torch.nn.functional as F
from torch import nn

from sklearn_cnn.architectures._autocast import autocast_dtype, without_autocast
from sklearn_cnn.architectures._batch_norm import WeightedBatchNorm
from sklearn_cnn.architectures._exponential import Exponential
from sklearn_cnn.architectures._local_pool import begin_at_first_letter, pool_flags
from sklearn_cnn.architectures._window_layer import WindowActivations
from sklearn_cnn.architectures._windows import Windows, window_moments
from sklearn_cnn.architectures._workspace import Workspace

# Up to this many values in a window, one matrix product beats a convolution.
_NARROW = 256

ACTIVATIONS = {"exponential": Exponential, "relu": nn.ReLU}


class ConvBlock(nn.Module):
    """One layer of a trunk: filters slide along the input with shared weights.

    The output is as long as the input ("same" padding with zeros). So a motif that is
    cut off at an end is seen, and sequences may be shorter than the filters.

    Parameters
    ----------
    in_channels, n_filters, kernel_size : int
        Shape of the convolution.
    activation : {"exponential", "relu"}
        The activation behind batch normalisation.
    pool_size : int
        Number of neighbouring positions whose maximum is kept; 1 for no pooling, where
        `pool` is None. `forward` does not pool: the network calls `pool`, together with
        the pooling of the mask.
    """

    # Lent in training and prediction, see `in_parts`.
    workspace: Workspace | None = None

    def __init__(self, in_channels, n_filters, kernel_size, activation, pool_size=1):
        super().__init__()
        # Batch normalisation brings a bias of its own.
        self.conv = nn.Conv1d(
            in_channels, n_filters, kernel_size, padding=kernel_size // 2, bias=False
        )
        self.norm = WeightedBatchNorm(n_filters)
        self.activation = ACTIVATIONS[activation]()
        self.pool = None
        if pool_size > 1:
            # The last block may be shorter.
            self.pool = nn.MaxPool1d(pool_size, ceil_mode=True)

    def forward(
        self,
        x: torch.Tensor,
        mask: torch.Tensor | None = None,
        weight: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Map x (n, in_channels, length) to activations (n, n_filters, length).

        Activations are zero where `mask` (n, 1, length) is 0. `weight` is that of each
        value in the statistics of batch normalisation, in training.
        """
        x = self.activation(self.before_activation(x, weight))
        return x if mask is None else x * mask

    def before_activation(
        self, x: torch.Tensor, weight: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Map x (n, in_channels, length) to scores (n, n_filters, length).

        A score is the normalised convolution, before the activation.
        """
        length = x.shape[2]
        if self.workspace is None or has_hooks(self.conv):
            x = self.conv(x)
        else:
            x = self._convolve_channels_last(x)
        if x.shape[2] > length:
            # An even filter with kernel_size // 2 zeros at both ends.
            x = x[..., :length]
        return self.norm(x, weight)

    def _convolve_channels_last(self, x: torch.Tensor) -> torch.Tensor:
        """Compute what `conv` does, with the channels of a position side by side.

        PyTorch has this order for two axes only, and is then up to twice as fast.
        """
        image = x[:, :, None].contiguous(memory_format=torch.channels_last)
        filters, padding = self.conv.weight[:, :, None], (0, *self.conv.padding)
        return F.conv2d(image, filters, padding=padding).squeeze(2)

    def pooled_activations(
        self,
        x: torch.Tensor,
        mask: torch.Tensor | None,
        known: torch.Tensor | None,
        weight: torch.Tensor | None,
    ) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
        """Activations of windows, and after local pooling if there is any.

        The same as `forward` and `pool_blocks`, which describes arguments and results;
        `weight` (n,) is that of each row.
        """
        pool_size, inside = 1, mask
        if self.pool is not None:
            pool_size = self.pool.kernel_size
            if mask is not None:
                x, mask, known = begin_at_first_letter(x, mask, known)
            # With padding to whole blocks, of activation zero.
            missing = -x.shape[2] % pool_size
            inside = torch.ones_like(x[:, :1]) if missing and mask is None else mask
            x, inside = (
                None if each is None else F.pad(each, (0, missing))
                for each in (x, inside)
            )
            mask, known = pool_flags(self.pool, mask, known)
        parts = self.windows_and_filters(x, inside, weight)
        inside = None if inside is None else inside.transpose(1, 2)
        x = WindowActivations.apply(*parts, self.activation, inside, pool_size)
        return x.transpose(1, 2), mask, known

    def takes_windows(self, x: torch.Tensor) -> bool:
        """Whether windows of x are multiplied by filters, for the same numbers.

        So they are where there is a workspace, unless someone looks on: by hooks on the
        layers, or for the gradient of x.
        """
        return (
            self.workspace is not None
            and self._is_narrow
            and not x.requires_grad
            and not has_hooks(self)
        )

    @property
    def _is_narrow(self) -> bool:
        return self.conv.weight[0].numel() <= _NARROW

    def windows_and_filters(
        self,
        x: torch.Tensor,
        mask: torch.Tensor | None = None,
        weight: torch.Tensor | None = None,
    ) -> tuple[Windows, torch.Tensor]:
        """Windows and filters whose products are scores, as `before_activation` has.

        Returns
        -------
        windows : Windows
            Multiplied in bfloat16 where PyTorch computes products in it.
        filters : torch.Tensor of shape (n_columns, n_filters)
            With the normalisation in them.
        """
        filters = self.conv.weight.transpose(1, 2).flatten(1)
        width, batch = self.conv.kernel_size[0], None
        # A prediction must not depend on the other rows of its batch.
        windows = Windows(
            x, width, self.workspace, autocast_dtype(x), may_look_up=self.training
        )
        with without_autocast(x):
            if self.norm.takes_batch:
                add_up = self.norm.sum_over_processes
                mean, covariance = window_moments(x, windows, mask, weight, add_up)
                exact = filters.to(mean.dtype)
                variance = ((exact @ covariance) * exact).sum(dim=1).clamp(min=0)
                batch = (exact @ mean).to(x.dtype), variance.to(x.dtype)
            scale, shift = self.norm.scale_and_shift(batch)
            filters = torch.cat([(filters * scale[:, None]).T, shift[None]])
        return windows, filters


def has_hooks(module: nn.Module) -> bool:
    """Whether a module, or one inside it, has hooks."""
    return any(
        part._forward_hooks
        or part._forward_pre_hooks
        or part._backward_hooks
        or part._backward_pre_hooks
        for part in module.modules()
    )
