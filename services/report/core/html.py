"""The report as one HTML file: no scripts, no requests, styles and pictures inside."""

from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from services.report.core.summary import View

_TEMPLATES = files("services.report.core") / "templates"
_ENVIRONMENT = Environment(
    loader=DictLoader({"report": (_TEMPLATES / "report.html.j2").read_text("utf-8")}),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
# Ours, not anyone's input: the only text that is not escaped.
_CSS = Markup((_TEMPLATES / "report.css").read_text("utf-8"))  # noqa: S704


def render_html(view: View) -> bytes:
    """UTF-8 bytes of the page. Every value of `view` is escaped; a Content-Security-Policy forbids the rest."""
    return _ENVIRONMENT.get_template("report").render(view=view, css=_CSS).encode()
