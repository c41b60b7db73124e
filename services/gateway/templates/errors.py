"""What is wrong with a template, in the words of whoever wrote it: places in JSON, rows and columns in CSV."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from services.gateway.core.problems import Code, Problem
from services.gateway.templates.document import Document, faults

MOST = 100
_WORDS = {
    ", unable to parse string as a number": "",
    ", unable to parse string as an integer": "",
    "dictionary or instance of Document": "JSON object",
    "Input should be a valid": "must be a",
    "Input should be": "must be",
    "Field required": "is required",
    "Extra inputs are not permitted": "is no field of a template: correct its name or leave it out",
    r"String should match pattern '\S'": "must not be empty",
    "String should have at": "must have at",
    "List should have at": "must have at",
    "must be a string": "must be a text",
    "must be a integer": "must be a whole number",
}
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, at a place of the document."""

    place: Place
    detail: str


class Wrong(Exception):
    """A document that isn't a template."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("template")
        self.faults = tuple(faults)


def checked(data: Any) -> Document:
    """The template, or Wrong with all that is wrong."""
    try:
        document = Document.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise Wrong(_distinct([Fault(_place(item["loc"]), _words(item["msg"])) for item in found])) from None
    if wrong := [Fault(place, detail) for place, detail in faults(document)]:
        raise Wrong(wrong)
    return document


def problem(faults: Sequence[Fault]) -> Problem:
    """Problem(VALIDATION_FAILED) with JSON pointers."""
    errors = [{"pointer": "".join(f"/{part}" for part in fault.place), "detail": fault.detail} for fault in faults]
    more = f" {len(errors)} things are wrong; the first {MOST} are named." if len(errors) > MOST else ""
    return Problem(
        Code.VALIDATION_FAILED, f"Correct what 'errors' names and send it again.{more}", errors=errors[:MOST]
    )


def _place(loc: tuple[str | int, ...]) -> Place:
    """Without the names that pydantic gives to the members of a union."""
    return tuple(part for part in loc if isinstance(part, int) or (part.isidentifier() and part != "str"))


def _words(message: str) -> str:
    """What to do, instead of how a library puts it."""
    words = message.removeprefix("Value error, ")
    for theirs, ours in _WORDS.items():
        words = words.replace(theirs, ours)
    return words


def _distinct(faults: Sequence[Fault]) -> list[Fault]:
    """One fault a place: a value that fits no member of a union fails once for each of them."""
    return list({fault.place: fault for fault in reversed(faults)}.values())[::-1]
