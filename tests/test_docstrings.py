"""Every public name is documented, with an example that runs."""

import doctest
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest
from numpydoc.docscrape import NumpyDocString
from numpydoc.validate import validate

import sklearn_cnn

# numpydoc's checks of what must be there and agree with the signature. Its checks of
# style are ruff's business, or not this house's (GL01: text begins on the second line).
CHECKS = {
    "GL03",  # no two blank lines in a row
    "GL06",  # sections are those of numpydoc
    "GL07",  # in numpydoc's order
    "GL08",  # there is a docstring
    "SS01",  # a summary
    "SS02",  # that begins with a capital letter
    "SS03",  # and ends in a full stop
    "SS06",  # on a single line
    "PR01",  # every parameter of the signature is documented
    "PR02",  # no other one
    "PR03",  # in the same order
    "PR04",  # with its type
    "PR07",  # and a description
    "PR08",  # that begins with a capital letter
    "PR09",  # and ends in a full stop
    "PR10",  # a space before the colon
    "RT01",  # what is returned is documented
    "RT03",  # with a description
    "RT04",  # that begins with a capital letter
    "RT05",  # and ends in a full stop
    "SA02",  # descriptions under See Also end in a full stop
    "SA03",  # begin with a capital letter
    "SA04",  # and are there
    "EX01",  # there are examples
}
METHOD_CHECKS = CHECKS - {"EX01"}


def public_modules():
    """The package and its rooms that say in __all__ what is public."""
    rooms = [
        importlib.import_module(f"sklearn_cnn.{room.name}")
        for room in pkgutil.iter_modules(sklearn_cnn.__path__)
        if room.ispkg
    ]
    return [sklearn_cnn, *(room for room in rooms if hasattr(room, "__all__"))]


def public_names():
    """Import paths of public classes and functions."""
    return [
        f"{module.__name__}.{name}"
        for module in public_modules()
        for name in module.__all__
        if inspect.isroutine(getattr(module, name))
        or inspect.isclass(getattr(module, name))
    ]


def public_methods():
    """Import paths of the methods of public classes that are written here."""
    paths = []
    for path in public_names():
        public = _load(path)
        if inspect.isclass(public):
            paths += [
                f"{path}.{name}"
                for name, method in inspect.getmembers(public, inspect.isfunction)
                if not name.startswith("_")
                and method.__module__.startswith("sklearn_cnn.")
            ]
    return paths


def _load(path):
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def _errors(path, checks):
    return [error for error in validate(path)["errors"] if error[0] in checks]


@pytest.mark.parametrize("path", public_names())
def test_public_names_have_numpydoc_docstrings(path):
    assert _errors(path, CHECKS) == []


@pytest.mark.parametrize("path", public_methods())
def test_public_methods_have_numpydoc_docstrings(path):
    assert _errors(path, METHOD_CHECKS) == []


@pytest.mark.parametrize("path", public_names())
def test_examples_are_doctests_that_use_the_name(path):
    sections = NumpyDocString(inspect.getdoc(_load(path)))
    text = "\n".join(sections["Examples"])
    examples = doctest.DocTestParser().get_examples(text)
    assert any(path.rpartition(".")[2] in example.source for example in examples)


def test_public_modules_are_in_the_api_reference():
    api = Path(__file__).parents[1] / "docs" / "api.rst"
    listed = {line.strip() for line in api.read_text(encoding="utf-8").splitlines()}
    assert {module.__name__ for module in public_modules()} <= listed
