"""Two networks that others trained, written down from their papers.

Their weights are files of the user's; only the names of the layers are those of the
files.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn


class SpliceNetwork(nn.Module):
    """SpliceAI with a context of 80 nucleotides: three logits a nucleotide.

    Dilated residual units on 32 channels, with skip connections to the output
    (Jaganathan et al., 2019, doi:10.1016/j.cell.2018.12.015). The 40 nucleotides at
    either end are context.
    """

    n_channels, width, n_units, context = 32, 11, 4, 80

    def __init__(self):
        super().__init__()
        n = self.n_channels
        self.initial_conv = nn.Conv1d(4, n, 1)
        self.initial_skip = _Skip(n)
        units = [_ResidualUnit(n, self.width) for _ in range(self.n_units)]
        self.residual_units = nn.ModuleList([*units, _Skip(n)])
        self.final_conv = nn.Conv1d(n, 3, 1)

    def forward(self, x):
        x = self.initial_conv(x)
        skipped = self.initial_skip(x)
        *units, skip = self.residual_units
        for unit in units:
            x = unit(x)
        skipped = skipped + skip(x)
        overhang = self.context // 2
        return self.final_conv(skipped[..., overhang:-overhang])


class _Skip(nn.Module):
    def __init__(self, n_channels):
        super().__init__()
        self.conv = nn.Conv1d(n_channels, n_channels, 1)

    def forward(self, x):
        return self.conv(x)


class _ResidualUnit(nn.Module):
    def __init__(self, n_channels, width):
        super().__init__()
        for i in (1, 2):
            self.add_module(f"batchnorm{i}", nn.BatchNorm1d(n_channels))
            conv = nn.Conv1d(n_channels, n_channels, width, padding="same")
            self.add_module(f"conv{i}", conv)

    def forward(self, x):
        y = self.conv1(F.leaky_relu(self.batchnorm1(x), 0.1))
        return x + self.conv2(F.leaky_relu(self.batchnorm2(y), 0.1))


class ResNet20(nn.Module):
    """Residual network of 20 layers for 32 x 32 pixels in colour, ten logits.

    Where the channels double, the shortcut takes every second pixel and adds empty
    channels (He et al., 2016, doi:10.1109/CVPR.2016.90, option A). Images are
    standardised by ImageNet's means and deviations, as in its training.
    """

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(*(_Block(16, 16) for _ in range(3)))
        self.layer2 = nn.Sequential(_Block(16, 32), _Block(32, 32), _Block(32, 32))
        self.layer3 = nn.Sequential(_Block(32, 64), _Block(64, 64), _Block(64, 64))
        self.linear = nn.Linear(64, 10)
        for name, values in (
            ("mean", (0.485, 0.456, 0.406)),
            ("std", (0.229, 0.224, 0.225)),
        ):
            value = torch.tensor(values).view(1, 3, 1, 1)
            self.register_buffer(name, value, persistent=False)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1((x - self.mean) / self.std)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean(dim=(2, 3)))


class _Block(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.stride = n_out // n_in
        stride = self.stride
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(n_out)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(n_out)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        shortcut = x[..., :: self.stride, :: self.stride]
        empty = (y.shape[1] - x.shape[1]) // 2
        return F.relu(y + F.pad(shortcut, (0, 0, 0, 0, empty, empty)))


def load_splice_network(path: Path) -> SpliceNetwork:
    """With weights of OpenSpliceAI."""
    return _load(SpliceNetwork(), torch.load(path, "cpu", weights_only=True))


def load_resnet(path: Path) -> ResNet20:
    """With weights of pytorch_resnet_cifar10."""
    state = torch.load(path, "cpu", weights_only=True)["state_dict"]
    return _load(ResNet20(), {k.removeprefix("module."): v for k, v in state.items()})


def _load(network: nn.Module, state: dict) -> nn.Module:
    network.load_state_dict(state)
    return network.eval()
