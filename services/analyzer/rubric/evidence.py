"""Whether words stand in an answer: what a model quotes is held against it, character by character."""

import re
import unicodedata

_DROPPED = re.compile(r"[\s\u3000\"'“”‘’「」『』《》。，,、；;：:！!？?…·（）()\[\]【】{}]+|(?<!\d)\.|\.(?!\d)")
_LEAST = 2
"""Characters of a passage that says anything; a whole answer may be shorter."""


def normalised(text: str) -> str:
    """In one spelling: without spaces, brackets and punctuation, full and half width alike. Signs and digits stay."""
    return _DROPPED.sub("", unicodedata.normalize("NFKC", text).casefold().replace("−", "-").replace("–", "-"))


def stands_in(quote: str, answer: str) -> bool:
    """Whether the quoted passage is one of the answer's, but for spaces, width, case and punctuation."""
    wanted, given = normalised(quote), normalised(answer)
    return wanted in given and (len(wanted) >= _LEAST or (wanted == given and bool(wanted)))
