"""A real genome: phage lambda, from Debian's package bowtie2-examples.

The coordinates are those of its GenBank record, NC_001416.1, and the numbers published
about its restriction sites.
"""

from pathlib import Path

import numpy as np
import pytest

from sklearn_cnn.datasets import read_fasta, read_peaks, sample_negatives

GENOME = Path("/usr/share/doc/bowtie2/examples/reference/lambda_virus.fa.gz")
NAME = "gi|9626243|ref|NC_001416.1|"
STOPS = {"TAA", "TAG", "TGA"}

pytestmark = pytest.mark.skipif(
    not GENOME.exists(), reason="needs Debian's package bowtie2-examples"
)


@pytest.fixture(scope="module")
def letters():
    return read_fasta(GENOME)[NAME]


@pytest.fixture
def genome(letters, tmp_path):
    lines = [letters[i : i + 70] for i in range(0, len(letters), 70)]
    (tmp_path / "lambda.fa").write_text("\n".join([f">{NAME}", *lines, ""]))
    return tmp_path / "lambda.fa"


@pytest.fixture
def read(genome, tmp_path):
    def read(*intervals, **parameters):
        lines = ["\t".join(map(str, (NAME, *interval))) for interval in intervals]
        (tmp_path / "peaks.bed").write_text("\n".join(lines))
        return read_peaks(tmp_path / "peaks.bed", genome, **parameters)

    return read


def test_whole_genome(letters):
    assert len(letters) == 48_502
    assert letters.startswith("GGGCGGCGACCT")  # the 12 bases of the cohesive end
    assert set(letters) == set("ACGT")
    gc = letters.count("G") + letters.count("C")
    assert gc / len(letters) == pytest.approx(0.4986, abs=1e-4)


def test_genes_are_read_from_start_to_stop(read):
    """The cI repressor on the reverse strand, and cro beside it on the forward one."""
    genes = read((37_226, 37_940, "cI", 0, "-"), (38_040, 38_241, "cro", 0, "+"))
    for gene, n_residues in zip(genes["sequence"], [237, 66], strict=True):
        codons = [gene[i : i + 3] for i in range(0, len(gene), 3)]
        assert len(codons) == n_residues + 1
        assert codons[0] == "ATG"
        assert codons[-1] in STOPS
        assert not STOPS & set(codons[:-1])


def test_restriction_sites(read):
    """HindIII cuts the wild type behind the first A of AAGCTT into 7 fragments.

    The DNA that is sold as a size marker gives 8: its mutation ind1 makes one more
    site, which cuts 6,682 into 125 and 6,557.
    """
    fragments = [23_130, 2_027, 2_322, 9_416, 564, 6_682, 4_361]
    assert sum(fragments) == 48_502
    cuts = np.cumsum(fragments)[:-1]
    sites = read(*((cut, cut + 1) for cut in cuts), length=3)
    assert set(sites["sequence"]) == {"AAG"}
    palindromes = read(*((cut - 1, cut + 5, ".", 0, "-") for cut in cuts))
    assert set(palindromes["sequence"]) == {"AAGCTT"}


def test_negatives_of_the_operators(read, genome, letters):
    """The operators lie in the half of lambda that is rich in A and T."""
    operators = read((35_590, 35_690), (37_930, 38_060), length=120)
    negatives = sample_negatives(operators, genome, ratio=20, random_state=0)
    assert len(negatives) == 40
    gc = negatives["sequence"].str.count("[CG]") / 120
    wanted = operators["sequence"].str.count("[CG]") / 120
    assert (gc - wanted.loc[gc.index]).abs().max() <= 0.02 + 1e-12
    assert wanted.max() < 0.45
    assert (negatives["start"] > 20_000).mean() > 0.9
    for row in negatives.itertuples():
        assert row.sequence == letters[row.start : row.end]
