"""Measured and predicted numbers of sequences that were held out."""

import matplotlib.pyplot as plt
from _guide import BLUE, GREY

from sklearn_cnn import MotifCNNRegressor
from sklearn_cnn.datasets import make_motif_regression

X, y = make_motif_regression(600, length=60, motif="GABPA", noise=1, random_state=0)
reg = MotifCNNRegressor(n_filters=16, motif_bank=None, random_state=0).fit(
    X[:300], y[:300]
)
predicted = reg.predict(X[300:])

figure, ax = plt.subplots(figsize=(4.6, 4.2))
ends = y[300:].min(), y[300:].max()
ax.plot(ends, ends, color=GREY, lw=1)
ax.scatter(y[300:], predicted, color=BLUE, s=14, alpha=0.6)
ax.set(xlabel="measured", ylabel="predicted", aspect="equal")
ax.set_title(f"R² = {reg.score(X[300:], y[300:]):.2f}", loc="left")
plt.show()
