"""The training loop, and what it needs: batches, losses, devices, seeds."""
