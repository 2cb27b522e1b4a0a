"""
Finds the cat wherever it is?
=============================

Lectures say of a CNN that it finds the cat wherever it is, since its filters slide over the
whole image with shared weights. Which part of the network makes that true? Here the cats
are digits. In training they stand at the left of a wide canvas; in the test, anywhere.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from tqdm import tqdm

from sklearn_cnn import ImageCNNClassifier

# %%
# Digits on a wide canvas
# -----------------------
# 8 x 8 pixels on 8 x 24: there are 17 places. 1,200 digits are for training, all at the left;
# the other 597 are for the test, each of them at each place.

images, y = load_digits(return_X_y=True)
images = images.reshape(-1, 8, 8) / 16
train, test = slice(1200), slice(1200, None)
shifts = range(17)


def place(images, shift):
    """Images that stand `shift` pixels from the left of the canvas."""
    return np.pad(images, ((0, 0), (0, 0), (shift, 16 - shift)))


# %%
# Four networks
# -------------
# - A dense network: each hidden unit has a weight of its own for each pixel.
# - The lecture's chain: convolution and pooling, twice, then flatten. Filters are shared by
#   all places, but behind them each place has weights of its own.
# - The same chain with the maximum over all places instead of flatten: of each filter of
#   the last layer, only its strongest response goes on.
# - That without the local pooling of 2 x 2 blocks (``pool_size=None``), with filters of
#   5 x 5, so that those of the second layer still see a whole digit.
#
# None sees shifted digits in training: ``augment=None``, the default, changes no image.

chain = {"n_filters": (16, 32), "max_epochs": 15, "augment": None, "random_state": 0}
networks = {
    "dense": make_pipeline(
        FunctionTransformer(lambda X: X.reshape(len(X), -1)),
        MLPClassifier(64, learning_rate_init=0.005, max_iter=300, random_state=0),
    ),
    "convolution, then flatten": ImageCNNClassifier(pooling="flatten", **chain),
    "convolution, then maximum": ImageCNNClassifier(pooling="max", **chain),
    "convolution, then maximum, no blocks": ImageCNNClassifier(
        pooling="max", pool_size=None, kernel_size=5, **chain
    ),
}
accuracy = pd.DataFrame(index=pd.Index(shifts, name="shift"))
for name, network in (bar := tqdm(networks.items(), desc="Networks")):
    bar.set_postfix_str(name)
    network.fit(place(images[train], 0), y[train])
    accuracy[name] = [network.score(place(images[test], s), y[test]) for s in shifts]
print(f"\n{accuracy.loc[[0, 1, 2, 3, 4, 8, 16]].round(2).to_string()}")

# %%
# Accuracy against the shift
# --------------------------
# Shared filters alone are not enough. With flatten, the layers behind the filters have
# learned where each stroke is. Local pooling forgives a pixel or two, in part; from three
# pixels on the network guesses, as the dense one does. It is the maximum over all places
# that finds the cat wherever it is.
#
# The zigzag comes from local pooling: blocks begin at every second pixel, and a digit that
# is shifted by an odd number is cut into other blocks. Without blocks it is gone.

colors = "#7f7f7f", "#d55e00", "#56b4e9", "#0072b2"
markers = "sv^o"
figure = plt.figure(figsize=(8, 6), layout="constrained")
top, bottom = figure.subfigures(2, 1, height_ratios=[1, 4])
shown = 0, 4, 10, 16
titles = "as in training", *(f"shifted by {shift}" for shift in shown[1:])
for ax, shift, title in zip(top.subplots(1, 4), shown, titles, strict=True):
    ax.imshow(place(images[test][y[test] == 0][:1], shift)[0], cmap="gray_r")
    ax.set(title=title, xticks=[], yticks=[])
ax = bottom.subplots()
for (name, values), color, marker in zip(
    accuracy.items(), colors, markers, strict=True
):
    ax.plot(shifts, values, color=color, marker=marker, label=name)
ax.set(xlabel="shift of the test digits, in pixels", ylabel="accuracy", ylim=(0, 1.05))
ax.axhline(0.1, color="black", linewidth=0.8, linestyle=":")
ax.annotate("guessing", (16, 0.1), (0, -14), textcoords="offset points", ha="right")
ax.legend(loc="center right", bbox_to_anchor=(1, 0.52), reverse=True)
plt.show()
