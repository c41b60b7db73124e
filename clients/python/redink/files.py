"""Files that commands name, and what is wrong with them in words."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def json_in(file: str | None) -> Any:
    """What the JSON file holds; None without one. Raises OSError, and ValueError that names the file."""
    if file is None:
        return None
    try:
        return json.loads(Path(file).read_bytes())
    except ValueError as error:
        raise ValueError(f"{file}: not JSON: {error}") from error


def kind_of(out: Path, kinds: Sequence[str]) -> str:
    """The kind of document that the file's name asks for. Raises ValueError."""
    kind = out.suffix.removeprefix(".").lower()
    if kind not in kinds:
        raise ValueError(f"{out}: the file must end in {' or '.join(f'.{each}' for each in kinds)}")
    return kind
