"""
Read handwritten digits
=======================

1,797 digits of 8 x 8 grey pixels, as they come with scikit-learn. A CNN beside a support
vector machine and a random forest: the CNN knows that pixels have neighbours, the others
see 64 columns in no order.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.svm import SVC
from tqdm import tqdm

from sklearn_cnn import ImageCNNClassifier
from sklearn_cnn.inspection import FilterDisplay

digits = load_digits()
images, y = digits.images, digits.target
rows = images.reshape(len(images), -1)
print(f"images {images.shape}, rows {rows.shape}, pixels 0 to {images.max():.0f}")

# %%
# Three models, the same folds
# ----------------------------
# The CNN takes images; rows of pixels would do, with ``image_shape=(8, 8)``. Each digit is
# predicted by a model that has not seen it.

models = {
    "random forest": (RandomForestClassifier(random_state=0), rows),
    "SVM": (SVC(gamma=0.001, C=10), rows),
    "CNN": (ImageCNNClassifier(random_state=0), images),
}
folds = StratifiedKFold(5, shuffle=True, random_state=0)
predicted = {}
for name, (model, X) in (bar := tqdm(models.items(), desc="Cross-validation")):
    bar.set_postfix_str(name)
    predicted[name] = cross_val_predict(model, X, y, cv=folds)

table = pd.DataFrame(
    {
        "accuracy": {name: (p == y).mean() for name, p in predicted.items()},
        "wrong digits": {name: (p != y).sum() for name, p in predicted.items()},
    }
)
print(f"\n{table.round(4)}")

# %%
# Moved digits
# ------------
# Shared weights find a stroke wherever it is. How much that helps shows where test digits
# are moved by one pixel, to the left or to the right, which no model has seen in training.

train, test = next(folds.split(images, y))
clf = ImageCNNClassifier(random_state=0).fit(images[train], y[train])
moved = {
    shift: np.pad(images[test], ((0, 0), (0, 0), (1, 1)))[..., 1 - shift : 9 - shift]
    for shift in (-1, 0, 1)
}
on_moved = {"CNN": [clf.score(X, y[test]) for X in moved.values()]}
for name in ("SVM", "random forest"):
    model = models[name][0].fit(rows[train], y[train])
    on_moved[name] = [model.score(X.reshape(-1, 64), y[test]) for X in moved.values()]
print(f"\n{pd.DataFrame(on_moved, index=['left', 'in place', 'right']).round(3)}")

# %%
# Filters, and digits that are misread
# ------------------------------------
# Each of the first layer's filters weighs a pixel and its eight neighbours: edges of several
# directions, ends and spots. The digits are those that the CNN misread in
# cross-validation.

wrong = np.flatnonzero(predicted["CNN"] != y)[:12]

figure = plt.figure(figsize=(9, 5), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=[1, 1.6], wspace=0.05)

left.suptitle("Filters of the first layer")
FilterDisplay.from_estimator(clf, ax=left.subplots())

right.suptitle("Misread by the CNN")
axes = right.subplots(3, 4)
for ax in axes.flat:
    ax.axis("off")
for ax, index in zip(axes.flat, wrong, strict=False):
    ax.imshow(images[index], cmap="gray_r")
    ax.set_title(f"{y[index]} read as {predicted['CNN'][index]}", fontsize="small")
plt.show()
