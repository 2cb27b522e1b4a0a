"""Tables of the pages fit a phone: few columns, short words.

A browser 390 pixels wide has room for them as ``docs/_static/narrow.css`` sets them.
``docs/screenshots.py`` looks there.
"""

import re
from pathlib import Path

import pytest
from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import roles

DOCS = Path(__file__).parents[1] / "docs"
PAGES = [*DOCS.glob("*.rst"), *DOCS.glob("user_guide/*.rst")]
N_COLUMNS = 6
# A browser breaks lines between words, so a table is as wide as the longest words of
# its columns, with about one more character between two. A phone has 358 pixels for
# 47 characters of at most 7.6.
N_WORD_CHARACTERS = 47
# A longer row would fill a phone's screen.
N_ROW_CHARACTERS = 250


def _show(name, rawtext, text, lineno, inliner, options=None, content=None):
    """What Sphinx shows of a reference: its title, or the last name of ``~a.b``."""
    titled = re.fullmatch(r"(.+?)\s*<.+>", text, re.DOTALL)
    shown = titled[1] if titled else re.sub(r"^~.*\.", "", text)
    return [nodes.literal(rawtext, shown)], []


@pytest.fixture(autouse=True, scope="module")
def _sphinx_roles():
    """Docutils alone does not know the roles of Sphinx."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(roles, "_roles", dict(roles._roles))
        for name in ("class", "doc", "download", "func", "meth", "mod", "ref"):
            roles.register_local_role(name, _show)
        yield


def tables_of(text: str, path: Path = DOCS / "page.rst") -> list[list[list]]:
    """Rows of the entries of each table on a page."""
    settings = {"report_level": 5, "halt_level": 5, "warning_stream": ""}
    page = publish_doctree(text, str(path), settings_overrides=settings)
    return [
        [list(row.findall(nodes.entry)) for row in table.findall(nodes.row)]
        for table in page.findall(nodes.table)
    ]


def longest_word(entry: nodes.entry) -> int:
    """Letters that a browser keeps on one line; it breaks text after a hyphen, too."""
    words = []
    for text in entry.findall(nodes.Text):
        in_code = isinstance(text.parent, nodes.literal)
        words += re.split(r"\s" if in_code else r"\s|(?<=-)", text.astext())
    return max(map(len, words), default=0)


def faults(rows: list[list]) -> list[str]:
    """What is too wide in a table."""
    found = []
    n_columns = max(map(len, rows))
    if n_columns > N_COLUMNS:
        found.append(f"{n_columns} columns, at most {N_COLUMNS}")
    columns = zip(*rows, strict=True)
    width = sum(1 + max(map(longest_word, column)) for column in columns)
    if width > N_WORD_CHARACTERS:
        found.append(
            f"the longest words of its columns have {width} characters together, at "
            f"most {N_WORD_CHARACTERS}"
        )
    longest = max(sum(len(entry.astext()) for entry in row) for row in rows)
    if longest > N_ROW_CHARACTERS:
        found.append(f"a row of {longest} characters, at most {N_ROW_CHARACTERS}")
    return found


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_tables_fit_a_phone(path):
    for rows in tables_of(path.read_text(encoding="utf-8"), path):
        header = " | ".join(entry.astext() for entry in rows[0])
        assert not faults(rows), f"the table that begins {header!r} is too wide"


def test_all_kinds_of_tables_are_found():
    assert sum(len(tables_of(p.read_text("utf-8"), p)) for p in PAGES) >= 25


@pytest.mark.parametrize(
    ("table", "n_letters"),
    [
        ("====  ===\na     bcd\nef-g  h\n====  ===\n", 3 + 3),
        (".. list-table::\n\n   * - :class:`~a.b.CNN`\n     - ``x-y z``\n", 3 + 3),
        (".. csv-table::\n\n   :doc:`five <../abc>`, .98† ±.01\n", 4 + 4),
    ],
)
def test_longest_words_are_counted_as_a_browser_breaks_them(table, n_letters):
    (rows,) = tables_of(table)
    columns = zip(*rows, strict=True)
    assert sum(max(map(longest_word, column)) for column in columns) == n_letters


def test_wide_tables_are_named(tmp_path):
    (tmp_path / "wide.csv").write_text("a,b,c,d,e,f,g\n" + "x" * 300 + ",,,,,,\n")
    text = f".. csv-table::\n   :file: {tmp_path / 'wide.csv'}\n"
    columns, words, row = faults(*tables_of(text))
    assert columns == "7 columns, at most 6"
    assert "313 characters together" in words
    assert row == "a row of 300 characters, at most 250"
