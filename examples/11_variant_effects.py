"""
What does this variant do?
==========================

Most differences between the genomes of two people lie outside of genes, and few of them
matter. One that does: a single T, changed to C in a site of GATA1 before the Duffy gene,
switches that gene off in red blood cells and makes its carriers resistant to a malaria
parasite (`Tournamille and others, 1995 <https://doi.org/10.1038/ng0695-224>`__). A model
that has learned what GATA1 binds can say which variants do such a thing.

Here, data are simulated, so that the truth is known: the change of the logit that a
variant makes for the best possible model. From a VCF file to a table of effects.

The pictures need logomaker: ``pip install "sklearn-cnn[plot]"``.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import logsumexp
from sklearn.metrics import roc_auc_score

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import make_motif_classification, read_variants
from sklearn_cnn.inspection import AttributionDisplay, variant_effects
from sklearn_cnn.preprocessing import SequenceEncoder

# %%
# A model of sites
# ----------------
# Half of the sequences hold a site of GATA1, drawn from its matrix in JASPAR. By default,
# the estimator knows all matrices of JASPAR; ``motif_bank=None`` leaves it to learn this
# one from the sequences.

length, n_train = 60, 2000
simulated = make_motif_classification(
    n_train + 1000, length, motif="GATA1", return_details=True, random_state=0
)
X, y = simulated.data, simulated.target
clf = MotifCNNClassifier(motif_bank=None, random_state=0).fit(X[:n_train], y[:n_train])

auroc = roc_auc_score(y[n_train:], clf.decision_function(X[n_train:]))
best = roc_auc_score(y[n_train:], simulated.optimal_score[n_train:])
print(
    f"AUROC on sequences held out: {auroc:.3f}; of the best possible model: {best:.3f}"
)

# %%
# The truth
# ---------
# The best possible logit is the log of a likelihood ratio: how much likelier is the
# sequence with a site somewhere, on either strand, than without one? With equal shares of
# the four bases that is the mean, over all places, of what the site's matrix says.

((label, frequencies),) = simulated.motifs.items()
log_odds = np.log(frequencies / 0.25)


def best_logit(sequences: pd.Series) -> np.ndarray:
    """Log-likelihood ratio of one site in a sequence against none."""
    columns = SequenceEncoder().fit_transform(sequences).reshape(-1, length, 4)
    strands = np.stack([columns, columns[:, ::-1, ::-1]])
    windows = sliding_window_view(strands, len(log_odds), axis=2)
    scores = np.einsum("snpbw,wb->snp", windows, log_odds)
    return logsumexp(scores, axis=(0, 2)) - np.log(2 * scores.shape[2])


difference = np.abs(best_logit(X) - simulated.optimal_score).max()
print(f"{label}: largest difference from the simulator's own score: {difference:.0e}")

# %%
# Two files
# ---------
# The genome is one chromosome of 60 stretches of 300 bp, of which half hold a site. The
# variants lie in and around the sites: each change of one letter, and at every third
# position a deletion of two letters and an insertion of two.

n_stretches, stretch = 60, 300
new = make_motif_classification(
    n_stretches,
    stretch,
    motif="GATA1",
    region=(100, 200),
    return_details=True,
    random_state=1,
)
chromosome = "".join(new.data)
sites = new.sites.assign(
    start=new.sites["sequence"] * stretch + new.sites["start"],
    end=new.sites["sequence"] * stretch + new.sites["end"],
)

folder = TemporaryDirectory()
genome_file = Path(folder.name) / "genome.fa"
vcf_file = Path(folder.name) / "variants.vcf"
genome_file.write_text(f">chr1\n{chromosome}\n", encoding="utf-8")

rng = np.random.default_rng(0)
lines = ["##fileformat=VCFv4.3", "#CHROM POS ID REF ALT QUAL FILTER INFO"]
for i, site in enumerate(sites.itertuples()):
    for place in range(site.start - 3, site.end + 3):
        ref = chromosome[place]
        alts = ",".join(sorted(set("ACGT") - {ref}))
        lines.append(f"chr1 {place + 1} site{i} {ref} {alts} . PASS .")
        if place % 3 == 0:
            deleted = chromosome[place : place + 3]
            inserted = ref + "".join(rng.choice(list("ACGT"), 2))
            lines.append(f"chr1 {place + 1} site{i} {deleted} {ref} . PASS .")
            lines.append(f"chr1 {place + 1} site{i} {ref} {inserted} . PASS .")
vcf_file.write_text("\n".join(lines).replace(" ", "\t"), encoding="utf-8")
print("\n".join(lines[:6]))

# %%
# From variants to effects
# ------------------------
# :func:`~sklearn_cnn.datasets.read_variants` splits lines of several alleles, checks each
# reference allele against the genome, and cuts two windows of the genome, with the variant
# in the middle of both. :func:`~sklearn_cnn.inspection.variant_effects` scores them.

variants = read_variants(vcf_file, genome_file, length=length)
effects = variant_effects(
    clf, variants["reference_sequence"], variants["alternative_sequence"]
)
table = variants.join(effects)
table["best"] = best_logit(table["alternative_sequence"]) - best_logit(
    table["reference_sequence"]
)
sizes = table["alt"].str.len() - table["ref"].str.len()
table["kind"] = sizes.map({0: "one letter", -2: "deletion", 2: "insertion"})

columns = ["position", "id", "ref", "alt", "effect", "effect_forward", "effect_reverse"]
print("Variants that take most:\n")
print(table.nsmallest(5, "effect")[[*columns, "best"]].round(1).to_string(index=False))

correlation = table.groupby("kind")[["effect", "best"]].corr().iloc[::2, 1].droplevel(1)
print("\nr of predicted and best possible effects:\n")
print(correlation.round(2).to_string())

# %%
# "effect" is the mean of those on the two strands, which agree well: the model has learned
# that GATA1 binds on either.
#
# Effects beside the truth, and a site before and after
# -----------------------------------------------------
# Most variants of a site weaken it, a few make a weak one strong. At the right, a letter is
# as tall as the logit that its mutation takes away, on average (in-silico mutagenesis by
# :class:`~sklearn_cnn.inspection.AttributionDisplay`); the strip marks the planted site.
# One letter changes, and with it most of what the model saw in the others.

single = table[table["kind"] == "one letter"]
chosen = single.loc[single["effect"].idxmin()]
site = sites.iloc[int(chosen["id"].removeprefix("site"))]
shift = chosen["position"] - 1 - length // 2  # Where the window begins.
mask = np.zeros((2, length))
mask[:, site["start"] - shift : site["end"] - shift] = 1

figure = plt.figure(figsize=(11, 4.4), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=[1, 1.5])

ax = left.subplots()
looks = {
    "one letter": ("o", "#0072B2"),
    "deletion": ("v", "#D55E00"),
    "insertion": ("^", "#E69F00"),
}
for kind, (marker, color) in looks.items():
    points = table[table["kind"] == kind]
    ax.plot(
        points["best"],
        points["effect"],
        marker,
        color=color,
        alpha=0.6,
        markersize=4,
        markeredgewidth=0,
        label=f"{kind}, r = {correlation[kind]:.2f}",
    )
ax.axline((0, 0), slope=1, color="black", linewidth=0.8, linestyle="--")
ax.set(
    title="Effects of variants in and around sites",
    xlabel="best possible effect (logit)",
    ylabel="predicted effect (logit)",
    aspect="equal",
)
ax.legend(frameon=False, fontsize="small", loc="upper left")
ax.spines[["top", "right"]].set_visible(False)

name = f"{chosen['chrom']}:{chosen['position']} {chosen['ref']}>{chosen['alt']}"
AttributionDisplay.from_estimator(
    clf,
    pd.Series(
        [chosen["reference_sequence"], chosen["alternative_sequence"]],
        index=["reference", name],
    ),
    sites=mask,
    window=(15, 45),
    ax=right.subplots(2, 1),
)
plt.show()
folder.cleanup()
