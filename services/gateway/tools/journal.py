"""The journal of an uploader: JSON lines, one per attempt, written before anybody could know what becomes of it."""

import json
import uuid
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from services.gateway.tools.evidence import Attempt


class BadJournal(Exception):
    """A line of the journal can't be read; the message names the line, not what it holds."""


class _Line(BaseModel):
    key: str | None = None
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    marker: str | None = None
    started: float | str | None = None
    ended: float | str | None = None
    outcome: Literal["ok", "fail", "unknown"]
    exam_id: uuid.UUID | None = None
    tenant: str


def read_journal(path: Path) -> list[Attempt]:
    """All lines; BadJournal, OSError. A last line without its end is one whose writer was killed: it is left out."""
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")[:-1]
    attempts = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            said = _Line.model_validate(json.loads(line))
        except (ValueError, ValidationError) as error:
            raise BadJournal(f"{path.name}, line {number}: not a line of a journal ({type(error).__name__})") from None
        key = said.key or f"line {number}"  # without a key, every attempt is an upload of its own
        attempts.append(Attempt(said.tenant, key, said.sha256, said.outcome, said.marker, said.exam_id))
    return attempts
