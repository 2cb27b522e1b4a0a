"""The one training loop: a private skorch net without skorch's per-batch costs."""

from functools import partial

import torch
from skorch import NeuralNet
from skorch.callbacks import EarlyStopping

from sklearn_cnn.training._cuda_graphs import CUDAGraphs
from sklearn_cnn.training._micro_batches import MicroBatches
from sklearn_cnn.training._processes import Processes
from sklearn_cnn.training._stopping import StopTraining
from sklearn_cnn.training._threads import end_if_stopped


class Net(NeuralNet):
    """skorch's `NeuralNet` over batches that lie on the device already.

    `X` of its fit loop is an iterable of batches. Losses are summed on the device, with
    one synchronisation an epoch, so that an accelerator never waits for Python.

    With `mixed`, products and convolutions run in bfloat16. Its range is that of single
    precision, so that the loss need not be scaled; weights keep their precision.

    With `graphs`, a GPU repeats its steps by itself; see `CUDAGraphs`.

    Where the memory of the device is too small for a batch, `micro_batches` cuts it
    into parts, whose gradients are added up. Of several `processes`, each computes the
    gradients of its own rows of a batch; these are added up, too.
    """

    # Made when the training begins.
    graphs_ = None

    def __init__(
        self,
        *args,
        micro_batches: MicroBatches,
        processes: Processes | None = None,
        mixed: bool = False,
        graphs: bool = False,
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.micro_batches = micro_batches
        self.processes = processes or Processes()
        self.mixed = mixed
        self.graphs = graphs

    @property
    def _default_callbacks(self):
        return []

    def train(self, batches) -> None:
        """Train until the last epoch, or until a callback stops the training.

        A KeyboardInterrupt ends the training, too: `interrupted_` then says so, and
        `n_complete_` is the number of epochs that ended before.
        """
        self.interrupted_, self.n_complete_ = False, 0
        if self.graphs:
            self.graphs_ = CUDAGraphs(
                self.module_, self._add_gradients, batches.generator
            )
        # Some callbacks expect y; here it is in the batches.
        self.notify("on_train_begin", X=batches, y=None)
        try:
            # Of a training that goes on, some epochs are done.
            self.n_complete_ = len(self.history)
            self.fit_loop(batches, epochs=self.max_epochs - self.n_complete_)
        except StopTraining:
            pass
        except KeyboardInterrupt:
            self.interrupted_ = True
        finally:
            self.graphs_ = None  # They hold memory of the device.
            self.notify("on_train_end", X=batches, y=None)

    def notify(self, method_name, **kwargs):
        """Call all callbacks, then stop if one of them asks for it.

        skorch's `EarlyStopping` asks by a KeyboardInterrupt; any other comes from the
        user.
        """
        getattr(self, method_name)(self, **kwargs)
        stop = False
        for _, callback in self.callbacks_:
            try:
                getattr(callback, method_name)(self, **kwargs)
            except StopTraining:
                stop = True
            except KeyboardInterrupt:
                if not isinstance(callback, EarlyStopping):
                    raise
                stop = True
        self.n_complete_ += method_name == "on_epoch_end"
        if stop:
            raise StopTraining

    def get_split_datasets(self, X, y=None, **fit_params):
        """Batches to train on, and none to validate on: our `EarlyStopping` does it."""
        return X, None

    def get_iterator(self, dataset, training=False):
        """The batches themselves."""
        return dataset

    def infer(self, x, **fit_params):
        """Outputs of the module for a batch, in the precision of the weights."""
        if not self.mixed:
            return super().infer(x, **fit_params)
        with torch.autocast(torch.device(self.device).type, torch.bfloat16):
            return super().infer(x, **fit_params).float()

    def _set_training(self, training=True):
        """Set the mode of all layers, where it is another: skorch does in each step."""
        if self.module_.training != training:
            super()._set_training(training)

    def train_step_single(self, batch, **fit_params):
        """Compute the gradients of a batch, in parts if it does not fit whole."""
        n_rows = len(batch[1][1])
        if self.graphs_ is not None and (step := self.graphs_.step(batch)):
            return step
        if self.processes.n == 1:
            return self.micro_batches.run(partial(self._add_gradients, batch), n_rows)
        # In parts, the processes would not wait for each other at the same places.
        step = self._add_gradients(batch, [self.processes.divide(n_rows)])
        gradients = [parameter.grad for parameter in self.module_.parameters()]
        gradients = [gradient for gradient in gradients if gradient is not None]
        self.processes.add_up([*gradients, step["loss"]])
        return step

    def _add_gradients(self, batch, parts: list[slice] | None = None) -> dict:
        """Add up the gradients of the parts of a batch, or of the whole."""
        # What an attempt that ran out of memory has left.
        self._zero_grad_optimizer()
        if parts is None or parts == [slice(0, len(batch[1][1]))]:
            return super().train_step_single(batch)
        self._set_training(True)
        x, (targets, weights) = batch
        # The loss is a mean over known targets: a part counts by how many it has.
        known = ~targets.isnan()
        losses, outputs = [], []
        for rows in parts:
            output = self.infer({name: values[rows] for name, values in x.items()})
            share = known[rows].sum() / known.sum().to(output.dtype)
            loss = share * self.get_loss(output, (targets[rows], weights[rows]))
            loss.backward()
            losses.append(loss.detach())
            outputs.append(output.detach())
        return {"loss": sum(losses), "y_pred": torch.cat(outputs)}

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Loss of a batch whose targets are on the device already."""
        return self.criterion_(y_pred, y_true)

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        """Run through the batches once; record the mean loss over rows."""
        if iterator is None:
            return
        if self.micro_batches.n_parts > 1:
            self.graphs_ = None  # Whole batches do not fit.
        if self.graphs_ is not None:
            self.graphs_.begin_epoch()
        total = torch.zeros((), device=self.device)
        n_rows = 0
        for batch in iterator:
            end_if_stopped()
            self.notify("on_batch_begin", batch=batch, training=training)
            step = step_fn(batch, **fit_params)
            n = len(batch[1][1])
            total += step["loss"].detach() * n
            n_rows += n
            self.notify("on_batch_end", batch=batch, training=training, **step)
        self.history.record(f"{prefix}_loss", total.item() / n_rows)
