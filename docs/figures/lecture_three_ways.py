"""Three ways of using a CNN: how good with how few sequences, and what they cost."""

from time import perf_counter

import matplotlib.pyplot as plt
from _guide import BLUE, GREEN, GREY, VERMILION
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_cnn import MotifCNNClassifier, PretrainedFeatureExtractor
from sklearn_cnn.datasets import load_tf_binding

SIZES = (30, 100, 300)
X, y = load_tf_binding("RAD21", return_X_y=True)
X_test, y_test = load_tf_binding("RAD21", "test", return_X_y=True)

# One small network, without the linear models beside it.
alone = {"linear_models": None, "n_estimators": 1, "random_state": 0}
start = perf_counter()
source = MotifCNNClassifier(n_filters=16, max_epochs=10, **alone)
source.fit(*load_tf_binding("CTCF", return_X_y=True))
source_seconds = perf_counter() - start

ways = {
    "from scratch": (MotifCNNClassifier(n_filters=16, **alone), VERMILION),
    "fine-tuned": (MotifCNNClassifier(pretrained=source, **alone), BLUE),
    "features": (
        make_pipeline(
            PretrainedFeatureExtractor(source),
            StandardScaler(),
            LogisticRegression(C=0.01, max_iter=1000),
        ),
        GREEN,
    ),
}
auroc = {way: [] for way in ways}
seconds = {way: [] for way in ways}
for n in SIZES:
    X_few, _, y_few, _ = train_test_split(
        X, y, train_size=n, stratify=y, random_state=0
    )
    for way, (model, _) in ways.items():
        start = perf_counter()
        model.fit(X_few, y_few)
        seconds[way].append(perf_counter() - start)
        auroc[way].append(roc_auc_score(y_test, model.predict_proba(X_test)[:, 1]))

figure, (left, right) = plt.subplots(
    1, 2, figsize=(7.8, 3), width_ratios=(1.2, 1), layout="constrained"
)
for way, (_, color) in ways.items():
    left.plot(SIZES, auroc[way], "o-", color=color, label=way, linewidth=2)
left.set(
    xscale="log",
    xticks=SIZES,
    xticklabels=SIZES,
    ylim=(0.73, 1.01),
    xlabel="sequences of RAD21 to learn from",
    ylabel="AUROC on others",
)
left.xaxis.set_minor_locator(plt.NullLocator())
left.legend(loc="lower right", frameon=False)

rows = [("once: the source\n(2,000 of CTCF)", source_seconds, GREY)]
rows += [(way, seconds[way][1], color) for way, (_, color) in ways.items()]
names, values, colors = zip(*rows, strict=True)
bars = right.barh(names, values, color=colors)
right.bar_label(bars, fmt="{:.2g}", padding=4)
right.invert_yaxis()
right.margins(x=0.15)
right.set(xlabel="seconds, with 100 sequences")
right.tick_params(axis="y", length=0)
plt.show()
