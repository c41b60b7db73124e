"""What the API answers about imports of past records."""

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field

from services.gateway.api.views import View
from services.gateway.records.imports import Counts, Import
from services.gateway.records.rows import FaultCode

_ID = "7b1f2a9c-3d4e-4f60-8a71-92b3c4d5e6f7"
_BASE = f"/api/v1/imports/{_ID}"
_EXAMPLE: dict[str, Any] = {
    "import_id": _ID, "status": "COMPLETED", "rows": 4200, "created": 4100, "updated": 12, "unchanged": 80, "refused": 8,
    "errors_kept": 8, "problem": None, "created_at": "2026-11-22T03:14:15.926Z", "ended_at": "2026-11-22T03:14:19.101Z",
    "links": {"self": _BASE, "errors": f"{_BASE}/errors"},
}  # fmt: skip


class ImportLinks(View):
    """Where the import's parts are, relative to the server."""

    self: str
    errors: str


class ImportProblem(View):
    """Why an import was not taken to its end; what was taken before stays."""

    code: Literal["bad_header", "too_many_rows", "file_gone"]
    detail: str


class ImportView(View):
    """A file of past records, and what became of its rows."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    import_id: str
    status: Literal["WAITING", "RUNNING", "COMPLETED", "STOPPED"] = Field(
        description="COMPLETED: every row was taken or refused. STOPPED: `problem` says why not."
    )
    rows: int = Field(description="Rows looked at so far.")
    created: int
    updated: int = Field(description="Rows about a response that was known, with other values.")
    unchanged: int = Field(description="Rows that say what is known already.")
    refused: int = Field(description="Rows that are wrong; `errors` says which and why.")
    errors_kept: int = Field(description="Refused rows that can be read; of a very wrong file the first only.")
    problem: ImportProblem | None
    created_at: datetime
    ended_at: datetime | None
    links: ImportLinks


class AcceptedImport(ImportView):
    """A file that is safe."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _EXAMPLE | {"status": "WAITING", "ended_at": None, "ignored_columns": ["备注"]}
                | dict.fromkeys(("rows", "created", "updated", "unchanged", "refused", "errors_kept"), 0)
            ]
        }
    )  # fmt: skip

    ignored_columns: list[str] = Field(description="Columns of a CSV that were not understood.")


class RowError(View):
    """What is wrong with a row, and what to do."""

    line: int = Field(description="Of the file, counted from 1; the first line of a CSV is its header.", examples=[17])
    code: FaultCode = Field(examples=["earned_above_max"])
    field: str | None = Field(examples=["earned"])
    detail: str = Field(examples=["More was earned than the item has: correct earned or max."])


class RowErrorPage(View):
    """Errors in the order of the file."""

    items: list[RowError]
    next_cursor: str | None


class ImportDeleted(View):
    """That an import was taken back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"import_id": _ID, "responses": 4112}]})

    import_id: str
    responses: int = Field(description="Records deleted: those that this import said last.")


def import_fields(of: Import, counts: Counts) -> dict[str, Any]:
    """The fields of an ImportView."""
    base = f"/api/v1/imports/{of.import_id}"
    status = "WAITING" if of.leased_until is None else "RUNNING"
    if of.ended_at is not None:
        status = "STOPPED" if of.problem else "COMPLETED"
    return {
        "import_id": str(of.import_id),
        "status": status,
        "rows": counts.rows,
        "created": counts.created,
        "updated": counts.updated,
        "unchanged": counts.rows - counts.created - counts.updated - counts.refused,
        "refused": counts.refused,
        "errors_kept": counts.errors,
        "problem": of.problem,
        "created_at": of.created_at,
        "ended_at": of.ended_at,
        "links": {"self": base, "errors": f"{base}/errors"},
    }
