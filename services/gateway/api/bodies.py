"""Request bodies that are read with a limit, after the key was checked."""

from typing import Any

from fastapi import Request
from pydantic import BaseModel
from pydantic_core import from_json
from starlette.requests import ClientDisconnect

from services.gateway.core.problems import Code, Problem
from services.gateway.multipart import refuse_encoding


async def raw(request: Request, limit: int) -> bytes:
    """The body; Problem(UNSUPPORTED_CONTENT_TYPE) of a compressed one, Problem(BODY_TOO_LARGE).

    Problem(TRUNCATED_BODY) of a client that hung up: no failure of ours.
    """
    refuse_encoding(request.headers.get("content-encoding"))
    found = bytearray()
    try:
        async for chunk in request.stream():
            found += chunk
            if len(found) > limit:
                raise Problem(Code.BODY_TOO_LARGE, f"Send at most {limit} bytes.", limit=limit)
    except ClientDisconnect as gone:
        raise Problem(Code.TRUNCATED_BODY) from gone
    return bytes(found)


def json_of(data: bytes) -> Any:
    """JSON without NaN; Problem(VALIDATION_FAILED) for anything else."""
    try:
        return from_json(data, allow_inf_nan=False)
    except ValueError as error:
        errors = [{"pointer": "", "detail": f"is not JSON: {error}"}]
        raise Problem(Code.VALIDATION_FAILED, "Send JSON in UTF-8.", errors=errors) from error


def schema(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of a body; its parts are those of the answers' components."""
    found = model.model_json_schema(ref_template="#/components/schemas/{model}")
    found.pop("$defs", None)
    return found


def media_type(request: Request) -> str:
    """Without parameters, in lower case; "" when none is said."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
