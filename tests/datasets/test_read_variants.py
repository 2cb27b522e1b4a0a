import gzip
import os
import re

import numpy as np
import pytest

from sklearn_cnn.datasets import read_variants

#       0-based  0         1
#                01234567890123456789
CHR1 = "ACGTTGCAaccgNNTTGGCA"
CHR2 = "GGGGCCCCAT"
HEADER = "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


@pytest.fixture
def genome(tmp_path):
    path = tmp_path / "genome.fa"
    path.write_text(f">chr1\n{CHR1[:7]}\n{CHR1[7:14]}\n{CHR1[14:]}\n>chr2\n{CHR2}\n")
    return path


@pytest.fixture
def write(tmp_path):
    def write(*lines, header=HEADER, name="variants.vcf"):
        rows = ["\t".join([*line.split(), "50\tPASS\tAC=1"]) for line in lines]
        (tmp_path / name).write_text(header + "".join(row + "\n" for row in rows))
        return tmp_path / name

    return write


def pairs(table):
    return table[["reference_sequence", "alternative_sequence"]].to_numpy().tolist()


def test_columns(genome, write):
    table = read_variants(write("chr1 6 rs1 G A", "chr2 3 . g T,ga"), genome, length=5)
    assert table.columns.tolist() == [
        "chrom", "position", "id", "ref", "alt",
        "reference_sequence", "alternative_sequence",
    ]  # fmt: skip
    assert table.iloc[:, :5].to_numpy().tolist() == [
        ["chr1", 6, "rs1", "G", "A"],
        ["chr2", 3, ".", "G", "T"],
        ["chr2", 3, ".", "G", "GA"],
    ]
    assert table.index.tolist() == [0, 1, 2]
    assert pairs(table) == [
        ["TTGCA", "TTACA"],
        ["GGGGC", "GGTGC"],
        ["GGGCC", "GGAGC"],  # A is inserted behind base 2, before base 3.
    ]
    assert all(type(x) is str for pair in pairs(table) for x in pair)


@pytest.mark.parametrize(
    ("variant", "length", "expected"),
    [
        # One letter, at index length // 2 in both windows.
        ("chr1 5 . T A", 1, ["T", "A"]),
        ("chr1 5 . T A", 4, ["GTTG", "GTAG"]),
        ("chr1 5 . T A", 5, ["GTTGC", "GTAGC"]),
        # Several letters: the middle of what differs.
        ("chr1 5 . TG CC", 4, ["TTGC", "TCCC"]),
        ("chr1 4 . TTG TAG", 5, ["GTTGC", "GTAGC"]),  # as T to A at 5
        ("chr1 4 . TTG CAC", 5, ["GTTGC", "GCACC"]),
        # A deletion: flanks are longer by halves.
        ("chr1 5 . TG T", 4, ["TTGC", "TTCA"]),
        ("chr1 4 . TTGC T", 5, ["TTGCA", "GTAAC"]),
        ("chr1 4 . TTGC T", 6, ["GTTGCA", "CGTAAC"]),
        # The same deletion, with two more letters on the left.
        ("chr1 2 . CGTTGC CGT", 6, ["GTTGCA", "CGTAAC"]),
        # An insertion: flanks are shorter by halves.
        ("chr1 5 . T TA", 4, ["TTGC", "TTAG"]),
        ("chr1 5 . T TAC", 5, ["TTGCA", "TACGC"]),
        ("chr1 5 . T TACACAC", 5, ["TTGCA", "CACAC"]),
        # Both at once.
        ("chr1 5 . TG ACA", 5, ["TTGCA", "TACAC"]),
        # Over the ends.
        ("chr1 1 . A G", 5, ["NNACG", "NNGCG"]),
        ("chr1 1 . AC A", 6, ["NNACGT", "NNAGTT"]),
        ("chr1 1 . ACG A", 6, ["NACGTT", "NNATTG"]),
        ("chr1 1 . A ATT", 6, ["NNACGT", "NATTCG"]),
        ("chr2 10 . T C", 5, ["CATNN", "CACNN"]),
        ("chr2 8 . CAT C", 6, ["CCATNN", "CCCNNN"]),
        ("chr2 10 . T TGG", 6, ["CATNNN", "ATGGNN"]),
        ("chr2 9 . AT A", 6, ["CCATNN", "CCANNN"]),
        # Lower-case letters of the genome and N.
        ("chr1 10 . C T", 5, ["AACCG", "AATCG"]),
        ("chr1 13 . N A", 3, ["GNN", "GAN"]),
    ],
)
def test_windows(variant, length, expected, genome, write):
    table = read_variants(write(variant), genome, length=length)
    assert pairs(table) == [expected]


