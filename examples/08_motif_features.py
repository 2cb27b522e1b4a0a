"""
Put known motifs beside tabular columns
=======================================

Which transcription factor is behind it? Of many, the binding motif is known.
:class:`~sklearn_cnn.PretrainedFeatureExtractor` turns a column of sequences into 2,633
columns, the best score of each matrix of `JASPAR <https://jaspar.elixir.no>`__ along the
sequence, on either strand. They stand beside other columns of a table, any model of
scikit-learn reads them, and they have names.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.patches import Patch
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_cnn import MotifCNNClassifier, PretrainedFeatureExtractor
from sklearn_cnn.datasets import make_motif_classification

# %%
# A table in which two things must meet
# -------------------------------------
# Half of 2,000 stretches of DNA, each 100 bp, hold a site of GATA1 and one of RUNX1. A
# stretch is active where these sites are and the chromatin is open besides; the rule is
# wrong for one stretch in twenty. The last column, the distance to the next gene, has
# nothing to do with it.

sequences, has_sites = make_motif_classification(
    2000, length=100, motif=["GATA1", "RUNX1"], random_state=0
)
rng = np.random.default_rng(0)
table = pd.DataFrame(
    {
        "sequence": sequences,
        "accessibility": rng.normal(size=2000),
        "log_distance": rng.normal(size=2000),
    }
)
active = has_sites & (table["accessibility"] > -0.5)
active = np.where(rng.random(2000) < 0.05, 1 - active, active)
print(table.assign(active=active).head().round(2).to_string(max_colwidth=24))

X_train, X_test, y_train, y_test = train_test_split(
    table, active, test_size=0.5, stratify=active, random_state=0
)

# %%
# Motif scores, numbers, and both
# -------------------------------
# A column transformer hands each part its columns. Of the motifs, the 50 are kept whose
# scores differ most between the classes of the training set; since that is a step of the
# pipeline, the test set has no part in the choice.

numbers = ("passthrough", ["accessibility", "log_distance"])
motifs = (
    make_pipeline(PretrainedFeatureExtractor("jaspar"), SelectKBest(k=50)),
    "sequence",
)


def boosting(*columns):
    """Gradient boosting on some columns of the table."""
    return make_pipeline(
        make_column_transformer(*columns, verbose_feature_names_out=False),
        HistGradientBoostingClassifier(
            max_iter=50, max_leaf_nodes=8, early_stopping=False, random_state=0
        ),
    )


models = {
    "numbers": boosting(numbers),
    "motifs": boosting(motifs),
    "motifs and numbers": boosting(motifs, numbers),
}
scores = {}
for name, model in models.items():
    model.fit(X_train, y_train)
    scores[name] = roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])
print("Area under the ROC curve on the test set:\n")
print(pd.Series(scores).round(3).to_string())

# %%
# Which columns matter
# --------------------
# How much worse does the score become when a column of the test set is shuffled? The
# features have the names of the motifs. Mind that the factors of a family bind nearly the
# same words: their scores say nearly the same, so that trees which have read one of them
# need the others little, or share the importance out among them. Which member of the
# family binds, sequences alone do not tell. (The matrix of RUNX1 was measured in mice, and
# bears the mouse's name.)

features, classifier = models["motifs and numbers"]
columns = pd.DataFrame(
    features.transform(X_test), columns=features.get_feature_names_out()
)
shuffled = permutation_importance(
    classifier,
    columns.to_numpy(),
    y_test,
    scoring="roc_auc",
    n_repeats=5,
    random_state=0,
)
importance = pd.DataFrame(
    {"mean": shuffled.importances_mean, "std": shuffled.importances_std},
    index=columns.columns,
)
top = importance.nlargest(10, "mean")[::-1]

is_motif = ~top.index.isin(table.columns)
colors = {"motif": "#0072B2", "column of numbers": "#E69F00"}
figure, ax = plt.subplots(figsize=(7.5, 4.2), layout="constrained")
ax.barh(
    top.index.str.replace("_MA", "  MA"),
    top["mean"],
    xerr=top["std"],
    color=np.where(is_motif, *colors.values()),
    error_kw={"elinewidth": 1},
)
handles = [Patch(color=color, label=label) for label, color in colors.items()]
ax.legend(handles=handles, loc="lower right", frameon=False)
ax.set(
    xlabel="loss of area under the ROC curve when shuffled",
    title="The ten most important features",
)
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# Which layer of a network?
# -------------------------
# Features can also be what a network has learned, here from 1,000 other stretches, with
# known motifs and k-mers left out. Which of its layers says most about the sites is
# for a search to decide: clones keep the network as it is. "None" stands for what the last
# linear layer reads.

X, y = make_motif_classification(
    1000, length=100, motif=["GATA1", "RUNX1"], random_state=1
)
network = MotifCNNClassifier(
    n_filters=(16, 16), n_estimators=1, linear_models=None, random_state=0
).fit(X, y)
probe = Pipeline(
    [
        ("features", PretrainedFeatureExtractor(network)),
        ("logistic", make_pipeline(StandardScaler(), LogisticRegression())),
    ]
)
first, second = "trunk.0", "trunk.1"
search = GridSearchCV(
    probe,
    {"features__layer": [first, second, (first, second), None]},
    scoring="roc_auc",
    cv=5,
).fit(sequences[:300], has_sites[:300])
by_layer = pd.DataFrame(search.cv_results_)
by_layer.index = by_layer["param_features__layer"].map(str).rename("layer")
print("Area under the ROC curve, mean of five folds:\n")
print(by_layer[["mean_test_score", "std_test_score"]].round(3).to_string())

# %%
# Embeddings beside numbers
# -------------------------
# What a network gives, its embedding of a sequence, stands in the table as motif scores
# do. A network that somebody else trained goes in by its name in the same place, such as
# ``"enformer"``, or ``"tf-trunk"``, a small one in this package.

embeddings = (PretrainedFeatureExtractor(network), "sequence")
for name, columns in {
    "embeddings": [embeddings],
    "embeddings and numbers": [embeddings, numbers],
}.items():
    model = boosting(*columns).fit(X_train, y_train)
    scores[name] = roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])
print("Area under the ROC curve on the test set:\n")
print(pd.Series(scores).round(3).to_string())

# %%
# The network was trained on stretches like these; it knows their sites, and boosting
# joins them with the accessibility.
