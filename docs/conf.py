"""Configuration of the Sphinx build."""

import importlib
import inspect
import operator
import os

# Progress bars would fill the pages of the examples; tqdm reads this on import.
os.environ["TQDM_DISABLE"] = "1"

from docutils import nodes

import sklearn_cnn

project = "sklearn-cnn"
author = "The sklearn-cnn developers"
copyright = author
version = release = sklearn_cnn.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "matplotlib.sphinxext.plot_directive",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
# Docstrings put the names of parameters and attributes in single backticks.
default_role = "literal"

# The API reference holds what __all__ of each public module lists.
autosummary_ignore_module_all = False
autosummary_imported_members = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
toc_object_entries_show_parents = "hide"

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"\d\d_",
    "within_subsection_order": "FileNameSortKey",
    "doc_module": ("sklearn_cnn",),
    "backreferences_dir": "generated/backreferences",
    "write_computation_times": False,
}

# Figures of the guide: scripts in docs/figures, run by the build.
plot_basedir = os.path.dirname(__file__)
plot_formats = [("png", 150)]
plot_html_show_formats = False
plot_html_show_source_link = False
plot_include_source = False
plot_rcparams = {
    "font.size": 11,
    "axes.titlesize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.constrained_layout.use": True,
}

copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True

html_theme = "pydata_sphinx_theme"
html_static_path = ["_static"]
html_css_files = ["narrow.css"]
html_title = "sklearn-cnn"
html_show_sourcelink = False
html_sidebars = {page: [] for page in ("index", "getting_started", "faq")}
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "header_links_before_dropdown": 6,
}


# Labels in inherited docstrings, and where scikit-learn's pages have them.
SCIKIT_LEARN = "https://scikit-learn.org/stable"
LABELS = {
    "accuracy_score": "modules/model_evaluation.html#accuracy-score",
    "metadata_routing": "metadata_routing.html",
    "r2_score": "modules/model_evaluation.html#r2-score",
    "df_output_transform": "auto_examples/miscellaneous/plot_set_output.html",
    "sphx_glr_auto_examples_miscellaneous_plot_set_output.py": (
        "auto_examples/miscellaneous/plot_set_output.html"
    ),
}


def link_to_scikit_learn(app, env, node, contnode):
    """Link scikit-learn's names to its pages, without a network in the build."""
    target = node.get("reftarget", "")
    if node.get("refdomain") == "py" and target.startswith("sklearn."):
        page = f"modules/generated/{target}.html"
    elif node.get("reftype") == "term":
        page = f"glossary.html#term-{target}"
    elif target in LABELS:
        page = LABELS[target]
    else:
        return None
    uri = f"{SCIKIT_LEARN}/{page}"
    return nodes.reference("", "", contnode, internal=False, refuri=uri)


def find_file(app, package, name):
    """Module of the file that holds a public name's source, for the links to it."""
    value = operator.attrgetter(name)(importlib.import_module(package))
    value = value.__init__ if inspect.isclass(value) else value
    return getattr(inspect.unwrap(value), "__globals__", {}).get("__name__")


def setup(app):
    """Connect the above to Sphinx."""
    app.connect("missing-reference", link_to_scikit_learn)
    app.connect("viewcode-follow-imported", find_file)
