"""Variables of the environment that nobody reads: misspelt ones, which would leave a setting as it is without a word."""

import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path

PREFIX = "REDINK_"
ALIKE = 0.85
"""Likeness (Ratcliff and Obershelp, 1988) from which a name is another one misspelt."""
_LINK = re.compile(r"_(?:SERVICE_(?:HOST|PORT(?:_\w+)?)|PORT(?:_\d+_(?:TCP|UDP)(?:_\w+)?)?)$")
"""What Kubernetes and Docker set for a service that is called redink-…: nobody's setting."""


def known() -> frozenset[str]:
    """The names of all settings of all services, and of what tools and clients read (`python -m scripts.generate` lists them)."""
    return frozenset(Path(__file__).with_name("variables.txt").read_text(encoding="ascii").split())


def misspelt(environment: Iterable[str], names: Collection[str]) -> Mapping[str, str]:
    """Variables that begin as ours do and are none, with the name that each resembles; those that resemble none are left out."""
    strange = [name for name in environment if name.startswith(PREFIX) and name not in names and not _LINK.search(name)]
    nearest = {name: get_close_matches(name, names, n=1, cutoff=ALIKE) for name in sorted(strange)}
    return {name: found[0] for name, found in nearest.items() if found}
