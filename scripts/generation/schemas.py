"""JSON Schemas (2020-12) of every topic, every artefact and the result document."""

from contracts.result import Result
from contracts.topics import ARTEFACTS, TOPICS
from scripts.generation import as_json


def files() -> dict[str, str]:
    """`contracts/schemas/**.json`."""
    out = {f"contracts/schemas/topics/{t.name}.json": as_json(t.model.model_json_schema()) for t in TOPICS}
    for name, model in ARTEFACTS.items():
        out[f"contracts/schemas/artefacts/{name}.json"] = as_json(model.model_json_schema(mode="serialization"))
    out["contracts/schemas/result.v1.json"] = as_json(Result.model_json_schema(mode="serialization"))
    return out
