"""Grafana's dashboards, from `pages` and `resources`."""

import json

from scripts.generation.dashboards import pages, resources

PAGES = (pages.overview, pages.stage, pages.gateway, resources.kafka, resources.llm, resources.capacity)


def files() -> dict[str, str]:
    """`deploy/grafana/dashboards/*.json`."""
    made = [page() for page in PAGES]
    return {
        f"deploy/grafana/dashboards/{one['uid']}.json": json.dumps(one, ensure_ascii=False, indent=1) + "\n"
        for one in made
    }
