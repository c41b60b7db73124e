"""A gateway whose batches are looked at often, and ways to upload many papers."""

import io
import json
import zipfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.component.gateway.harness import JPEG, Running, gateway

PATIENCE = 120.0
"""Seconds for an answer: many papers on a busy machine."""
COMMON = {"subject": "math", "grade": "7"}


@pytest.fixture
async def running(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    """A gateway of the tenant `dev`."""
    monkeypatch.setenv("REDINK_BATCH_POLL_SECONDS", "0.2")
    async with gateway(database, tmp_path) as one:
        one.client.timeout = httpx.Timeout(PATIENCE)
        yield one


def jpeg(mark: int) -> bytes:
    """A JPEG to the eye of the gateway, different for each mark."""
    return JPEG + mark.to_bytes(4, "big")


def packed(files: Mapping[str, bytes], **how: Any) -> bytes:
    """A ZIP."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression=how.get("compression", zipfile.ZIP_DEFLATED)) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


async def post(
    running: Running,
    *,
    files: Mapping[str, bytes] | None = None,
    archive: bytes | None = None,
    manifest: Any = None,
    key: str | None = None,
    **fields: str,
) -> httpx.Response:
    """POST /batches."""
    parts: list[Any] = [("files", (name, data, "image/jpeg")) for name, data in (files or {}).items()]
    if archive is not None:
        parts.append(("archive", ("papers.zip", archive, "application/zip")))
    if manifest is not None:
        text = manifest if isinstance(manifest, str | bytes) else json.dumps(manifest)
        parts.append(("manifest", ("manifest", text, "text/plain")))
    headers = {"Idempotency-Key": key} if key else {}
    data = {**COMMON, **fields}
    return await running.client.post("/api/v1/batches", data=data, files=parts, headers=headers, timeout=PATIENCE)


async def batch_of(running: Running, **how: Any) -> dict[str, Any]:
    """An accepted batch."""
    response = await post(running, **how)
    assert response.status_code == 202, response.text
    return dict(response.json())


async def papers(running: Running, batch: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All papers of a batch."""
    response = await running.get(f"/batches/{batch['batch_id']}/exams", params={"limit": 100})
    assert response.status_code == 200, response.text
    return list(response.json()["items"])
