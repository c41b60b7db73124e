"""JSON bodies with a limit, read after the key was checked."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from services.gateway.api import bodies
from services.gateway.api.context import InTenant
from services.gateway.core import faults
from services.gateway.core.problems import Code, Problem

M = TypeVar("M", bound=BaseModel)
_KIB = 1024


def json_body(
    model: type[M], kib: int, *media: str, required: bool = True
) -> tuple[Callable[..., Awaitable[M]], dict[str, Any]]:
    """A dependency that reads a body of at most `kib` KiB and one of the media types, and its description.

    Values are taken strictly: no number from a text. Without a body the model's defaults hold, unless `required`.
    """
    kinds = media or ("application/json",)

    async def read(request: Request, _tenant: InTenant) -> M:
        data = await bodies.raw(request, kib * _KIB)
        if not data and not required:
            return model()
        if bodies.media_type(request) not in kinds:
            raise Problem(Code.UNSUPPORTED_CONTENT_TYPE, f"Send the body as {' or '.join(kinds)}.")
        try:
            return model.model_validate_json(data, strict=True)
        except ValidationError as error:
            raise faults.problem(faults.faults_of(error)) from error

    content = {kind: {"schema": inlined(model)} for kind in kinds}
    return read, {"requestBody": {"required": required, "content": content}}


def inlined(model: type[BaseModel]) -> dict[str, Any]:
    """The schema with its definitions put where they are used: OpenAPI resolves references from the document's root."""
    schema = model.model_json_schema()
    kinds = schema.pop("$defs", {})

    def put(node: Any) -> Any:
        if isinstance(node, dict):
            name = str(node.get("$ref", "")).rpartition("/")[2]
            return put(kinds[name]) if name in kinds else {key: put(value) for key, value in node.items()}
        return [put(value) for value in node] if isinstance(node, list) else node

    result: dict[str, Any] = put(schema)
    return result
