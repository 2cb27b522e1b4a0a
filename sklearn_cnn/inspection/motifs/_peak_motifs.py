"""Motifs from attributions: peaks cut out, aligned, clustered."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sklearn_cnn._fitted_model import FittedModel
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.inspection.attribution._in_silico_mutagenesis import (
    in_silico_mutagenesis,
)
from sklearn_cnn.inspection.motifs._alignment import align
from sklearn_cnn.inspection.motifs._motif_core import motif_core, trim_sites
from sklearn_cnn.inspection.motifs._site_removal import SiteRemoval

# Letters whose attributions are summed to find peaks, those of the seqlet that is cut
# out around a peak, and those on either side that may belong to the motif, too.
_PEAK, _SEQLET, _MARGIN = 9, 25, 5
# A peak is higher than so many robust standard deviations of a sum of single letters.
_MIN_DEVIATIONS = 4.0
_MAX_PEAKS = 2000
# How similar to its motif a seqlet is, at least.
_MIN_SIMILARITY = 0.5
_N_ROUNDS = 5
# Clusters begin with the best of so many of the strongest seqlets.
_N_SEEDS = 50
_MAX_CLUSTERS = 20
# A site is at least that strong beside the strong ones of its motif: a share fitted on
# three planted motifs, which then came out with about their own information content.
_STRONG, _MIN_STRENGTH = 0.95, 0.2


class PeakMotifs:
    """Motifs of the peaks of attributions.

    Parameters
    ----------
    estimator : BaseMotifCNN
        A fitted one, of sequences of symbols.
    inputs : Inputs
        Encoded sequences.
    sample : ndarray of shape (n_sample,)
        Rows of those that are looked at.
    target : int or None
        Output that counts; of profiles, a position, or None for the mean.
    min_size : int
        Fewer peaks than that make no motif.
    random_state : RandomState
        What the letters are drawn with that stand in place of sites.
    bar : Steps
        Moves with sequences, then with motifs.

    Attributes
    ----------
    rows, counts, sites
        As of `FilterMotifs`; "strength" is the sum of attributions over the peak.
    """

    def __init__(
        self, estimator, inputs: Inputs, sample, target, min_size, random_state, bar
    ):
        self._bar = bar
        self._inputs = inputs = inputs[sample]
        self._removal = SiteRemoval(estimator, inputs, target, random_state)
        effects = in_silico_mutagenesis(estimator, inputs, target, bar)
        letters = FittedModel(estimator).letters(inputs)
        # The median loss by another letter. In the mean, a letter would seem to do harm
        # where a single substitution completes a site.
        others = np.where(letters == 1, np.nan, -effects)
        self._added = np.nanmedian(others, axis=1) * letters.any(axis=1)
        self.rows = sample
        peaks = _find_peaks(self._added, letters.any(axis=1))
        weighted = letters * self._added[:, None]
        self.counts, tables = [], []
        for sign in (1, -1):
            some = peaks[peaks["height"] * sign > 0]
            seqlets = _cut(weighted, some["sequence"], some["start"], _SEQLET)
            clusters = _cluster(
                seqlets,
                both_strands=estimator.reverse_complement_,
                min_size=min_size,
            )
            for cluster in clusters:
                strengths = some["height"].abs().to_numpy()[cluster.members]
                lowest = _MIN_STRENGTH * np.quantile(strengths, _STRONG)
                cluster = cluster.of(strengths >= lowest)
                table = _sites(some.iloc[cluster.members], cluster)
                windows = _cut(
                    letters, table["sequence"], table["start"], _SEQLET + 2 * _MARGIN
                )
                flipped = cluster.flipped[:, None, None]
                windows = np.where(flipped, windows[:, ::-1, ::-1], windows)
                tables.append(table.assign(motif=len(self.counts)))
                self.counts.append(windows.sum(axis=0, dtype=float))
        # Of the sample as well as of all sequences.
        self._in_sample = pd.concat(tables) if tables else _sites(peaks[:0], None)
        self.sites = self._in_sample.assign(
            sequence=sample[self._in_sample["sequence"].to_numpy(int)]
        )

    def contributions(self, groups: Sequence[Sequence[int]]) -> np.ndarray:
        """What motifs add to the score of each sequence: (n_groups, n_sample).

        It is what the score loses when their sites are taken out.
        """
        self._bar.expect(len(groups))
        sites = self._in_sample
        cores = [motif_core(counts) for counts in self.counts]
        added = np.zeros((len(groups), len(self._inputs)))
        for row, group in zip(added, groups, strict=True):
            own = [
                trim_sites(
                    sites[sites["motif"] == k],
                    len(self.counts[k]),
                    cores[k],
                    self._inputs,
                )
                for k in group
            ]
            row[:] = self._removal.losses(pd.concat(own))
            self._bar.update()
        return added


def _find_peaks(added: np.ndarray, inside: np.ndarray) -> pd.DataFrame:
    """Where letters matter together, the strongest first.

    Takes attributions and whether there is a letter, both (n, length). Returns
    "sequence", "start" (of the seqlet around the peak) and "height".
    """
    length = added.shape[1]
    half = _PEAK // 2
    padded = np.pad(added, ((0, 0), (half, half)))
    sums = np.lib.stride_tricks.sliding_window_view(padded, _PEAK, axis=1).sum(axis=2)
    # Single letters outside of sites outnumber those inside; their sums may not.
    spread = 1.4826 * np.median(np.abs(added[inside])) * np.sqrt(_PEAK)
    strength = np.where(inside, np.abs(sums), 0)
    # A score that hangs on few letters leaves most sums at zero.
    lowest = max(_MIN_DEVIATIONS * spread, 1e-3 * strength.max())
    tables = []
    rows = np.flatnonzero(strength.max(axis=1) > lowest)
    while len(rows):
        middle = strength[rows].argmax(axis=1)
        tables.append(np.column_stack([rows, middle]))
        near = np.abs(np.arange(length) - middle[:, None]) < _PEAK
        strength[rows] = np.where(near, 0, strength[rows])
        rows = rows[strength[rows].max(axis=1) > lowest]
    found = np.concatenate(tables) if tables else np.empty((0, 2), int)
    heights = sums[found[:, 0], found[:, 1]]
    order = np.argsort(-np.abs(heights), kind="stable")[:_MAX_PEAKS]
    return pd.DataFrame(
        {
            "sequence": found[order, 0],
            "start": found[order, 1] - _SEQLET // 2,
            "height": heights[order],
        }
    )


def _cut(values: np.ndarray, sequences, starts, width: int) -> np.ndarray:
    """Windows (n_windows, width, n_symbols) of values (n, n_symbols, length).

    Zero beyond the ends.
    """
    margin = _SEQLET + 2 * _MARGIN + width
    padded = np.pad(values, ((0, 0), (0, 0), (margin, margin)))
    places = np.asarray(starts)[:, None] + margin + np.arange(width)
    return padded[np.asarray(sequences)[:, None], :, places]


@dataclass(frozen=True)
class _Cluster:
    """Seqlets of one motif, where it lies on them, and on which strand."""

    members: np.ndarray
    offsets: np.ndarray
    flipped: np.ndarray

    def of(self, chosen: np.ndarray) -> "_Cluster":
        return _Cluster(
            self.members[chosen], self.offsets[chosen], self.flipped[chosen]
        )


def _cluster(
    seqlets: np.ndarray, *, both_strands: bool, min_size: int
) -> list[_Cluster]:
    """Group seqlets (n, width, n_symbols), the strongest first.

    One of the strongest that most others resemble begins a cluster; its mean takes in
    all that resemble it, several times. The next cluster is made of what is left.
    """
    left = np.arange(len(seqlets))
    clusters = []
    for _ in range(_MAX_CLUSTERS):
        if len(left) < min_size:
            break
        candidates = left[: 4 * _N_SEEDS]
        popularity = [
            align(seqlets[candidates], seqlets[i], both_strands=both_strands)[0]
            >= _MIN_SIMILARITY
            for i in left[:_N_SEEDS]
        ]
        pattern = seqlets[left[np.sum(popularity, axis=1).argmax()]]
        for _ in range(_N_ROUNDS):
            similarity, offsets, flipped = align(
                seqlets[left], pattern, both_strands=both_strands
            )
            alike = similarity >= _MIN_SIMILARITY
            if not alike.any():
                # A mean of many that resembles none of them.
                alike[similarity.argmax()] = True
            cluster = _Cluster(left[alike], offsets[alike], flipped[alike])
            pattern = _mean(seqlets[cluster.members], cluster)
        if len(cluster.members) >= min_size:
            clusters.append(cluster)
        left = left[~alike]
    return clusters


def _mean(seqlets: np.ndarray, cluster: _Cluster) -> np.ndarray:
    """Mean of aligned seqlets, as wide as one of them."""
    n, width, _ = seqlets.shape
    flipped = cluster.flipped[:, None, None]
    seqlets = np.where(flipped, seqlets[:, ::-1, ::-1], seqlets)
    padded = np.pad(seqlets, ((0, 0), (width, width), (0, 0)))
    places = cluster.offsets[:, None] + width + np.arange(width)
    return padded[np.arange(n)[:, None], places].mean(axis=0)


def _sites(peaks: pd.DataFrame, cluster: _Cluster | None) -> pd.DataFrame:
    """Sites of a cluster, as wide as a seqlet with both margins."""
    if cluster is None:
        columns = ["motif", "sequence", "start", "reverse", "strength"]
        return pd.DataFrame(columns=columns)
    # A flipped seqlet counts its rows from the other end.
    offsets = np.where(cluster.flipped, -cluster.offsets, cluster.offsets)
    return pd.DataFrame(
        {
            "sequence": peaks["sequence"],
            "start": peaks["start"] + offsets - _MARGIN,
            "reverse": cluster.flipped,
            "strength": peaks["height"],
        }
    )
