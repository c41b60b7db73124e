"""One kind of bad input: what is sent, and what is answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.component.gateway.inputs import pictures
from tests.component.gateway.inputs.requests import Sent, upload

MAX_BODY = 24 * 1024 * 1024
"""The limit of the gateway that these are sent to."""


@dataclass(frozen=True)
class Answer:
    """code: of the problem; "" when the web server answers before there is an API, or nobody."""

    status: int
    code: str = ""
    advice: tuple[str, ...] = ()

    def __str__(self) -> str:
        words = [str(self.status) if self.status else "closed", f"`{self.code}`" if self.code else ""]
        return " ".join(word for word in [*words, *(f"advice `{a}`" for a in self.advice)] if word)


ACCEPTED = Answer(202)


@dataclass(frozen=True)
class Kind:
    """One kind: its variants by name, each with what is sent and what is answered. `then`: what becomes of it."""

    number: int
    name: str
    variants: Mapping[str, tuple[Callable[[], Sent], Answer]]
    then: str = ""


def always(make: Callable[[], Sent], answer: Answer) -> Mapping[str, tuple[Callable[[], Sent], Answer]]:
    return {"": (make, answer)}


def as_file(make: Callable[[], bytes], answer: Answer = ACCEPTED) -> tuple[Callable[[], Sent], Answer]:
    return (lambda: upload(make())), answer


def good() -> bytes:
    return pictures.encoded(pictures.paper((900, 1200)), "JPEG")


MALFORMED, TOO_SLOW = Answer(400, "malformed_multipart"), Answer(408, "upload_timeout")
UNREADABLE, UNSUPPORTED = Answer(422, "unreadable_file"), Answer(415, "unsupported_media")
COMPLEX, INVALID = Answer(422, "file_too_complex"), Answer(422, "validation_failed")
