"""Write the generated files (schemas, golden examples, AsyncAPI, OpenAPI, docs), or check that they are current.

python -m scripts.generate            writes
python -m scripts.generate --check    exits 1 and names each file that differs
"""

import argparse
import sys
from pathlib import Path

from scripts.generation import (
    asyncapi,
    bad_inputs,
    configuration,
    dashboards,
    examples,
    kubernetes,
    metrics,
    openapi,
    schemas,
    slos,
    topics,
)

ROOT = Path(__file__).parents[1]
SOURCES = (
    schemas,
    examples,
    asyncapi,
    openapi,
    topics,
    configuration,
    metrics,
    slos,
    dashboards,
    kubernetes,
    bad_inputs,
)


def generated() -> dict[str, str]:
    """Every generated file: path relative to the project -> text."""
    files: dict[str, str] = {}
    for source in SOURCES:
        files |= source.files()
    return files


def stale(files: dict[str, str]) -> list[str]:
    """Paths whose file is missing or differs."""
    return [path for path, text in files.items() if not _same(ROOT / path, text)]


def orphans(files: dict[str, str]) -> list[str]:
    """Generated folders' files that no source makes any more. Examples are never orphans: old ones stay for ever."""
    found = (ROOT / "contracts" / "schemas").rglob("*.json")
    return sorted(path for path in (p.relative_to(ROOT).as_posix() for p in found) if path not in files)


def main() -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is not current")
    check = parser.parse_args().check
    files = generated()
    if check:
        problems = [f"not current: {path}" for path in stale(files)] + [f"orphan: {path}" for path in orphans(files)]
        print("\n".join(problems) or f"{len(files)} generated files are current")
        return 1 if problems else 0
    for path in stale(files):
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(files[path], encoding="utf-8")
        print(f"wrote {path}")
    return 0


def _same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
