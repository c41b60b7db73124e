"""Whether words stand in an answer: what a model quotes is held against it, character by character."""

import re
import unicodedata

from services.analyzer.core.polarity import is_negated

_DROPPED = re.compile(r"[\s\u3000\"'“”‘’「」『』《》。，,、；;：:！!？?…·（）()\[\]【】{}]+|(?<!\d)\.|\.(?!\d)")
_LEAST = 2
"""Characters of a passage that says anything; a whole answer may be shorter."""


def normalised(text: str) -> str:
    """In one spelling: without spaces, brackets and punctuation, full and half width alike. Signs and digits stay."""
    return _DROPPED.sub("", unicodedata.normalize("NFKC", text).casefold().replace("−", "-").replace("–", "-"))


def stands_in(quote: str, answer: str) -> bool:
    """Whether the quoted passage is one of the answer's, but for spaces, width, case and punctuation.

    What only stands behind a negation says the opposite: 是甲 is no passage of 不是甲.
    """
    wanted, given = normalised(quote), normalised(answer)
    if len(wanted) < _LEAST:
        return wanted == given and bool(wanted)
    places = [found.start() for found in re.finditer(f"(?={re.escape(wanted)})", given)]
    return any(not is_negated(given, place) for place in places)
