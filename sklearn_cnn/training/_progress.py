"""Progress bars, shown with verbose=1: of a fit, and of other long calls."""

from skorch.callbacks import Callback
from tqdm import tqdm


class ProgressBar(Callback):
    """A bar over the epochs of a training, with the loss at its end."""

    def __init__(self, description: str):
        self.description = description

    def on_train_begin(self, net, **kwargs):
        """Open the bar; of a training that goes on, some epochs are done."""
        self.bar_ = tqdm(
            total=net.max_epochs,
            initial=len(net.history),
            desc=self.description,
            unit="epoch",
        )

    def on_epoch_end(self, net, **kwargs):
        """Move the bar by one epoch."""
        self.bar_.set_postfix(loss=f"{net.history[-1, 'train_loss']:.4f}")
        self.bar_.update()

    def on_train_end(self, net, **kwargs):
        """Close the bar."""
        self.bar_.close()


class Steps(tqdm):
    """A bar over all parts of a call; each part adds its number of steps."""

    def __init__(self, description: str, unit: str, verbose: int):
        super().__init__(total=0, desc=description, unit=unit, disable=not verbose)

    def expect(self, n: int) -> None:
        """Make the bar longer by `n` steps."""
        self.total += n
        self.refresh()
