"""
From edges to parts of digits
=============================

In a lecture on CNNs, layers see edges, then textures, then parts of objects. Digits have no
textures, but the rest can be seen in them. It is what :doc:`12_layers` shows for sequences:
k-mers, then motifs, then combinations of motifs.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.ndimage import zoom
from sklearn.datasets import load_digits

from sklearn_cnn import ImageCNNClassifier
from sklearn_cnn.inspection import FeatureMapDisplay, PatchDisplay, layer_patches

# %%
# Digits
# ------
# 8 x 8 pixels are few for three layers. So each digit gets a black margin, and all is
# enlarged to 40 x 40 pixels, of which the digit takes 20 x 20: it is the same, only smoother.

digits = load_digits()
X = zoom(np.pad(digits.images, [(0, 0), (4, 4), (4, 4)]), (1, 2.5, 2.5), order=1)
y = digits.target

# %%
# Three layers
# ------------
# Filters are 3 x 3 pixels wide, and after each layer the strongest response of 2 x 2 stays. So
# units of the first layer see 3 x 3 pixels of the image, those of the second 8 x 8, those of
# the third 18 x 18. Of these, the strongest response anywhere is kept (``pooling="max"``): the
# digit is read from what is in it, wherever it stands.

clf = ImageCNNClassifier(
    n_filters=(16, 32, 32), pooling="max", max_epochs=8, random_state=0
).fit(X[:1000], y[:1000])
print(f"Accuracy on 797 other digits: {clf.score(X[1000:], y[1000:]):.3f}")

# %%
# What excites a unit most
# ------------------------
# For each unit, the nine patches to which it responds most, each from another digit, and as
# large as what the unit sees. The most important units of a layer come first.
#
# The first layer has edges, dark on one side and bright on the other, in several directions,
# and the bright inside of strokes. The second has pieces of strokes: level, upright, slanted,
# bent. The third has arches, rings, corners and crossings.

found = layer_patches(clf, X[:1000])
PatchDisplay(patches=found).plot(n_units=6)
plt.show()

# %%
# Parts, or whole digits?
# -----------------------
# Which digits are the patches of the third layer from? A part that several digits share would
# be found in all of them. Some units have such a part; others have found one digit, of which
# they see the larger half. Nothing makes a network learn parts that have a name, and nine
# patches are the best of a thousand digits: weaker ones look less alike.

for unit in found.units.query("layer == 3")["unit"].head(10):
    images = found.patches(layer=3, unit=unit)["image"]
    print(f"unit {unit:2}: digits", *sorted(y[images]))

# %%
# Where one digit excites them
# ----------------------------
# The feature maps of one digit: what each filter gives at each place, those that respond most
# first. From layer to layer there is more of the digit in a value, and less of its place.

figure, axes = plt.subplots(3, 1, figsize=(8, 8), layout="constrained")
for layer, ax in enumerate(axes, start=1):
    FeatureMapDisplay.from_estimator(clf, X[3], layer=layer, max_filters=10, ax=ax)
    ax.set_title(f"layer {layer}", loc="left")
plt.show()
