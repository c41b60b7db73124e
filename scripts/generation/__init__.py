"""Sources of generated files: each module has `files() -> {path: text}`."""

import json
from typing import Any


def as_json(document: Any) -> str:
    """The one way JSON files are written here: readable Chinese, stable order, final newline."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
