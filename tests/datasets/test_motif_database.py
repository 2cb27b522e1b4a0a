"""The embedded JASPAR matrices, against numbers copied from the JASPAR web site.

The statements of the description beside the data are checked here, too.
"""

import sqlite3
from collections import Counter
from importlib.resources import files

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_cnn.datasets._motif_database import load_jaspar
from sklearn_cnn.datasets.data.make_jaspar import main

DATA = files("sklearn_cnn.datasets") / "data" / "jaspar2026_core.npz"
ANNOTATION = ("classes", "families", "groups", "species")


@pytest.fixture(scope="module")
def jaspar():
    return load_jaspar()


@pytest.fixture(scope="module")
def matrices(jaspar):
    return [jaspar.counts(i) for i in range(len(jaspar))]


def test_all_of_core(jaspar, matrices):
    assert len(jaspar) == len(set(jaspar.ids)) == 2633
    assert Counter(jaspar.groups.tolist()) == {
        "vertebrates": 1019,
        "plants": 927,
        "insects": 296,
        "fungi": 193,
        "nematodes": 103,
        "urochordates": 94,
        "diatoms": 1,
    }
    assert_array_equal(jaspar.widths, [len(matrix) for matrix in matrices])
    assert (jaspar.widths.min(), jaspar.widths.max()) == (4, 33)
    assert jaspar.widths.sum() == 25378
    assert {matrix.shape[1] for matrix in matrices} == {4}
    assert len({matrix_id.partition(".")[0] for matrix_id in jaspar.ids}) == 2633


def test_numbers_of_the_description(jaspar, matrices):
    totals = [matrix.sum(axis=1) for matrix in matrices]
    assert min(total.min() for total in totals) == 6
    assert sum(np.any(matrix % 1 != 0) for matrix in matrices) == 102
    # The fractions are rounded, and so are their totals.
    assert sum(np.ptp(total) > 1e-6 * total.max() for total in totals) == 1117
    assert sum("::" in name for name in jaspar.names) == 86
    names = Counter(name.upper() for name in jaspar.names)
    assert sum(n > 1 for n in names.values()) == 107
    n_missing = {kind: np.sum(getattr(jaspar, kind) == "") for kind in ANNOTATION}
    assert n_missing == {"classes": 23, "families": 207, "groups": 0, "species": 1}


def test_arnt_matrix(jaspar):
    """MA0004.1, one of the oldest: 20 sites of CACGTG."""
    i = jaspar.find("MA0004.1")
    expected = [
        [4, 16, 0, 0],
        [19, 0, 1, 0],
        [0, 20, 0, 0],
        [0, 0, 20, 0],
        [0, 0, 0, 20],
        [0, 0, 20, 0],
    ]
    assert_array_equal(jaspar.counts(i), expected)
    assert jaspar.names[i] == "Arnt"
    assert jaspar.groups[i] == "vertebrates"
    assert jaspar.species[i] == "Mus musculus"
    assert jaspar.classes[i] == "Basic helix-loop-helix factors (bHLH)"


def test_ctcf_matrix(jaspar):
    i = jaspar.find("MA0139.2")
    assert jaspar.label(i) == "CTCF_MA0139.2"
    assert jaspar.classes[i] == "C2H2 zinc finger factors"
    assert jaspar.species[i] == "Homo sapiens"
    counts = jaspar.counts(i)
    assert_array_equal(counts[0], [281, 49, 449, 134])
    assert_array_equal(counts[-1], [82, 482, 307, 37])
    assert "".join("ACGT"[j] for j in counts.argmax(axis=1)) == "GCCACCAGGGGGCGC"


def test_fractions_are_exact(jaspar):
    expected = [1.05485, 1.05485, 950.422, 47.4684]
    assert jaspar.counts(jaspar.find("MA0079.5"))[0].tolist() == expected  # SP1


def test_frequencies(jaspar):
    i = jaspar.find("MA0004.1")
    # 20 sites and a pseudocount of 0.8: (4 + 0.2) / 20.8, ...
    expected = np.array([4.2, 16.2, 0.2, 0.2]) / 20.8
    assert_allclose(jaspar.frequencies(i)[0], expected, rtol=1e-14)
    assert_allclose(jaspar.frequencies(i, pseudocount=0)[0], [0.2, 0.8, 0, 0])
    for j in range(0, len(jaspar), 100):
        frequencies = jaspar.frequencies(j)
        assert frequencies.min() > 0
        assert_allclose(frequencies.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("MA0139.2", "CTCF_MA0139.2"),
        ("MA0139", "CTCF_MA0139.2"),
        ("ma0139.2", "CTCF_MA0139.2"),
        ("MA1930.2", "CTCF_MA1930.2"),
        ("CTCF", "CTCF_MA0139.2"),  # not MA0531 of insects, nor MA1929 and MA1930
        ("ctcf", "CTCF_MA0139.2"),
        ("RARB", "RARB_MA1552.2"),  # human
        ("Rarb", "Rarb_MA0857.1"),  # mouse
        ("rarb", "Rarb_MA0857.1"),
        ("Max", "MAX_MA0058.4"),  # vertebrates, though insects have the spelling Max
        ("YY1", "Yy1_MA0095.4"),
        ("br", "br_MA0010.2"),
        ("max::myc", "MAX::MYC_MA0059.2"),
    ],
)
def test_find(jaspar, key, label):
    assert jaspar.label(jaspar.find(key)) == label


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("CTFC", "'CTFC' is neither the id nor the TF name of a matrix in JASPAR 2026 "
         "CORE; close matches: TFEC, CTCF$"),
        ("MA0139.1", "'MA0139.1' is not in JASPAR 2026 CORE, of which the newest "
         "version of each matrix is there; that is MA0139.2$"),
        ("MYC.1", "is neither the id nor .*; close matches: MYC$"),
        ("?", "is neither the id nor the TF name of a matrix in JASPAR 2026 CORE$"),
    ],
)  # fmt: skip
def test_find_says_what_is_close(jaspar, key, message):
    with pytest.raises(ValueError, match=message):
        jaspar.find(key)


