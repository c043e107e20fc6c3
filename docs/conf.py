"""The documentation: python -m sphinx -W --keep-going -b html docs docs/_build/html."""

import sys
from pathlib import Path

import fastgd

sys.path.insert(0, str(Path(__file__).parent / "_ext"))
import tables

project = "fastgd"
author = "The fastgd developers"
copyright = f"2026, {author}"  # noqa: A001
version = release = fastgd.__version__

extensions = [
    "included",
    "mathml",
    "plain_docstrings",
    "tables",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "api/_*.rst", "sg_execution_times.rst", "**/sg_execution_times.rst"]
default_role = "py:obj"
root_doc = "index"

# The pages whose text explains runs: scripts, every one of which is run anew at each build.
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "guide",
    "filename_pattern": r"\.py$",
    "copyfile_regex": r"index\.rst",
    "image_scrapers": ("figures",),
    "run_stale_examples": True,
    "parallel": True,  # with -j 2 or more; published pages are built without, for they time
    "download_all_examples": False,
    "show_signature": False,
    "min_reported_time": 1,
    "remove_config_comments": True,
}

# Names and types are said in the docstrings.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autosummary_generate = ["api/index.rst", *tables.TABLES]
numpydoc_show_class_members = False
maximum_signature_line_length = 80
add_module_names = False
toc_object_entries_show_parents = "hide"

myst_heading_anchors = 3
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_context = {"default_mode": "auto"}
html_theme = "pydata_sphinx_theme"
html_title = f"fastgd {version}"
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["fastgd.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": "fastgd"},
    "header_links_before_dropdown": 7,
    "navbar_align": "left",
    "navbar_persistent": ["search-button"],
    "navbar_end": ["theme-switcher"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
}
html_sidebars = {page: [] for page in ("index", "glossary", "contributing", "changes")}
