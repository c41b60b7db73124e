"""The report's words: one table per language, the templates and figures are the same."""

from services.report.core.words.en import EN
from services.report.core.words.table import Lang, Words
from services.report.core.words.zh import ZH

__all__ = ["EN", "ZH", "Lang", "Words", "words_of"]


def words_of(locale: str) -> Words:
    """English for `en`, `en-GB`, …; Chinese for everything else."""
    return EN if locale.lower().split("-")[0].split("_")[0] == "en" else ZH