@pytest.mark.parametrize("seed", range(10))
def test_windows_are_slices_of_two_chromosomes(seed, tmp_path):
    """Against two whole chromosomes, cut where the documentation says."""
    rng = np.random.default_rng(seed)
    letters = "".join(rng.choice(list("AC"), 60))  # Alleles often share letters.
    genome, vcf = tmp_path / "genome.fa", tmp_path / "variants.vcf"
    genome.write_text(f">1\n{letters}\n")
    length, lines, truth = int(rng.integers(1, 30)), [], []
    for _ in range(40):
        start = int(rng.integers(0, 60))
        ref = letters[start : start + rng.integers(1, 6)]
        alt = "".join(rng.choice(list("AC"), rng.integers(1, 6)))
        lines.append(f"1\t{start + 1}\t.\t{ref}\t{alt}\n")
        end = start + len(ref)
        n_after = len(os.path.commonprefix([ref[::-1], alt[::-1]]))  # noqa: RUF071
        short = [allele[: len(allele) - n_after] for allele in (ref, alt)]
        n_before = len(os.path.commonprefix(short))  # noqa: RUF071
        pair = []
        for allele, kept in zip((ref, alt), short, strict=True):
            whole = "N" * 50 + letters[:start] + allele + letters[end:] + "N" * 50
            middle = 50 + start + n_before + len(kept[n_before:]) // 2
            first = middle - length // 2
            pair.append(whole[first : first + length])
        truth.append(pair)
    vcf.write_text("".join(lines))
    assert pairs(read_variants(vcf, genome, length=length)) == truth


def test_lines_of_several_alleles_do_not_depend_on_each_other(genome, write):
    together = read_variants(write("chr1 4 . TTG T,TTC,TTGA"), genome, length=6)
    apart = [
        read_variants(write(f"chr1 4 . TTG {alt}"), genome, length=6)
        for alt in ("T", "TTC", "TTGA")
    ]
    assert pairs(together) == [pairs(table)[0] for table in apart]
    snv = read_variants(write("chr1 6 . G C"), genome, length=6)
    assert pairs(together)[1] == pairs(snv)[0]


def test_gzipped_without_header_and_more_columns(genome, write, tmp_path):
    vcf = write("chr1 6 rs1 G A GT 0/1", header="")
    (tmp_path / "v.vcf.gz").write_bytes(gzip.compress(vcf.read_bytes()))
    table = read_variants(str(tmp_path / "v.vcf.gz"), str(genome), length=5)
    assert pairs(table) == [["TTGCA", "TTACA"]]


def test_alleles_without_bases_are_dropped(genome, write):
    vcf = write(
        "chr1 6 a G A,<DEL>,*", "chr1 6 b G .", "chr1 6 c G G]chr2:3]", "chr1 6 d G .A",
        "chr1 6 e G [chr2:3[G", "chr1 0 f N ]chr2:3]G", "3 6 g G T", "chr1 7 h C T",
    )  # fmt: skip
    message = (
        f"{vcf}: dropped 8 of 10 alternative alleles: 1 missing ('.'); 1 covered by a "
        "deletion upstream ('*'); 1 symbolic, such as '<DEL>'; 4 breakends; 1 on "
        f"chromosomes that {genome} does not hold: '3' (it holds 'chr1', 'chr2')"
    )
    with pytest.warns(UserWarning, match=re.escape(message)) as record:
        table = read_variants(vcf, genome, length=3)
    assert [warning.filename for warning in record] == [__file__]
    assert table["id"].tolist() == ["a", "h"]
    assert table.index.tolist() == [0, 9]


