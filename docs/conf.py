"""How Sphinx makes the site of this folder: `make docs`."""

import os
import sys
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
os.environ["NUMBA_DISABLE_JIT"] = "1"  # or autodoc sees what numba compiles as data

project = "The gap between actor-critic and policy gradient"
author = "The actor-critic-gap developers"
release = metadata.version("actor-critic-gap")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "extension.parts",
]
exclude_patterns = ["extension", "requirements.txt"]
source_suffix = {".md": "markdown"}
default_role = "py:obj"
myst_enable_extensions = ["dollarmath", "html_image"]
myst_heading_anchors = 4

autodoc_default_options = {"exclude-members": "model_config"}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_type_aliases = {"Array": "Array", "ArrayLike": "ArrayLike"}
napoleon_numpy_docstring = False
napoleon_use_ivar = True
python_maximum_signature_line_length = 80

viewcode_follow_imported_members = False

html_theme = "furo"
html_title = "Actor-critic gap"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_copyright = False
html_theme_options = {"navigation_with_keys": True}
