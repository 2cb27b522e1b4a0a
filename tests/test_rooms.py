"""The rooms of the package: what each may import, and how much stands at the root."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

import sklearn_cnn

PACKAGE = Path(sklearn_cnn.__file__).parent
# Rooms, and what none of their files may import.
FORBIDDEN = {
    "architectures": {"sklearn", "skorch", "pandas"},
    "preprocessing": {"torch", "skorch"},
    "datasets": {"torch", "skorch"},
}
OPTIONAL = {
    "accelerate",
    "dask",
    "distributed",
    "logomaker",
    "matplotlib",
    "memelite",
    "pyjaspar",
    "tangermeme",
    "PIL",
    "pyBigWig",
}
OPTIONAL |= {"borzoi_pytorch", "enformer_pytorch", "timm", "transformers"}


def _name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


TREES = {_name(path): ast.parse(path.read_text()) for path in PACKAGE.rglob("*.py")}


def _imported(tree: ast.AST, *, nodes=None) -> set[str]:
    """Modules that a file imports, those inside of functions included by default."""
    found = set()
    for node in ast.walk(tree) if nodes is None else nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_no_circles():
    """Files whose imports are all gone through go, until none is left."""
    left = {
        name: {other for other in _imported(tree) if other in TREES} - {name}
        # A package's own file gathers what stands in it.
        for name, tree in TREES.items()
    }
    for name, imports in left.items():
        imports -= {o for o in imports if name.startswith(f"{o}.")}
    while True:
        free = {name for name, imports in left.items() if not imports & left.keys()}
        if not free:
            break
        left = {name: imports for name, imports in left.items() if name not in free}
    assert not left


@pytest.mark.parametrize("room", FORBIDDEN)
def test_rooms_know_only_what_they_need(room):
    wrong = defaultdict(set)
    for name, tree in TREES.items():
        if name.startswith(f"sklearn_cnn.{room}."):
            packages = {module.partition(".")[0] for module in _imported(tree)}
            if packages & FORBIDDEN[room]:
                wrong[name] = packages & FORBIDDEN[room]
    assert not wrong


def test_optional_packages_are_imported_where_they_are_used():
    for name, tree in TREES.items():
        at_the_top = _imported(tree, nodes=tree.body)
        assert not {m.partition(".")[0] for m in at_the_top} & OPTIONAL, name


def test_few_files_at_the_root():
    assert len(list(PACKAGE.glob("*.py"))) <= 12
