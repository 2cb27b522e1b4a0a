"""
Join sequences and tabular columns
==================================

Data about genes, variants or binding sites come as tables in which the sequence is one
column among others. Every estimator of this package is a scikit-learn estimator, so the
usual tools bring them together: a column transformer picks columns, and stacking joins a
CNN on the sequences with another model on the numbers.

The table is simulated. That has an advantage: the score of the best possible model is
known.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import StackingClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from tqdm import tqdm

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.preprocessing import reverse_complement

# %%
# A table with a column of sequences
# ----------------------------------
# Each row is a stretch of DNA of 100 bp. Half of them hold a site of the transcription
# factor GABPA and count as bound. Chromatin is more open around bound sites, and they
# are better conserved: two columns of numbers, shifted by 1.2 and 0.6 standard
# deviations.

simulated = make_motif_classification(
    4000, length=100, motif="GABPA", return_details=True, random_state=0
)
bound = simulated.target
shifts = pd.Series({"accessibility": 1.2, "conservation": 0.6})

rng = np.random.default_rng(0)
numbers = rng.standard_normal((len(bound), 2)) + np.outer(bound, shifts)
table = pd.DataFrame(numbers, columns=shifts.index)
table.insert(0, "sequence", simulated.data)
print(table.head().round(2).to_string(max_colwidth=24))

# %%
# Given the class, sequence and numbers are independent here, so the best possible score is
# the sum of their log-likelihood ratios: no model has a larger area under the ROC curve,
# but for chance.

optimal_score = simulated.optimal_score + (numbers - shifts.array / 2) @ shifts

train, test = train_test_split(
    np.arange(len(table)), test_size=0.6, stratify=bound, random_state=0
)

# %%
# Models of one source and of both
# --------------------------------
# A column transformer hands each model its columns. Beside the CNN, a linear model on
# counts of k-mers on both strands reads the sequences. Stacking joins such a model with
# the one on the numbers. Both give log odds, which add up where the sources are
# independent; the final logistic regression learns the weights of that sum from
# predictions in cross-validation.


def both_strands(sequences: pd.Series) -> pd.Series:
    """Each sequence and its reverse complement, side by side."""
    return sequences + " " + reverse_complement(sequences)


on_numbers = make_pipeline(
    make_column_transformer(("passthrough", list(shifts.index))), LogisticRegression()
)
k_mers = make_pipeline(
    FunctionTransformer(both_strands),
    CountVectorizer(analyzer="char", ngram_range=(3, 5)),
    StandardScaler(with_mean=False),
)
linear = make_pipeline(
    make_column_transformer((k_mers, "sequence")), LogisticRegression(C=1e-3)
)
cnn = make_pipeline(
    make_column_transformer(("passthrough", ["sequence"])),
    MotifCNNClassifier(n_filters=32, random_state=0),
)


def stack(on_sequences):
    """Join a model of the sequences with the one of the numbers."""
    return StackingClassifier(
        [("sequences", on_sequences), ("numbers", on_numbers)],
        final_estimator=LogisticRegression(),
        stack_method="decision_function",
        cv=3,
    )


models = {
    "numbers": on_numbers,
    "k-mers": linear,
    "k-mers and numbers": stack(linear),
    "CNN": cnn,
    "CNN and numbers": stack(cnn),
}

scores = {}
for name, model in (bar := tqdm(models.items(), desc="Fitting")):
    bar.set_postfix_str(name)
    model.fit(table.iloc[train], bound[train])
    scores[name] = model.decision_function(table.iloc[test])
scores["the best possible"] = optimal_score[test]

result = pd.Series({k: roc_auc_score(bound[test], s) for k, s in scores.items()})
print(f"\nArea under the ROC curve on {len(test)} rows held out:\n")
print(result.round(3).to_string())

# %%
# How close to the best
# ---------------------
# On the right, each point is a row of the test set: what the stack says against the exact
# log-likelihood ratio.

figure, (left, right) = plt.subplots(
    1, 2, figsize=(10, 4.2), layout="constrained", width_ratios=[1, 1.2]
)
left.plot(result.iloc[:-1], result.index[:-1], "o", color="tab:blue")
left.axvline(result.iloc[-1], color="black", linestyle="--", linewidth=1)
left.text(result.iloc[-1], 0.4, "best possible ", ha="right")
left.set(xlabel="area under the ROC curve", xlim=(None, 1), title="Held-out rows")
left.locator_params(axis="x", nbins=5)
left.invert_yaxis()
left.grid(axis="y", alpha=0.3)

for label, color, name in ((0, "tab:gray", "not bound"), (1, "tab:orange", "bound")):
    rows = bound[test] == label
    right.plot(
        optimal_score[test][rows],
        scores["CNN and numbers"][rows],
        ".",
        color=color,
        alpha=0.4,
        label=name,
    )
right.set(
    xlabel="exact log-likelihood ratio (nats)",
    ylabel="log odds of the stack (nats)",
    title="CNN and numbers",
)
right.legend()
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)
plt.show()