def test_read_once_and_not_writable(jaspar):
    assert load_jaspar() is jaspar
    with pytest.raises(ValueError, match="read-only"):
        jaspar.counts(0)[0, 0] = 1
    with pytest.raises(AttributeError):
        jaspar.ids = None


def test_file_is_small_and_holds_no_objects():
    assert DATA.stat().st_size < 300_000
    with np.load(DATA, allow_pickle=False) as archive:
        assert {array.dtype.kind for array in archive.values()} == {"U", "i", "f"}


def write_source(path, jaspar, first=0):
    """Write the matrices from `first` on in the layout of JASPAR's database.

    Each has an older version of other numbers, and a namesake in another collection.
    """
    tables = {
        "MATRIX": "ID, COLLECTION, BASE_ID, VERSION, NAME",
        "MATRIX_DATA": "ID, row, col, val",
        "MATRIX_ANNOTATION": "ID, TAG, VAL",
        "MATRIX_SPECIES": "ID, TAX_ID",
        "TAX": "TAX_ID, SPECIES",
    }
    rows = {table: [] for table in tables}
    tax_ids = {}
    for i in range(first, len(jaspar)):
        base, version = jaspar.ids[i].split(".")
        name = str(jaspar.names[i])
        rows["MATRIX"] += [
            (3 * i, "CORE", base, int(version), name),
            (3 * i + 1, "CORE", base, int(version) - 1, name),
            (3 * i + 2, "UNVALIDATED", base, int(version) + 1, name),
        ]
        for position, counts in enumerate(jaspar.counts(i), 1):
            rows["MATRIX_DATA"] += [
                (3 * i, base, position, float(count))
                for base, count in zip("TGCA", counts[::-1], strict=True)
            ]
        rows["MATRIX_DATA"].append((3 * i + 1, "A", 1, 7.0))
        for tag, kind in [("class", 0), ("family", 1), ("tax_group", 2)]:
            words = getattr(jaspar, ANNOTATION[kind])[i]
            words = words.split("; ") if words else []
            rows["MATRIX_ANNOTATION"] += [(3 * i, tag, word) for word in words]
        for species in filter(None, jaspar.species[i].split("; ")):
            tax_id = tax_ids.setdefault(species, len(tax_ids))
            rows["MATRIX_SPECIES"].append((3 * i, tax_id))
    rows["TAX"] = [(tax_id, species) for species, tax_id in tax_ids.items()]
    database = sqlite3.connect(path)
    for table, columns in tables.items():
        database.execute(f"CREATE TABLE {table} ({columns})")
        marks = ", ".join("?" * len(columns.split(",")))
        database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows[table])
    database.execute("CREATE INDEX place ON MATRIX_DATA (ID)")
    database.execute("CREATE INDEX base ON MATRIX (BASE_ID)")
    database.commit()
    database.close()


def test_script_reproduces_the_file(jaspar, tmp_path):
    write_source(tmp_path / "source.sqlite", jaspar)
    outputs = [tmp_path / "one.npz", tmp_path / "another.npz"]
    for output in outputs:
        main([str(tmp_path / "source.sqlite"), "--output", str(output)])
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    # Not compared compressed: zlib's output differs between its versions.
    with np.load(outputs[0]) as written, np.load(DATA) as released:
        assert written.files == released.files
        for name in released.files:
            assert_array_equal(written[name], released[name])


def test_script_refuses_an_incomplete_source(jaspar, tmp_path):
    write_source(tmp_path / "source.sqlite", jaspar, first=1)
    with pytest.raises(ValueError, match="expected 2633 matrices in CORE, got 2632"):
        main([str(tmp_path / "source.sqlite")])


def test_script_refuses_an_incomplete_matrix(jaspar, tmp_path):
    write_source(tmp_path / "source.sqlite", jaspar)
    database = sqlite3.connect(tmp_path / "source.sqlite")
    database.execute("DELETE FROM MATRIX_DATA WHERE ID = 0 AND row = 'G' AND col = 2")
    database.commit()
    database.close()
    message = f"{jaspar.ids[0]}: expected a count of A, C, G and T at each position"
    with pytest.raises(ValueError, match=message):
        main([str(tmp_path / "source.sqlite")])
