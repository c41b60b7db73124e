"""The dashboards of what everything runs on: Kafka, language models, machines."""

from typing import Any

from scripts.generation.dashboards.panels import Panel, dashboard, mean, quantiles, rate, ratio

COMPLETED = rate("redink_terminal_total", where='outcome="completed"')


def kafka() -> dict[str, Any]:
    """Consumer groups and publishing, as our own processes see them."""
    consumer = "redink_kafka_consumer"
    return dashboard(
        "redink-kafka",
        "Kafka",
        [
            Panel(
                "Lag: records not fetched yet",
                [(f"sum by (group) ({consumer}_lag_records)", "{{group}}")],
                stacked=True,
            ),
            Panel("Partitions held", [(f"sum by (group) ({consumer}_assigned_partitions)", "{{group}}")]),
            Panel(
                "Since the last poll",
                [(f"max by (group) (time() - {consumer}_last_poll_timestamp_seconds)", "{{group}}")],
                "s",
            ),
            Panel(
                "Rebalances",
                [(f"max by (group) (increase({consumer}_rebalances_total[10m]))", "{{group}}")],
                says="in 10 minutes",
            ),
            Panel("Commits", [(rate(f"{consumer}_commits_total", "group"), "{{group}}")], "reqps"),
            Panel("Commits that failed", [(rate(f"{consumer}_commit_errors_total", "group"), "{{group}}")], "reqps"),
            Panel("Published", [(rate("redink_kafka_published_total", "topic"), "{{topic}}")], "reqps"),
            Panel(
                "Publishes that failed", [(rate("redink_kafka_publish_errors_total", "topic"), "{{topic}}")], "reqps"
            ),
            Panel(
                "Records handled again",
                [
                    (rate("redink_kafka_handler_errors_total", "group"), "{{group}}: nowhere to go, again at once"),
                    (
                        rate("redink_kafka_stale_completions_total", "group"),
                        "{{group}}: ended after its partition left",
                    ),
                    (rate("redink_kafka_skipped_records_total", "group"), "{{group}}: invalid, skipped"),
                ],
                "reqps",
            ),
        ],
    )


def llm() -> dict[str, Any]:
    """Language models: calls, tokens, money."""
    per_exam = ratio(rate("redink_llm_cost_total", "currency"), COMPLETED, over="currency")
    return dashboard(
        "redink-llm",
        "Language models and cost",
        [
            Panel(
                "Calls by status",
                [(rate("redink_llm_requests_total", "provider, model, status"), "{{provider}} {{model}} {{status}}")],
                "reqps",
            ),
            Panel("Time of an answer", quantiles("redink_llm_request_seconds"), "s"),
            Panel("Wait for our own limits", quantiles("redink_llm_limit_wait_seconds"), "s"),
            Panel(
                "Questions by how they were graded",
                [(rate("redink_llm_grades_total", "outcome"), "{{outcome}}")],
                "reqps",
            ),
            Panel(
                "Replies from cache, and mended",
                [
                    (rate("redink_llm_cache_total", "result"), "{{result}}"),
                    (rate("redink_llm_repairs_total"), "sent back to be mended"),
                ],
                "reqps",
            ),
            Panel(
                "Questions whose knowledge points a model was asked for",
                [(rate("redink_llm_points_total", "outcome"), "{{outcome}}")],
                "reqps",
            ),
            Panel(
                "Items written for practice papers",
                [(rate("redink_practice_written_items_total", "outcome"), "{{outcome}}")],
                "reqps",
                says="kept, or why the checks dropped one.",
            ),
            Panel("Tokens", [(rate("redink_llm_tokens_total", "kind"), "{{kind}}")], "short", says="a second"),
            Panel("Cost an hour", [(f"3600 * {rate('redink_llm_cost_total', 'currency')}", "{{currency}}")]),
            Panel("Cost of an exam", [(per_exam, "{{currency}}")]),
            Panel(
                "CPU of an exam",
                [(mean("redink_stage_exam_cpu_seconds", "stage"), "{{stage}}")],
                "s",
                stacked=True,
                says="What an exam costs without models.",
            ),
        ],
    )


def capacity() -> dict[str, Any]:
    """How full it is, and what an exam takes: the figures of `python -m services capacity`."""
    spent = rate("redink_stage_cpu_seconds_total", "stage")
    busy = ratio(spent, "sum by (stage) (redink_stage_workers)")
    pages = ratio(rate("redink_pages_total"), COMPLETED)
    per_page = ratio(spent, rate("redink_pages_total"), over="stage")
    return dashboard(
        "redink-capacity",
        "Capacity",
        [
            Panel(
                "Arrivals and ends",
                [(rate("redink_accepted_total"), "accepted"), (rate("redink_terminal_total"), "ended")],
                "reqps",
            ),
            Panel(
                "Workers busy",
                [(busy, "{{stage}}")],
                "percentunit",
                says="Above 70 % waits grow steeply: add replicas.",
                limits=((None, "green"), (0.7, "red")),
            ),
            Panel("CPU of an exam", [(mean("redink_stage_exam_cpu_seconds", "stage"), "{{stage}}")], "s", stacked=True),
            Panel("CPU of a page", [(per_page, "{{stage}}")], "s", stacked=True),
            Panel("Pages of an exam", [(pages, "pages")]),
            Panel("Worker processes", [("sum by (stage) (redink_stage_workers)", "{{stage}}")]),
            Panel(
                "CPU by process",
                [("rate(process_cpu_seconds_total[$__rate_interval])", "{{instance}}")],
                says="Without worker processes: those are in the panels above.",
            ),
            Panel("Memory by process", [("process_resident_memory_bytes", "{{instance}}")], "bytes"),
            Panel("Event loop late by", [("redink_event_loop_lag_seconds", "{{instance}}")], "s"),
            Panel("Files open", [("process_open_fds", "{{instance}}")]),
            Panel("Versions", [("count by (version) (redink_build_info)", "{{version}}")]),
        ],
    )
