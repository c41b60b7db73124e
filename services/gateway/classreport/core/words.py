"""The class report's words in one language, and how its figures are written."""

from contracts.names import Language
from services.gateway.classreport.core.document import Interval
from services.gateway.classreport.core.texts import TEXTS

DASH = "–"
_LONGEST = 60


class Words:
    """The texts of a language: call it with a key and what fills the text's places."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, text: str, /, **values: object) -> str:
        return TEXTS[self.language][text].format(**values)

    def plain(self) -> dict[str, str]:
        """All texts by key, for the templates."""
        return TEXTS[self.language]


def heat(share: float | None) -> dict[str, str]:
    """A cell: the less was earned, the redder; the figure stands in it, so that no colour has to be told."""
    if share is None:
        return {"text": DASH, "colour": "#ffffff"}
    lost = min(1.0, max(0.0, 1 - share))
    red, green, blue = (round(255 + (end - 255) * lost) for end in (201, 92, 80))
    return {"text": percent(share), "colour": f"#{red:02x}{green:02x}{blue:02x}"}


def percent(share: float | None) -> str:
    """Whole percent, a dash for none."""
    return DASH if share is None else f"{share * 100:.0f}%"


def decimal(value: float | None) -> str:
    """Two places, with a true minus sign."""
    if value is None:
        return DASH
    text = f"{value:.2f}"
    return "0.00" if text == "-0.00" else text.replace("-", "−")


def span(interval: Interval | None) -> str:
    """An interval in percent, nothing for none."""
    return f"{percent(interval.low)} – {percent(interval.high)}" if interval else ""


def short(text: str) -> str:
    """Without control characters and direction overrides, which could garble the page or feign text."""
    plain = "".join(char for char in text if char.isprintable())
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"
