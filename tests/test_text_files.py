"""Text files are the same on all systems: UTF-8, with the ends of lines of Unix."""

import ast
from pathlib import Path

import pytest

import sklearn_cnn

PACKAGE = Path(sklearn_cnn.__file__).parent


def _faults(source: str) -> list[str]:
    """Calls that leave the encoding, or what ends a line, to the system."""
    found = []
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "attr", getattr(call.func, "id", None))
        given = {word.arg for word in call.keywords}
        if ast.unparse(call.func) == "pyBigWig.open":
            continue  # These files are binary.
        if name == "open":
            texts = [
                value.value
                for value in [*call.args, *(word.value for word in call.keywords)]
                if isinstance(value, ast.Constant) and isinstance(value.value, str)
            ]
            modes = [text for text in texts if set(text) <= set("rwaxbt+")]
            is_text = not any("b" in mode for mode in modes)
            writes = any(set(mode) & set("wax") for mode in modes)
        else:
            is_text, writes = name in ("read_text", "write_text"), name == "write_text"
        needed = {"encoding", "newline"} if writes else {"encoding"}
        if is_text and not needed <= given:
            found.append(f"line {call.lineno}: {ast.unparse(call)}")
    return found


@pytest.mark.parametrize(
    "path", [*PACKAGE.rglob("*.py")], ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_nothing_is_left_to_the_system(path):
    assert _faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("call", "is_fault"),
    [
        ("open(path)", True),
        ("open(path, 'w', encoding='utf-8')", True),
        ("path.open('w', encoding='utf-8', newline='')", False),
        ("path.write_text(text, encoding='utf-8')", True),
        ("path.read_text()", True),
        ("path.read_text(encoding='utf-8')", False),
        ("open(path, mode='rb')", False),
        ("pyBigWig.open(path, 'w')", False),
    ],
)
def test_what_is_a_fault(call, is_fault):
    assert bool(_faults(call)) == is_fault
