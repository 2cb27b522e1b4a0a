"""
From peaks and a genome to motifs
=================================

An experiment leaves a file of peaks, stretches of the genome where a transcription factor
was found; the genome is another file. From these two: sequences, negatives, a
cross-validation by chromosome beside a linear model on k-mers, and the motif that the CNN
has learned.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from tqdm import tqdm

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import (
    make_motif_classification,
    read_peaks,
    sample_negatives,
)
from sklearn_cnn.preprocessing import reverse_complement

# %%
# Two files
# ---------
# They are simulated here: six chromosomes of 200 stretches of 2,000 bp with the
# dinucleotide frequencies of the human genome. In half of the stretches lies a site of
# CTCF, and around it a peak of 400 bp, whose summit is at the site, give or take 20 bp.

n_chromosomes, n_stretches, stretch = 6, 200, 2000
simulated = make_motif_classification(
    n_chromosomes * n_stretches,
    stretch,
    motif="CTCF",
    background="markov",
    region=(500, 1500),
    return_details=True,
    random_state=0,
)

folder = TemporaryDirectory()
genome_file = Path(folder.name) / "genome.fa"
peak_file = Path(folder.name) / "ctcf.narrowPeak"

with open(genome_file, "w", encoding="utf-8") as file:
    for i, stretches in enumerate(np.split(simulated.data, n_chromosomes), start=1):
        file.write(f">chr{i}\n{''.join(stretches)}\n")

rng = np.random.default_rng(0)
sites = simulated.sites
middle = (
    sites["sequence"] % n_stretches * stretch + (sites["start"] + sites["end"]) // 2
)
start = middle - rng.integers(150, 250, size=len(sites))
peaks = pd.DataFrame(
    {
        "chrom": "chr" + (sites["sequence"] // n_stretches + 1).astype(str),
        "start": start,
        "end": start + 400,
        "name": [f"peak{i}" for i in range(len(sites))],
        "score": 500,
        "strand": ".",
        "signal": 5,
        "p": 5,
        "q": 5,
        "summit": middle - start + rng.integers(-20, 21, size=len(sites)),
    }
)
peaks.to_csv(peak_file, sep="\t", header=False, index=False)
print(peaks.head(3).to_string(header=False, index=False))

# %%
# X, y and groups
# ---------------
# Windows of 100 bp around the summits, and as many windows of the same GC content
# elsewhere. The windows are narrower than the peaks: ``avoid`` keeps negatives out of the
# rest of the peaks.

positives = read_peaks(peak_file, genome_file, length=100)
negatives = sample_negatives(positives, genome_file, avoid=peak_file, random_state=0)
data = pd.concat([positives.assign(bound=1), negatives.assign(bound=0)])
X, y, chroms = data["sequence"], data["bound"], data["chrom"]
print(data.groupby(["chrom", "bound"]).size().unstack())

# %%
# Cross-validation by chromosome
# ------------------------------
# Each model is tested on chromosomes it has not seen.


def both_strands(sequences: pd.Series) -> pd.Series:
    """Each sequence and its reverse complement, side by side."""
    return sequences + " " + reverse_complement(sequences)


cnn = MotifCNNClassifier(n_filters=16, random_state=0)
models = {
    "k-mers": make_pipeline(
        FunctionTransformer(both_strands),
        CountVectorizer(analyzer="char", ngram_range=(4, 6)),
        StandardScaler(with_mean=False),
        LogisticRegression(C=1e-3, max_iter=1000),
    ),
    "CNN": cnn,
}
folds = GroupKFold(n_splits=3)
auroc = pd.DataFrame(
    {
        name: cross_val_score(model, X, y, groups=chroms, cv=folds, scoring="roc_auc")
        for name, model in tqdm(models.items(), desc="Cross-validation")
    },
    index=[
        ", ".join(sorted(chroms.iloc[test].unique()))
        for _, test in folds.split(X, y, chroms)
    ],
)
print(f"\nArea under the ROC curve:\n\n{auroc.round(3)}")

# %%
# What the first layer has learned
# --------------------------------
# Fitted on all chromosomes, each of the 16 filters is compared with the matrix that was
# planted: the correlation of its weights with the letters' frequencies, on either strand
# and at any shift. The two most similar filters are drawn below the matrix.

cnn.fit(X, y)
filters = cnn.weights_["0.trunk.0.conv.weight"]
((label, frequencies),) = simulated.motifs.items()
motif = frequencies.T - 0.25
width, n_shifts = motif.shape[1], filters.shape[2] - motif.shape[1] + 1

candidates = []
for index, weights in enumerate(filters):
    # A, C, G, T backwards is T, G, C, A: the reverse complement.
    for strand, read in (("+", weights), ("-", weights[::-1, ::-1])):
        for shift in range(n_shifts):
            part = read[:, shift : shift + width]
            r = np.corrcoef(part.ravel(), motif.ravel())[0, 1]
            candidates.append((r, index, strand, shift, read))
candidates = pd.DataFrame(
    candidates, columns=["r", "filter", "strand", "shift", "weights"]
)
best = candidates.sort_values("r", ascending=False).drop_duplicates("filter").head(2)
print(best[["filter", "strand", "r"]].round(2).to_string(index=False))

figure = plt.figure(figsize=(10, 4.6), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=[1, 2])

ax = left.subplots()
for _, scores in auroc.iterrows():
    ax.plot(auroc.columns, scores, "o-", color="tab:blue", alpha=0.6)
ax.set(
    title="On chromosomes held out",
    ylabel="area under the ROC curve",
    xlim=(-0.4, 1.4),
    ylim=(0.5, 1),
)
ax.spines[["top", "right"]].set_visible(False)

axes = right.subplots(3, 1, sharex=True)
panels = [(f"planted: {label.replace('_', ', ')} (frequency - 1/4)", motif, 0)]
panels += [
    (
        f"filter {row.filter}, strand {row.strand} (weights), r = {row.r:.2f}",
        row.weights,
        row.shift,
    )
    for row in best.itertuples()
]
for ax, (title, values, shift) in zip(axes, panels, strict=True):
    n = values.shape[1]
    image = ax.imshow(
        values / np.abs(values).max(),
        cmap="PuOr_r",
        vmin=-1,
        vmax=1,
        aspect="auto",
        extent=(0.5 - shift, n + 0.5 - shift, 3.5, -0.5),
    )
    ax.set_title(title, fontsize="small")
    ax.set_yticks(range(4), "ACGT")
axes[-1].set_xticks(range(1, width + 1))
axes[-1].set_xlabel("position in the motif (bp)")
right.colorbar(image, ax=axes, shrink=0.6, label="value / largest absolute value")
plt.show()
folder.cleanup()
