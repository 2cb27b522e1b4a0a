"""
Why convolution?
================

A dense layer has a weight of its own for each letter at each place: it must learn a motif
anew wherever it may stand. A convolution slides one small filter along the sequence: what
it learns at one place it knows at all others, with a number of weights that does not
depend on the length. Both claims, one measured and one counted.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from tqdm import tqdm

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.preprocessing import SequenceEncoder

# %%
# Sequences with a motif in the left third
# ----------------------------------------
# Half of the sequences of 60 bp hold TGACGTCA, the site of CREB, within the first 20 bp.
# The test sequences are others, in which the sites lie up to 40 bp further to the right.

length, width, n_units, filter_width = 60, 20, 32, 8
shifts = np.arange(0, length - width + 1, 4)


def simulate(n_samples, shift, seed):
    """Sequences and classes; sites lie within `width` bp from `shift` on."""
    return make_motif_classification(
        n_samples,
        length,
        motif="TGACGTCA",
        region=(shift, shift + width),
        random_state=seed,
    )


# %%
# A dense and a convolutional network
# -----------------------------------
# 32 hidden units, or 32 filters of 8 bp. ``position=False`` lets the CNN see what is in a
# sequence, but not where: right where the places differ between training and use, as
# here. ``linear_models=None`` leaves it alone, without the linear models that stand
# beside it by default. Five times, new sequences and new initial weights.


def make_models(seed):
    """The two networks, unfitted."""
    return {
        "dense": make_pipeline(
            SequenceEncoder(), MLPClassifier(n_units, max_iter=500, random_state=seed)
        ),
        "convolution": MotifCNNClassifier(
            n_filters=n_units,
            kernel_size=filter_width,
            position=False,
            linear_models=None,
            random_state=seed,
        ),
    }


rows = []
for seed in tqdm(range(5), desc="Seeds"):
    X, y = simulate(3000, 0, seed)
    tests = {shift: simulate(1000, shift, 100 + seed) for shift in shifts}
    models = make_models(seed)
    for name, model in models.items():
        model.fit(X, y)
        rows += [(name, shift, model.score(*test)) for shift, test in tests.items()]

accuracy = pd.DataFrame(rows, columns=["first layer", "shift (bp)", "accuracy"])
accuracy = accuracy.groupby(["first layer", "shift (bp)"])["accuracy"]
accuracy = accuracy.agg(["mean", "sem"]).unstack(level=0)
print("Accuracy on new sequences, mean and standard error (sem) over five times:\n")
print(accuracy.swaplevel(axis=1).sort_index(axis=1).round(3))

# %%
# In training, sites begin at 13 places; after a shift of 4 bp, nine of these are left, of 8
# bp five, of 12 bp one. The dense network knows the motif at these and guesses at others.
# The CNN knows it at every place.
#
# What it costs
# -------------
# Weights of the first layer, counted in the models of the last fit:

dense, cnn = models["dense"][-1], models["convolution"]
weights = {
    "dense": dense.coefs_[0].size,
    "convolution": cnn.weights_["0.trunk.0.conv.weight"].size,
}
print(pd.Series(weights).to_string())

# %%
# A dense layer of N inputs and M outputs has N x M weights. N is four letters times the
# length L. For 32 units that look at the whole sequence, M is 32; to look for 32 motifs at
# each place, as the convolution does, it is 32 L. The convolution has 4 x 8 x 32 weights
# at any length. Error bars are standard errors, smaller than the markers.

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
style = {
    "convolution": {"color": "#0072B2", "marker": "o"},
    "dense": {"color": "#D55E00", "marker": "s"},
}
for name in style:
    left.errorbar(
        shifts, accuracy["mean", name], accuracy["sem", name], capsize=3, **style[name]
    )
left.axhline(0.5, color="black", linewidth=0.8, linestyle=":")
left.text(shifts[-1], 0.51, "guessing", ha="right", va="bottom")
left.text(20, 0.985, "convolution", color=style["convolution"]["color"], va="top")
left.text(7, 0.75, "dense", color=style["dense"]["color"])
left.set(
    title="A motif moved to the right after training",
    xlabel="shift (bp)",
    ylabel="accuracy on new sequences",
    ylim=(0.45, 1.03),
)

lengths = np.geomspace(20, 2000, 50)
inputs = 4 * lengths
lines = {
    "dense, 32 units at each place": (inputs * n_units * lengths, "dense", "--"),
    "dense, 32 units": (inputs * n_units, "dense", "-"),
    "convolution, 32 filters": (
        np.full(50, 4 * filter_width * n_units),
        "convolution",
        "-",
    ),
}
for label, (counts, name, linestyle) in lines.items():
    right.plot(lengths, counts, linestyle, color=style[name]["color"], label=label)
for name, count in weights.items():
    right.plot(length, count, linestyle="", **style[name])
right.text(length * 1.15, 2500, "marked: the networks on the left", va="center")
right.set(
    title="Weights of the first layer",
    xlabel="length of the sequences (bp)",
    ylabel="number of weights",
    xscale="log",
    yscale="log",
)
right.legend(frameon=False)
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)
plt.show()
