"""What is wrong with a template, in the words of whoever wrote it: places in JSON, rows and columns in CSV."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from services.gateway.core.faults import Fault, faults_of
from services.gateway.templates.document import Document, faults


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
        raise Wrong(faults_of(error)) from None
    if wrong := [Fault(place, detail) for place, detail in faults(document)]:
        raise Wrong(wrong)
    return document
