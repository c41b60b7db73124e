"""What is wrong with a document that a client sent: where, and in words that say what to do. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from services.gateway.core.problems import Code, Problem

MOST = 100
_WORDS = {
    ", unable to parse string as a number": "",
    ", unable to parse string as an integer": "",
    "an object": "a JSON object",
    "Invalid JSON": "is not JSON",
    "Input should be a valid": "must be a",
    "Input should be": "must be",
    "Field required": "is required",
    "Extra inputs are not permitted": "is not known here: correct its name or leave it out",
    "String should have at": "must have at",
    "List should have at": "must have at",
    "must be a string": "must be a text",
    "must be a integer": "must be a whole number",
}
_INSTANCE = re.compile(r"dictionary or instance of \w+")
_MEMBER = re.compile(r"(constrained-str|str|list\[.*)$")
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, at a place of the document."""

    place: Place
    detail: str


def faults_of(error: ValidationError) -> list[Fault]:
    """One fault a place: a value that fits no member of a union fails once for each of them."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    faults = [Fault(_place(item["loc"]), words_of(item["msg"])) for item in found]
    return list({fault.place: fault for fault in reversed(faults)}.values())[::-1]


def problem(faults: Sequence[Fault]) -> Problem:
    """Problem(VALIDATION_FAILED) with JSON pointers."""
    errors = [{"pointer": "".join(f"/{part}" for part in fault.place), "detail": fault.detail} for fault in faults]
    more = f" {len(errors)} things are wrong; the first {MOST} are named." if len(errors) > MOST else ""
    return Problem(
        Code.VALIDATION_FAILED, f"Correct what 'errors' names and send it again.{more}", errors=errors[:MOST]
    )


def _place(loc: tuple[str | int, ...]) -> Place:
    """Without the names that pydantic gives to the members of a union, and not longer than a name can be."""
    return tuple(part if isinstance(part, int) else part[:64] for part in loc if not _MEMBER.match(str(part)))


def words_of(message: str) -> str:
    """What to do, instead of how a library puts it."""
    if message.startswith("String should match pattern"):
        return "must not be empty, begin or end with a space, or contain control characters"
    words = _INSTANCE.sub("JSON object", message.removeprefix("Value error, "))
    for theirs, ours in _WORDS.items():
        words = words.replace(theirs, ours)
    return words
