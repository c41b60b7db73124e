"""The starter bank: items that ship, the same for every tenant."""

from functools import cache
from importlib.resources import files

from services.gateway.practice.core.item import Item

_FILES = ("math.zh.jsonl", "math.en.jsonl")


@cache
def starter() -> dict[str, Item]:
    """Items by id, in the order of the files."""
    folder = files(__name__.rpartition(".")[0]) / "starter"
    lines = [line for name in _FILES for line in (folder / name).read_text("utf-8").splitlines()]
    return {item.id: item for item in map(Item.model_validate_json, lines)}
