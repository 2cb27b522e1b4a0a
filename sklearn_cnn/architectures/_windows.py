"""Windows of the input of a convolution, and their mean and covariance.

A convolution multiplies each window x of its input by its filters, the rows of a matrix
W. The outputs W x are linear in the window. Over all windows of a batch, with mean m
and covariance S,

    the mean of W x is      W m,
    the variance of W x is  the diagonal of W S W',

since the mean of a sum is the sum of the means, and w'(x - m) squared has the mean
w' E[(x - m)(x - m)'] w = w' S w. So batch normalisation of a convolution needs no look
at its outputs: m and S say all. They have few numbers (76 columns for DNA and filters
of 19 letters) and do not depend on the filters, so that no gradient flows into them.
"""

from collections.abc import Callable
from functools import cache

import torch
import torch.nn.functional as F

from sklearn_cnn.architectures._words import (
    is_one_hot,
    look_up,
    n_word_rows,
    word_numbers,
    word_table,
)
from sklearn_cnn.architectures._workspace import Workspace

# Words for each place of a window, at most: the table is to fit in a processor's cache.
_MOST_WORDS = 512


class Windows:
    """Windows of x (n, channels, length), one around each position; on a CPU.

    Zeros stand beyond the ends. As a matrix, a window is a row with the values position
    by position, and a 1 at the end: what multiplies it is a bias. Matrices are made for
    a few sequences at a time.

    Products are looked up by words where all letters of x allow it and
    `may_look_up` is true: their rounding then depends on the other rows. Otherwise they
    are products of matrices, in `product_dtype`.
    """

    def __init__(
        self,
        x: torch.Tensor,
        width: int,
        workspace: Workspace,
        product_dtype: torch.dtype | None = None,
        *,
        may_look_up: bool = True,
    ):
        _, self.channels, self.length = x.shape
        self.width, self.workspace = width, workspace
        self.product_dtype = product_dtype or x.dtype
        n_columns = width * self.channels
        padded = F.pad(x.transpose(1, 2), (0, 0, width // 2, width // 2)).flatten(1)
        self.values = padded.unfold(1, n_columns, self.channels)[:, : self.length]
        self.words = None
        # PyTorch has no fast sum of rows of other types; "meta" holds no letters.
        on_cpu = x.device.type == "cpu" and x.dtype == torch.float32
        if may_look_up and on_cpu and is_one_hot(x):
            self.words = word_numbers(x, width, self.length, self._word_length)

    def __len__(self) -> int:
        return len(self.values)

    def matrix(self, rows: slice) -> torch.Tensor:
        """Windows (n_windows, n_columns + 1) of some rows of x."""
        values = self.values[rows]
        shape = *values.shape[:2], values.shape[2] + 1
        matrix = self.workspace.take("windows", shape, values)
        matrix[..., :-1] = values
        matrix[..., -1] = 1
        return matrix.flatten(0, 1).to(self.product_dtype)

    def products(self, filters: torch.Tensor) -> Callable[[slice], torch.Tensor]:
        """Function of rows that gives products (n_windows, n_filters) with filters.

        `filters` is (n_columns + 1, n_filters).
        """
        if self.words is None:
            factor = filters.to(self.product_dtype)
            return lambda rows: (self.matrix(rows) @ factor).to(filters.dtype)
        table = word_table(filters, self.width, self.channels, self._word_length)
        return lambda rows: look_up(self.words[rows], table)

    @property
    def _word_length(self) -> int:
        length = 1
        while n_word_rows(self.channels, 1, length + 1) <= _MOST_WORDS:
            length += 1
        return length

    def into_filters(self, rows: slice, gradient: torch.Tensor) -> torch.Tensor:
        """Gradient of the filters from that of products (n_rows, length, n_filters)."""
        factor = gradient.flatten(0, 1).to(self.product_dtype)
        return (self.matrix(rows).T @ factor).to(gradient.dtype)


def window_moments(
    x: torch.Tensor,
    windows: Windows,
    mask: torch.Tensor | None = None,
    weight: torch.Tensor | None = None,
    sum_over_processes: Callable[[torch.Tensor], torch.Tensor] | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean (n_columns,) and covariance (n_columns, n_columns) of windows.

    Parameters
    ----------
    x : torch.Tensor of shape (n, channels, length)
        The input; zero where the mask is.
    windows : Windows
        Its windows.
    mask : torch.Tensor of shape (n, 1, length) or None
        Windows around places where it is 0 do not count. None counts all.
    weight : torch.Tensor of shape (n,) or None
        How much the windows of a row count. None counts all alike.
    sum_over_processes : callable or None
        Adds up a tensor over the processes that share a batch, if there are several.
    """
    n, _, length = x.shape
    width = windows.width
    # Neighbours in a signal are alike: their differences need the digits.
    x = x.double()
    mask, weight = (None if each is None else each.double() for each in (mask, weight))
    if weight is None:
        weight = x.new_ones(n)
    weight = weight[:, None, None]
    first, second = _sums_over_all(x, width, weight)
    n_counted = length
    if mask is not None:
        # Windows around padding that reach into the sequence.
        near = F.max_pool1d(mask, width, 1, width // 2)[..., :length] > mask
        row, place = near[:, 0].nonzero(as_tuple=True)
        outside = windows.values[row, place].to(x.dtype)
        weighted = outside * weight[row, :, 0]
        first, second = first - weighted.sum(dim=0), second - outside.T @ weighted
        n_counted = mask.sum(dim=2, keepdim=True)
    total = (weight * n_counted).sum()
    if sum_over_processes is not None:
        first, second, total = map(sum_over_processes, (first, second, total))
    mean = first / total
    return mean, second / total - torch.outer(mean, mean)


def _sums_over_all(x, width, weight):
    """Sums (n_columns,) of the columns of all windows, and of their products.

    Each product is one of two letters at some distance. Products of a letter with all
    that follow, summed over the sequences, are made once for each place (a `width`-th
    of the work). What stands at place i of the windows is what stands at place i - 1,
    without the first letter and with one more at the end.
    """
    _, channels, length = x.shape
    n_columns = width * channels
    before = width // 2
    padded = F.pad(x.transpose(1, 2), (0, 0, before, 2 * (width - 1) - before))
    letters = padded[:, : length + width - 1]
    following = padded.flatten(1).unfold(1, n_columns, channels).transpose(0, 1)
    letters = letters * weight
    products = torch.bmm(letters.permute(1, 2, 0), following)
    products = torch.cat([products, letters.sum(dim=0)[..., None]], dim=2)
    at_first_place = products[:length].sum(dim=0, keepdim=True)
    change = products[length:] - products[: width - 1]
    sums = torch.cat([at_first_place, change]).cumsum(dim=0)
    index = _index_of_products(width, channels).to(x.device)
    return sums[..., -1].flatten(), sums.take(index)


@cache
def _index_of_products(width: int, channels: int) -> torch.Tensor:
    """Where the product of two columns of a window stands in sums of products.

    Those are (width, channels, n_columns + 1): the place of the first letter, its
    channel, and the column of the other letter counted from that place.
    """
    n_columns = width * channels
    column = torch.arange(n_columns, device="cpu")
    first, other = column[:, None], column
    first, other = torch.minimum(first, other), torch.maximum(first, other)
    place = first // channels
    return first * (n_columns + 1) + other - place * channels
