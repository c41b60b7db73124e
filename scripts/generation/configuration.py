"""Every setting of every process, from the settings classes themselves."""

import importlib
import inspect
from pathlib import Path
from types import ModuleType

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

ROOT = Path(__file__).parents[2]
ELSEWHERE = ("REDINK_API_KEY", "REDINK_URL", "REDINK_CRASH_AT")
"""Names that are no process's setting: clients, tools and fault tests read them."""


def files() -> dict[str, str]:
    """`docs/configuration.md`, and the names alone, by which misspelt ones are found."""
    text = [
        "# Configuration",
        "",
        "Generated from the settings classes by `python -m scripts.generate`. A wrong value is refused at start; a name that resembles one of these and is none is told of in the log.",
    ]
    names = [*ELSEWHERE]
    for module in _modules():
        for settings in _settings(module):
            text += ["", *_section(module.__name__, settings)]
            names += [_variable(settings, name, field) for name, field in settings.model_fields.items()]
    return {
        "docs/configuration.md": "\n".join(text) + "\n",
        "runtime/variables.txt": "\n".join(sorted(set(names))) + "\n",
    }


def _modules() -> list[ModuleType]:
    found = [*sorted((ROOT / "runtime").rglob("settings.py")), *sorted((ROOT / "services").rglob("settings.py"))]
    return [importlib.import_module(".".join(p.relative_to(ROOT).with_suffix("").parts)) for p in found]


def _settings(module: ModuleType) -> list[type[BaseSettings]]:
    members = vars(module).values()
    own = (m for m in members if inspect.isclass(m) and issubclass(m, BaseSettings) and m.__module__ == module.__name__)
    return [m for m in own if m.model_fields]


def _section(module: str, settings: type[BaseSettings]) -> list[str]:
    doc = inspect.cleandoc(settings.__doc__ or "")
    head = [
        f"## `{module}.{settings.__name__}`",
        "",
        doc,
        "",
        "| variable | type | default | what it is |",
        "|---|---|---|---|",
    ]
    return head + [_row(settings, name, field) for name, field in settings.model_fields.items()]


def _row(settings: type[BaseSettings], name: str, field: FieldInfo) -> str:
    kind = inspect.formatannotation(field.annotation).replace("|", "\\|")
    return f"| `{_variable(settings, name, field)}` | {kind} | {_default(field)} | {field.description or ''} |"


def _variable(settings: type[BaseSettings], name: str, field: FieldInfo) -> str:
    prefix = str(settings.model_config.get("env_prefix", ""))
    alias = field.validation_alias if isinstance(field.validation_alias, str) else None
    return alias or (prefix + name).upper()


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if isinstance(field.json_schema_extra, dict) and "default" in field.json_schema_extra:  # another on each machine
        return str(field.json_schema_extra["default"])
    value = field.get_default(call_default_factory=True, validated_data={})
    return "" if value in (None, "", PydanticUndefined) else f"`{value}`"
