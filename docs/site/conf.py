"""Sphinx, as `docs/tools/site.py` uses it: Markdown by MyST, the API from docstrings, the Furo theme.

Nothing is fetched: Furo uses the fonts of the reader's machine, and the search is a file of the site.
"""

from __future__ import annotations

import importlib.metadata

project = "aeflow"
author = "aeflow contributors"
release = importlib.metadata.version("aeflow")
language = "en-GB"
root_doc = "index"
extensions = ["myst_parser", "sphinx.ext.autodoc"]
suppress_warnings = ["ref.python"]
"""A field such as `share` belongs to several classes; which of them a signature means, is seen where it is used."""
highlight_language = "none"
default_role = "code"
templates_path: list[str] = []

myst_heading_anchors = 4
myst_linkify_fuzzy_links = False

autodoc_default_options = {"members": True, "member-order": "bysource", "exclude-members": "Sobol"}
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_inherit_docstrings = False
add_module_names = False
toc_object_entries = False  # a page of the API lists its modules, not each function
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = "aeflow"
html_show_sphinx = False
html_show_sourcelink = False
html_copy_source = False
html_last_updated_fmt = None
