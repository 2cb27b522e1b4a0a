"""Random sequences with the dinucleotide counts of given ones."""

from collections import defaultdict
from itertools import pairwise

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from sklearn_cnn.preprocessing._codes import as_sequences


def dinucleotide_shuffle(
    sequences, *, random_state: int | np.random.RandomState | None = None
) -> str | np.ndarray | pd.Series:
    """Shuffle sequences so that each keeps its dinucleotide counts exactly.

    The shuffle of a sequence has every pair of adjacent letters as often as the
    sequence itself, hence also every letter, and the same first and last letter. Its
    motifs are destroyed. This makes negative sequences for positive ones that differ in
    motifs alone, and neutral references for attributions. Negatives that keep the
    letter counts only are told apart too easily in genomes, where CG is rare.

    All sequences with these counts are equally likely, the original among them: where
    the counts leave no freedom, as in "AAAA" or "ACGT", it comes back unchanged.

    Parameters
    ----------
    sequences : str, or container of str
        One sequence, or several of equal or unequal lengths in a list, tuple, array,
        pandas or polars Series, or one-column DataFrame. Letters are taken as they are:
        any alphabet will do, N is a letter like others, and "a" is not "A".
        ``numpy.repeat(sequences, 10)`` gives ten shuffles of each.
    random_state : int, RandomState instance or None, default=None
        Determines the shuffles; pass an int for reproducible output.

    Returns
    -------
    str, pandas Series or ndarray of shape (n_sequences,) and dtype object
        A str for a str; a Series with the same index and name for a pandas Series; an
        array for any other container.

    Raises
    ------
    ValueError
        If a sequence is empty or missing.
    TypeError
        If an entry is not a string.

    Notes
    -----
    A sequence is a walk from letter to letter along its dinucleotides. Its shuffles are
    the walks that use the same dinucleotides in another order: Eulerian walks on a
    multigraph, drawn uniformly by the method of Altschul and Erickson [1]_, whose
    random tree of last exits comes from Wilson's algorithm [2]_, as in uShuffle [3]_.

    References
    ----------
    .. [1] S. F. Altschul, B. W. Erickson (1985). Significance of nucleotide sequence
       alignments: a method for random sequence permutation that preserves dinucleotide
       and codon usage. Molecular Biology and Evolution 2(6), 526-538.
    .. [2] D. B. Wilson (1996). Generating random spanning trees more quickly than the
       cover time. Proceedings of the 28th ACM Symposium on Theory of Computing,
       296-303.
    .. [3] M. Jiang, J. Anderson, J. Gillespie, M. Mayne (2008). uShuffle: a useful tool
       for shuffling biological sequences while preserving the k-let counts. BMC
       Bioinformatics 9, 192.

    Examples
    --------
    >>> from sklearn_cnn.preprocessing import dinucleotide_shuffle
    >>> sequence = "ACGTTGCATTAGACCA"
    >>> shuffled = dinucleotide_shuffle(sequence, random_state=0)
    >>> shuffled
    'ACAGCGTGATTTACCA'
    >>> from collections import Counter
    >>> from itertools import pairwise
    >>> Counter(pairwise(shuffled)) == Counter(pairwise(sequence))
    True
    """
    rng = check_random_state(random_state)
    single = isinstance(sequences, str)
    texts = as_sequences([sequences] if single else sequences, "sequences")
    shuffled = np.empty(len(texts), dtype=object)
    for i, text in enumerate(texts):
        if len(text) == 0:
            raise ValueError(
                f"sequences[{i}] is an empty string; each sequence needs at least one "
                "letter"
            )
        text = text.decode("latin-1") if isinstance(text, bytes) else str(text)
        shuffled[i] = _shuffle(text, rng)
    if single:
        return shuffled[0]
    if isinstance(sequences, pd.Series):
        return pd.Series(shuffled, index=sequences.index, name=sequences.name)
    return shuffled


def _shuffle(sequence: str, rng: np.random.RandomState) -> str:
    """Random Eulerian walk over the dinucleotides of one sequence."""
    followers = defaultdict(list)
    for letter, follower in pairwise(sequence):
        followers[letter].append(follower)
    last_exits = _random_tree(followers, sequence[-1], rng)
    walks = {}
    for letter, exits in followers.items():
        if letter in last_exits:
            exits.remove(last_exits[letter])
        exits = [exits[i] for i in rng.permutation(len(exits))]
        if letter in last_exits:
            exits.append(last_exits[letter])
        walks[letter] = iter(exits)
    shuffled = [sequence[0]]
    for _ in range(len(sequence) - 1):
        shuffled.append(next(walks[shuffled[-1]]))
    return "".join(shuffled)


def _random_tree(
    followers: dict[str, list[str]], root: str, rng: np.random.RandomState
) -> dict[str, str]:
    """Random spanning tree towards the last letter: letter -> its last follower.

    Wilson's algorithm: walk at random from each letter until the tree is met. Of a
    letter visited twice, the later exit counts, which erases the loop in between. A
    letter does not leave itself: such steps are loops, and left out from the start.
    """
    exits = {
        letter: [follower for follower in choices if follower != letter]
        for letter, choices in followers.items()
    }
    tree = {}
    reached = {root}
    for start in followers:
        step = {}
        letter = start
        while letter not in reached:
            choices = exits[letter]
            step[letter] = choices[int(rng.random_sample() * len(choices))]
            letter = step[letter]
        letter = start
        while letter not in reached:
            reached.add(letter)
            tree[letter] = step[letter]
            letter = step[letter]
    return tree
