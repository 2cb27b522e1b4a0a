"""Features of sequences for linear models: words, placed letters, known motifs."""

import os

import numpy as np
import torch
from torch import nn

from sklearn_cnn import _defaults
from sklearn_cnn.architectures._gapped_words import GappedWords
from sklearn_cnn.architectures._kmer_counts import KmerCounts
from sklearn_cnn.architectures._motif_bank import MotifBank
from sklearn_cnn.architectures._placed_letters import PlacedLetters
from sklearn_cnn.architectures._placed_words import PlacedWords
from sklearn_cnn.architectures._side_by_side import SideBySide
from sklearn_cnn.datasets._motif_database import MotifDatabase
from sklearn_cnn.datasets._motif_set import MotifSet
from sklearn_cnn.datasets._resolve_motifs import resolve_motifs
from sklearn_cnn.preprocessing._alphabet import DNA, RNA

# Counts of more k-mers (k = 8 of DNA gives 87,380) do not fit into memory.
_MAX_ASKED_KMERS = 100_000
# An array of the linear model of words at their places.
_WORDS = "branches.words.mean"


class SequenceFeatures:
    """Which features the linear models beside the networks read.

    Parameters
    ----------
    estimator : BaseMotifCNN
        Its parameters say which features are asked for; its attributes `kmers_`,
        `gapped_masks_` and `motif_bank_` are set here.
    """

    def __init__(self, estimator):
        self.estimator = estimator

    @property
    def are_asked_for(self) -> bool:
        """Whether parameters ask for linear models, of the alphabet that is known."""
        estimator, alphabet = self.estimator, self.estimator.alphabet_
        if estimator._per_position or estimator.linear_models is None:
            return False
        if estimator.motif_bank == "auto":
            has_bank = _defaults.motif_bank(is_dna=alphabet == DNA) is not None
        else:
            has_bank = estimator.motif_bank is not None
        return alphabet is not None and (estimator.kmers is not None or has_bank)

    def settle(self, n_samples: int, length: int) -> None:
        """Set which words are counted and which motifs are scored.

        `n_samples` is the number of training samples, `length` that of the longest.
        """
        estimator, alphabet = self.estimator, self.estimator.alphabet_
        if estimator.architecture_.profile or estimator.linear_models is None:
            self.leave_out()
            return
        estimator.kmers_ = self._settle_kmers(estimator.kmers, alphabet)
        estimator.gapped_masks_ = None
        if estimator.kmers == "auto" and alphabet in (DNA, RNA):
            estimator.gapped_masks_ = _defaults.gapped_masks(n_samples, length)
        estimator.motif_bank_ = self._settle_bank(estimator.motif_bank, alphabet)

    def leave_out(self) -> None:
        """Set that there are no linear models."""
        estimator = self.estimator
        estimator.kmers_ = estimator.gapped_masks_ = estimator.motif_bank_ = None

    @property
    def settings(self) -> tuple:
        """What decides about the modules of a fitted estimator, beside its arrays."""
        estimator = self.estimator
        return (
            estimator.kmers_,
            self._gapped_masks,
            estimator.motif_bank_ is not None,
            estimator.alphabet_,
            estimator.reverse_complement_,
            estimator.position_,
            estimator.length_,
        )

    def build(self, stored: dict[str, np.ndarray]) -> dict[str, nn.Module]:
        """Build the modules that compute features, by the name of the linear model.

        Each computes them of columns (`forward`) and of codes (`features_from_codes`),
        says how much of each is `known`, how many symbols it reads (`n_symbols`),
        whether few features may matter (`may_be_sparse`) and whether they are compared
        as they are (`has_one_scale`). `stored` holds the arrays of a fitted stack;
        empty before there is one.
        """
        estimator, features = self.estimator, {}
        both_strands = estimator.reverse_complement_
        if estimator.kmers_ is not None:
            n_symbols = len(estimator.alphabet_.symbols)
            settings = n_symbols, estimator.kmers_, both_strands, estimator.position_
            features["kmers"] = KmerCounts(*settings)
            if estimator.position_:
                features["places"] = PlacedLetters(n_symbols, both_strands)
                max_k = _defaults.placed_words(
                    n_symbols, estimator.length_, both_strands=both_strands
                )
                # Models that were stored before there were such words have none.
                if max_k is not None and (not stored or _WORDS in stored):
                    placed = PlacedWords(n_symbols, max_k)
                    features["words"] = SideBySide([KmerCounts(*settings), placed])
        if self._gapped_masks is not None:
            n_symbols = len(estimator.alphabet_.symbols)
            gapped = GappedWords(
                n_symbols, self._gapped_masks, both_strands, estimator.position_
            )
            if stored:
                weight = torch.tensor(stored["branches.gapped.features.weight"])
                gapped = gapped.with_weight(weight)
            features["gapped"] = gapped
        if estimator.motif_bank_ is not None:
            names = "log_odds", "widths"
            keys = [f"branches.motifs.features.{name}" for name in names]
            bank = [stored[key] for key in keys] if stored else []
            bank = bank or self._read_bank().log_odds()
            aligned = estimator.position_
            features["motifs"] = MotifBank(*bank, both_strands, aligned=aligned)
        return features

    @property
    def _gapped_masks(self) -> tuple | None:
        # Models of older files lack the attribute.
        return getattr(self.estimator, "gapped_masks_", None)

    def _settle_kmers(self, kmers, alphabet) -> int | None:
        n_symbols = 0 if alphabet is None else len(alphabet.symbols)
        if kmers == "auto":
            return _defaults.kmers(n_symbols)
        if kmers is None:
            return None
        if alphabet is None:
            raise ValueError(
                f"kmers={kmers!r} needs sequences of symbols, but X holds signals"
            )
        n_kmers = sum(n_symbols**k for k in range(1, kmers + 1))
        if n_kmers > _MAX_ASKED_KMERS:
            raise ValueError(
                f"kmers={kmers} are {n_kmers:,} words of {n_symbols} letters; "
                f"at most {_MAX_ASKED_KMERS:,} are counted"
            )
        return int(kmers)

    def _settle_bank(self, motif_bank, alphabet) -> str | None:
        if motif_bank == "auto":
            return _defaults.motif_bank(is_dna=alphabet == DNA)
        if motif_bank is None:
            return None
        if alphabet not in (DNA, RNA):
            raise ValueError(
                f"motif_bank={motif_bank!r} needs DNA or RNA, but the "
                f"alphabet is {None if alphabet is None else alphabet.name!r}"
            )
        bank = self._read_bank()
        is_set = isinstance(motif_bank, MotifSet)
        return repr(bank) if is_set else os.fspath(motif_bank)

    def _read_bank(self) -> MotifDatabase:
        """Read the known motifs that are asked for."""
        asked = self.estimator.motif_bank
        bank = _defaults.MOTIF_BANK if asked == "auto" else asked
        return resolve_motifs(bank, "motif_bank", "'auto', None, ")
