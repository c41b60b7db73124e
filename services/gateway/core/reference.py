"""The API's description as a page for people: no script, nothing fetched, made once from the OpenAPI document."""

import json
import re
from html import escape
from typing import Any

_PROBLEM = "application/problem+json"
_FORM = "multipart/form-data"
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #b3261e; }
body { font: 15px/1.55 system-ui, "Noto Sans SC", sans-serif; margin: 0 auto; max-width: 62rem; padding: 1rem 1.25rem 6rem; }
h1 { font-size: 1.7rem; } h2 { margin: 2.5rem 0 .5rem; border-bottom: 2px solid var(--accent); padding-bottom: .2rem; }
code, pre { font: 13px/1.5 ui-monospace, monospace; } pre { background: var(--soft); padding: .7rem; overflow: auto; border-radius: 6px; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .4rem 0; padding: 0 .8rem; }
details[open] { padding-bottom: .8rem; } summary { cursor: pointer; padding: .5rem 0; }
summary b { display: inline-block; min-width: 4.2rem; color: var(--accent); } summary span { opacity: .75; margin-left: .6rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; } td, th { border-top: 1px solid var(--line); padding: .3rem .5rem .3rem 0;
text-align: left; vertical-align: top; } nav a { margin-right: .9rem; } a { color: inherit; } .scroll { overflow-x: auto; }
"""


def page(document: dict[str, Any]) -> str:
    """HTML of an OpenAPI 3.1 document."""
    tags = [(tag["name"], tag.get("description", "")) for tag in document.get("tags", ())]
    links = " ".join(f'<a href="#{escape(name)}">{escape(name)}</a>' for name, _ in tags)
    sections = "".join(_section(document, name, text) for name, text in tags)
    schemas = "".join(_schema(name, schema) for name, schema in sorted(document["components"]["schemas"].items()))
    info = document["info"]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style>"
        f"<h1>{escape(info['title'])} API, version {escape(info['version'])}</h1>{_prose(info.get('description', ''))}"
        f'<nav>{links} <a href="#problems">problems</a> <a href="#schemas">schemas</a> <a href="/api/v1/openapi.json">openapi.json</a></nav>'
        f'{sections}{_problems(document)}<h2 id="schemas">schemas</h2>{schemas}</html>'
    )


def _section(document: dict[str, Any], tag: str, text: str) -> str:
    operations = [
        _operation(method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if tag in operation.get("tags", ())
    ]
    return f'<h2 id="{escape(tag)}">{escape(tag)}</h2>{_prose(text)}{"".join(operations)}' if operations else ""


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    parameters = "".join(_parameter(parameter) for parameter in operation.get("parameters", ()))
    bodies = "".join(
        f"<h4>Send <code>{escape(kind)}</code></h4>{_fields(media)}{'' if kind == _FORM else _example(media)}"
        for kind, media in operation.get("requestBody", {}).get("content", {}).items()
    )
    answers = "".join(_answer(status, answer) for status, answer in operation["responses"].items() if status < "4")
    refusals = "".join(
        f'<tr><td>{escape(status)}<td><a href="#problem-{escape(code)}"><code>{escape(code)}</code></a>'
        for status, code in _refusals(operation)
    )
    return (
        f'<details id="{escape(operation["operationId"])}"><summary><b>{method.upper()}</b><code>{escape(path)}</code>'
        f"<span>{escape(operation['summary'])}</span></summary>{_prose(operation.get('description', ''))}"
        f"<pre>{escape(_curl(method, path, operation))}</pre>"
        + (f"<h4>Parameters</h4><div class=scroll><table>{parameters}</table></div>" if parameters else "")
        + f"{bodies}<h4>Answers</h4>{answers}<h4>Refusals</h4><table>{refusals}</table></details>"
    )


def _refusals(operation: dict[str, Any]) -> list[tuple[str, str]]:
    """(status, code) of the problems an operation may answer."""
    return [
        (status, code)
        for status, answer in operation["responses"].items()
        for code in answer.get("content", {}).get(_PROBLEM, {}).get("examples", {})
    ]


def _problems(document: dict[str, Any]) -> str:
    """Every problem once, with what to do about it."""
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    known = {
        code: example["value"]
        for operation in operations
        for answer in operation["responses"].values()
        for code, example in answer.get("content", {}).get(_PROBLEM, {}).get("examples", {}).items()
    }
    rows = "".join(
        f'<tr id="problem-{escape(code)}"><td>{known[code]["status"]}<td><code>{escape(code)}</code>'
        f"<td>{escape(known[code]['title'])}<td>{escape(known[code]['detail'])}"
        for code in sorted(known)
    )
    return f'<h2 id="problems">problems</h2><div class=scroll><table>{rows}</table></div>'


def _parameter(parameter: dict[str, Any]) -> str:
    schema = parameter["schema"]
    given = parameter.get("example", next(iter(schema.get("examples", ())), schema.get("default", "")))
    must = ", required" if parameter.get("required") else ""
    return (
        f"<tr><td><code>{escape(parameter['name'])}</code><td>{escape(parameter['in'])}{must}<td>{_kind(schema)}"
        f"<td>{_inline(parameter.get('description', ''))}<td><code>{escape(str(given))}</code>"
    )


def _answer(status: str, answer: dict[str, Any]) -> str:
    shown = "".join(
        f"<p><code>{escape(kind)}</code> {_kind(media.get('schema', {}))}</p>{_example(media)}"
        for kind, media in answer.get("content", {}).items()
    )
    title = f"<b>{escape(status)}</b><span>{_inline(answer.get('description', ''))}</span>"
    return f"<details><summary>{title}</summary>{shown}</details>"


def _fields(media: dict[str, Any]) -> str:
    schema = media.get("schema", {})
    if "$ref" in schema:
        return f"<p>{_kind(schema)}</p>"
    return _table(schema) if schema.get("properties") else ""


def _schema(name: str, schema: dict[str, Any]) -> str:
    text = _prose(schema.get("description", ""))
    return f'<details id="schema-{escape(name)}"><summary><code>{escape(name)}</code></summary>{text}{_table(schema)}</details>'


def _table(schema: dict[str, Any]) -> str:
    needed = schema.get("required", ())
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code>{' *' if name in needed else ''}<td>{_kind(part)}"
        f"<td>{_inline(part.get('description', ''))}"
        for name, part in schema.get("properties", {}).items()
    )
    return f"<div class=scroll><table>{rows}</table></div>" if rows else ""


def _kind(schema: dict[str, Any]) -> str:
    """The type of a schema, with a link to a named one."""
    if reference := schema.get("$ref"):
        name = escape(reference.rpartition("/")[2])
        return f'<a href="#schema-{name}">{name}</a>'
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(_kind(part) for part in schema[several])
    if "enum" in schema:
        return " ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return escape(" ".join(str(schema[key]) for key in ("type", "format") if key in schema))


def _example(media: dict[str, Any]) -> str:
    named = media.get("examples") or ({"": {"value": media["example"]}} if "example" in media else {})
    return "".join(_shown(example["value"]) for example in named.values())


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return f"<pre>{escape(text)}</pre>"


def _curl(method: str, path: str, operation: dict[str, Any]) -> str:
    verb = "" if method == "get" else f" -X {method.upper()}"
    shell = re.sub(r"\{(\w+)\}", lambda found: f"${found[1].upper()}", path)
    command = f'curl -s{verb} "$REDINK{shell}" -H "Authorization: Bearer $KEY"'
    for kind, media in operation.get("requestBody", {}).get("content", {}).items():
        if kind == "application/json" or kind.endswith("+json"):
            sent = json.dumps(media.get("example", {}), ensure_ascii=False)
            return f"{command} \\\n     -H 'Content-Type: {kind}' -d '{sent}'"
        if kind == _FORM:
            needed = media["schema"].get("required", ())
            sample = media.get("example", {}) | dict.fromkeys(("file", "files"), "@page.jpg")
            return command + "".join(f" \\\n     -F {name}={sample.get(name, '…')}" for name in needed)
    return command


def _prose(text: str) -> str:
    """Paragraphs and numbered lists of the little Markdown that descriptions use."""
    html = ""
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = block.splitlines()
        if lines and all(re.match(r"\d+\. ", line) for line in lines):
            html += "<ol>" + "".join(f"<li>{_inline(line.partition('. ')[2])}" for line in lines) + "</ol>"
        elif block:
            html += f"<p>{_inline(block)}</p>"
    return html


def _inline(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
