"""The report as one HTML file: no scripts, no requests, styles and pictures inside."""

import base64
import hashlib
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from services.report.core.mathml import mathml
from services.report.core.summary import View

_TEMPLATES = files("services.report.core") / "templates"
_ENVIRONMENT = Environment(
    loader=DictLoader(
        {name: (_TEMPLATES / name).read_text("utf-8") for name in ("report.html.j2", "parts.html.j2", "essay.html.j2")}
    ),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters["mathml"] = mathml
# Ours, not anyone's input: the only text that is not escaped.
_CSS = Markup("".join((_TEMPLATES / name).read_text("utf-8") for name in ("report.css", "essay.css")))  # noqa: S704
_HASH = base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode()
POLICY = f"default-src 'none'; img-src data:; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; script-src 'none'"
"""No script at all, nothing fetched, and of styles only the one that is in the page."""


def render_html(view: View) -> bytes:
    """UTF-8 bytes of the page. Every value of `view` is escaped; the page's own policy forbids the rest."""
    return _ENVIRONMENT.get_template("report.html.j2").render(view=view, css=_CSS, policy=POLICY).encode()
