"""OpenAPI 3.1 of the gateway."""

from scripts.generation import as_json
from services.gateway.api.application import openapi_document


def files() -> dict[str, str]:
    """`docs/openapi.json`."""
    return {"docs/openapi.json": as_json(openapi_document())}