def test_nothing_is_left(genome, write):
    vcf = write("1 6 a G A")
    message = (
        f"{vcf}: no variant is left; dropped 1 of 1 alternative alleles: 1 on "
        f"chromosomes that {genome} does not hold: '1' (it holds 'chr1' for '1': "
        "rename them in one of the files)"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        read_variants(vcf, genome, length=3)
    with pytest.raises(ValueError, match=r"left; dropped 1 of 1 .*'<DEL>'"):
        read_variants(write("chr1 6 a G <DEL>"), genome, length=3)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["chr1 6 rs1 G A", "chr1 7 rs2 A T"], "variants.vcf, line 4: the reference "
         "allele of chr1:7 A>T (rs2) is 'A', but {genome} has 'C' there (1 of 2 "
         "alleles differ); take the assembly that the variants were called on, or "
         "drop them with at_mismatch='drop'"),
        (["chr1 5 . GC G"], "line 3: the reference allele of chr1:5 GC>G is 'GC', but "
         "{genome} has 'TG' there (1 of 1 alleles differ); all alleles are found one "
         "base further to the right, as if positions were counted from 0; in VCF it "
         "is from 1"),
        (["chr1 7 . G A", "chr2 11 . T A"], "line 4: chr2:11 T>A reaches behind the "
         "end of 'chr2', which has 10 bases in {genome} (1 of 2 alleles do); take the "
         "assembly that the variants were called on, or at_mismatch='drop'"),
        (["chr2 9 . ATA A"], "line 3: chr2:9 ATA>A reaches behind the end of 'chr2'"),
        (["chr1 7 . GC A"], "all alleles are found one base further to the left, as if "
         "positions were counted from 2"),
        (["chr1 0 . G A"], "line 3: POS, column 2, is counted from 1; found 0"),
        (["chr1 1e300 . G A"], "line 3: POS, column 2, is at most 1000000000000; found "
         "1000000000000000052504760255204420248704468581108159154915854115111802457988"[
             :60]),
        (["chr1 1.5 . G A"], "line 3: POS, column 2, is a whole number; found '1.5'"),
        (["chr1 6 . G A", "chr1 x . G A", "chr1 0 . G A"], "line 4: POS, column 2, is "
         "a whole number; found 'x' (2 of 3 lines are wrong)"),
        (["chr1 6 . G R"], "line 3: ALT, column 5, holds the bases A C G T N; found "
         "'R'"),
        (["chr1 6 . - A"], "line 3: REF, column 4, holds the bases A C G T R Y S "
         "W K M B D H V N; found '-'. An insertion or a deletion includes"),
        (["chr1 6 . G A,"], "line 3: ALT, column 5, holds the bases A C G T N; found "
         "''. An insertion"),
        (["chr1 6 9"], "line 3: REF, column 4, holds the bases A C G T R Y S W "
         "K M B D H V N; found '50'"),
        ([], "variants.vcf holds no variants"),
    ],
)  # fmt: skip
def test_errors(lines, message, genome, write):
    message = re.escape(message.replace("{genome}", str(genome)))
    with pytest.raises(ValueError, match=message):
        read_variants(write(*lines), genome, length=4)


def test_ambiguous_letters_of_the_genome(write, tmp_path):
    """The specification asks for A where the genome has M; M itself is found, too."""
    genome = tmp_path / "iupac.fa"
    genome.write_text(">chr1\nACGTMACRYTNA\n")
    vcf = write("chr1 5 . A G", "chr1 5 . M T", "chr1 7 . CGC C", "chr1 7 . CRY C")
    table = read_variants(vcf, genome, length=3)
    assert pairs(table) == [
        ["TAA", "TGA"], ["TMA", "TTA"], ["CGY", "AYT"], ["RYT", "CTN"]
    ]  # fmt: skip
    for variant in ("chr1 5 . G A", "chr1 5 . R A", "chr1 11 . A G", "chr1 1 . M G"):
        with pytest.raises(ValueError, match=r"\(1 of 1 alleles differ\)"):
            read_variants(write(variant), genome, length=3)


def test_references_that_differ_are_dropped_on_demand(genome, write):
    vcf = write(
        "chr1 6 a G A", "chr1 7 b A T", "chr2 10 c TAA T", "chr1 7 d G C,T",
        "chr1 7e+00 e C T", "x 1 f A C",
    )  # fmt: skip
    message = (
        f"{vcf}: dropped 5 of 7 alternative alleles: 1 on chromosomes that {genome} "
        "does not hold: 'x' (it holds 'chr1', 'chr2'); 4 whose reference is not what "
        f"{genome} has there (so many that it may be another assembly: some fit by "
        "chance); read 1 with an exponent in the position, which may be rounded"
    )
    with pytest.warns(UserWarning, match=f"^{re.escape(message)}$") as record:
        table = read_variants(vcf, genome, length=3, at_mismatch="drop")
    assert [warning.filename for warning in record] == [__file__]
    assert table["id"].tolist() == ["a", "e"]
    assert table.index.tolist() == [0, 5]
    assert pairs(table) == [["TGC", "TAC"], ["GCA", "GTA"]]
    with pytest.warns(UserWarning, match="1 whose reference is not what .* there$"):
        read_variants(
            write(*["chr1 6 a G A"] * 9, "chr2 11 b N A"), genome, length=3,
            at_mismatch="drop",
        )  # fmt: skip
    with pytest.raises(ValueError, match=r"no variant is left; dropped 1 of 1"):
        read_variants(write("chr1 7 b A T"), genome, length=3, at_mismatch="drop")
    with pytest.raises(ValueError, match="The 'at_mismatch' parameter of read_var"):
        read_variants(vcf, genome, length=3, at_mismatch="keep")


def test_other_files(genome, write, tmp_path):
    (tmp_path / "peaks.bed").write_text("chr1\t5\t9\n")
    with pytest.raises(ValueError, match="line 1: VCF has eight columns or more, sep"):
        read_variants(tmp_path / "peaks.bed", genome, length=4)
    with pytest.raises(ValueError, match="line 1: a FASTA file begins with '>'"):
        read_variants(write("chr1 6 . G A"), write("chr1 6 . G A"), length=4)


@pytest.mark.parametrize("length", [0, 2.5, None])
def test_length(length, genome, write):
    with pytest.raises(ValueError, match="The 'length' parameter of read_variants"):
        read_variants(write("chr1 6 . G A"), genome, length=length)
