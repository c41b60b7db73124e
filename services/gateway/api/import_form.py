"""What is sent as an import, and what is answered of it: the file's forms, its subject, the places of its errors."""

from typing import Any

from contracts.events import BlobRef
from runtime.blobs import Blobs
from services.gateway import idempotency
from services.gateway.core.form import SUBJECTS, subject_name
from services.gateway.core.problems import Code, Problem
from services.gateway.records.imports import KINDS
from services.gateway.records.reader import LONGEST_LINE, BadHeader, header_of

_CSV = (
    "student_id,class_id,date,paper,item,knowledge_points,earned,max\n"
    "s-1024,7-2,2025-06-30,期末,1,有理数的加减,3,3\ns-1024,7-2,2025-06-30,期末,2,绝对值;数轴,2,4\n"
)
_JSONL = (
    '{"student_id": "s-1024", "class_id": "7-2", "subject": "math", "date": "2025-06-30", "paper": "期末",'
    ' "item": "1", "knowledge_points": ["有理数的加减"], "earned": 3, "max": 3}\n'
)
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string"}, "example": _CSV if KINDS[kind] == "csv" else _JSONL} for kind in KINDS
        },
    }
}
HEADERS = {
    "Location": {"description": "The import.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds until a look at it is worth while.", "schema": {"type": "integer"}},
}


async def ignored_columns(blobs: Blobs, file: BlobRef, kind: str) -> list[str]:
    """Columns that were not understood. Problem(EMPTY_FILE | VALIDATION_FAILED) when there is nothing to be taken."""
    if file.size == 0:
        raise Problem(Code.EMPTY_FILE, "The file has no bytes: send one that has rows.")
    if KINDS[kind] != "csv":
        return []
    head = (await blobs.part(file.path, 0, LONGEST_LINE)).split(b"\n")
    first = next((line for line in head if line.strip()), b"")
    try:
        return list(header_of(first).ignored)
    except BadHeader as wrong:
        raise Problem(Code.VALIDATION_FAILED, errors=[{"pointer": "/1", "detail": str(wrong)}]) from wrong


def subject_of(text: str | None) -> str | None:
    """By its name in either language. Problem(VALIDATION_FAILED)."""
    if text is None:
        return None
    name = subject_name(text)
    if name not in SUBJECTS:
        errors = [{"pointer": "/subject", "detail": f"must be one of {', '.join(SUBJECTS)}"}]
        raise Problem(Code.VALIDATION_FAILED, errors=errors)
    return name


def digest(sha256: str, kind: str, subject: str | None) -> bytes:
    """What was asked for: the same for a repetition."""
    return idempotency.digest("import", sha256, kind, subject)
