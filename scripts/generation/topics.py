"""The topics as a page: who writes, who reads, how long it is kept."""

from contracts.topics import STAGES, TOPICS


def files() -> dict[str, str]:
    """`docs/topics.md`."""
    rows = [
        f"| `{t.name}` | {', '.join(t.writers)} | {', '.join(t.readers)} | `{t.model.__name__}` | {t.partitions} | "
        f"{t.retention_ms // 86_400_000} d | {t.doc} |"
        for t in TOPICS
    ]
    stages = [
        f"| {row.name} | {', '.join(f'`{s}`' for s in row.sources)} | `{row.sink}` | `{row.artefact.__name__}` | "
        f"{row.running.value} → {row.done.value} |"
        for row in STAGES
    ]
    text = [
        "# Topics",
        "",
        "Generated from `contracts/topics.py` by `python -m scripts.generate`. Every record is keyed by `exam_id`;",
        "schemas are in `contracts/schemas/topics/`, golden examples in `contracts/examples/`.",
        "",
        "| topic | written by | read by | model | partitions | kept | what it says |",
        "|---|---|---|---|---|---|---|",
        *rows,
        "",
        "## Stages",
        "",
        "| stage | reads | writes | artefact | status |",
        "|---|---|---|---|---|",
        *stages,
        "",
    ]
    return {"docs/topics.md": "\n".join(text)}
