"""Batches in parts, where the memory of the device is too small for whole ones."""

from collections.abc import Callable
from itertools import pairwise

import torch

from sklearn_cnn import _defaults
from sklearn_cnn._package import warn

# What errors of the CPU, of MPS and of CUDA's libraries say, which have no class of
# their own.
_MESSAGES = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "ALLOC_FAILED",
)


class MicroBatches:
    """Cuts batches into as many parts as the memory of the device needs.

    A batch that does not fit is run anew, in twice as many parts; so are all batches
    after it. The first one warns.

    Parameters
    ----------
    consequence : str
        Ends the warning: what the parts change.
    remedy : str
        Ends the error, where not even the smallest parts fit.
    min_rows : int
        Rows of the smallest parts.
    """

    def __init__(self, consequence: str, remedy: str, min_rows: int = 1):
        self.consequence = consequence
        self.remedy = remedy
        self.min_rows = min_rows
        self.n_parts = 1

    def run(self, function: Callable[[list[slice]], object], n_rows: int):
        """Return what the function makes of the parts of a batch.

        Parameters
        ----------
        function : callable
            Takes the slices of rows that are the parts. It is called again where the
            memory is too small, and must leave nothing behind that would then count.
        n_rows : int
            Rows of the batch.

        Raises
        ------
        torch.OutOfMemoryError
            If the smallest parts do not fit; a note says what to do.
        """
        while True:
            n_parts = max(1, min(self.n_parts, n_rows // self.min_rows))
            bounds = [n_rows * i // n_parts for i in range(n_parts + 1)]
            try:
                return function([slice(*ends) for ends in pairwise(bounds)])
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                if 2 * n_parts * self.min_rows > n_rows:
                    error.add_note(
                        f"{-(-n_rows // n_parts)} rows at a time do not fit into the "
                        f"memory of the device: {self.remedy}"
                    )
                    raise
            # After the error is gone, whose traceback holds tensors.
            _release_cached_memory()
            if self.n_parts == 1:
                warn(
                    f"the device is out of memory with a batch of {n_rows} rows; "
                    f"batches are now run in parts. {self.consequence}"
                )
            self.n_parts = 2 * n_parts

    def map(
        self, function: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor
    ) -> torch.Tensor:
        """Return what the function makes of the rows of x."""
        return self.run(
            lambda parts: torch.cat([function(x[rows]) for rows in parts]), len(x)
        )


def micro_batches_of_training() -> MicroBatches:
    """Batches of a training, whose gradients do not depend on the parts.

    Batch normalisation does, and needs some rows.
    """
    return MicroBatches(
        "Their gradients are added up, so that batch_size and lr keep their meaning, "
        "but batch normalisation sees the parts: results differ from those of a larger "
        "memory. A smaller batch_size needs less",
        "lower n_filters, raise pool_size, pass shorter inputs, precision='mixed' or "
        "device='cpu', or end what else runs on the device",
        min_rows=_defaults.MIN_ROWS,
    )


def micro_batches_of_predictions() -> MicroBatches:
    """Batches of predictions, which do not depend on the parts but for rounding."""
    return MicroBatches(
        "Predictions change by no more than rounding",
        "pass shorter inputs or device='cpu', or end what else runs on the device",
    )


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error says that the memory of a device is too small."""
    return isinstance(error, torch.OutOfMemoryError) or any(
        message in str(error) for message in _MESSAGES
    )


def _release_cached_memory() -> None:
    """Give memory that PyTorch keeps for later back to the device."""
    torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()
