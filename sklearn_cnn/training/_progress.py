"""Progress shown during a fit."""

from skorch.callbacks import Callback
from tqdm import tqdm


class ProgressBar(Callback):
    """One bar over all epochs of a fit, with the training loss at its end."""

    def __init__(self, description: str):
        self.description = description

    def on_train_begin(self, net, **kwargs):
        """Open the bar."""
        self.bar_ = tqdm(total=net.max_epochs, desc=self.description, unit="epoch")

    def on_epoch_end(self, net, **kwargs):
        """Move the bar by one epoch."""
        self.bar_.set_postfix(loss=f"{net.history[-1, 'train_loss']:.4f}")
        self.bar_.update()

    def on_train_end(self, net, **kwargs):
        """Close the bar."""
        self.bar_.close()
