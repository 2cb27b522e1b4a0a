"""
From peaks to motifs: what did it learn?
========================================

A model that tells peaks from background has learned something about the factors that bind
there. Which motifs does it use, how much does each of them matter, and whose are they?
Peaks with two known motifs are simulated, so that the answers can be checked.

The logos need logomaker, the comparison with known motifs memelite:
``pip install "sklearn-cnn[plot,motif-matching]"``.
"""

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.metrics import roc_auc_score

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.inspection import MotifDisplay, extract_motifs, match_motifs

# %%
# Peaks of two factors
# --------------------
# 1,400 sequences of 100 bp with the dinucleotide frequencies of the human genome. Half of
# them are peaks, of which one half holds a site of GATA1, the other one of CEBPB.

parts = [
    make_motif_classification(
        700, 100, motif=motif, background="markov", random_state=seed
    )
    for seed, motif in enumerate(["GATA1", "CEBPB"])
]
data = pd.concat(
    [pd.DataFrame({"sequence": X, "bound": y}) for X, y in parts], ignore_index=True
)
print(f"{len(data)} sequences, {data['bound'].sum()} of them peaks")

# %%
# Train
# -----
# By default the model knows JASPAR's motifs from the start. That is good for predictions,
# but here the question is what the data alone can teach: ``motif_bank=None``.

train = data.sample(frac=0.8, random_state=0)
test = data.drop(train.index)
model = MotifCNNClassifier(motif_bank=None, random_state=0)
model.fit(train["sequence"], train["bound"])
scores = model.decision_function(test["sequence"])
print(f"AUROC on sequences held out: {roc_auc_score(test['bound'], scores):.3f}")

# %%
# Extract
# -------
# What would every single substitution do to the score? Where many do harm, there is a site.
# The sites are cut out, aligned and clustered. "importance" is what a motif adds to the
# difference between peaks and background, "enrichment" how much more often it is found in
# peaks (log2).

motifs = extract_motifs(model, train["sequence"], train["bound"], max_samples=300)
columns = ["name", "consensus", "importance", "n_sites", "enrichment", "position"]
print(motifs.to_frame()[columns].round(2).to_string(index=False))

# %%
# Match
# -----
# Each motif is compared with all 2,633 matrices of JASPAR. The E-value is the number of
# matrices that would be as similar by chance. Factors of one family bind nearly the same
# motif; which of them it was, sequences do not tell.

hits = match_motifs(motifs[:2], "jaspar:vertebrates", n_hits=3)
print(hits[["motif", "tf", "family", "e_value", "strand"]].to_string(index=False))

# %%
# One picture
# -----------
# Above, what the model has learned; below, the most similar known motif.

MotifDisplay.from_motifs(motifs, database="jaspar:vertebrates", max_motifs=2)
plt.show()

# %%
# The motifs go on to other tools as MEME, JASPAR or TRANSFAC files.

print(motifs[:1].to_meme())
