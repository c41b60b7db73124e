"""The class report as one HTML file: no scripts, no requests, styles inside."""

from functools import cache
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined, Template
from markupsafe import Markup

from services.gateway.classreport.core.view import View

_TEMPLATES = files("services.gateway.classreport") / "templates"


@cache
def _template() -> Template:
    environment = Environment(
        loader=DictLoader({"class": (_TEMPLATES / "class.html.j2").read_text("utf-8")}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("class")


def render_html(view: View) -> bytes:
    """UTF-8 bytes of the page. Every value of `view` is escaped; a Content-Security-Policy forbids the rest."""
    # Ours, not anyone's input: the only text that is not escaped.
    css = Markup((_TEMPLATES / "class.css").read_text("utf-8"))  # noqa: S704
    return _template().render(view=view, css=css).encode()
