"""The dashboards of what exams meet: the pipeline, a stage, the gateway."""

from typing import Any

from scripts.generation.dashboards.panels import Panel, chosen, dashboard, mean, quantile, quantiles, rate, ratio, stat

_BUDGET = ((None, "green"), (45, "yellow"), (60, "red"))
_NONE_IS_GOOD = ((None, "green"), (1, "red"))
_STAGE = 'stage=~"$stage"'


def overview() -> dict[str, Any]:
    """Is it well, and if not, which stage?"""
    share = '1 - redink:slo_errors:ratio_rate1h{slo="%s"}'
    left = '1 - redink:slo_errors:ratio_rate30d{slo="%s"} / %s'
    good = ((None, "red"), (0.95, "green"))
    spent = ((None, "red"), (0.1, "yellow"), (0.5, "green"))
    ended = 'class="interactive",outcome="completed"'
    return dashboard(
        "redink-overview",
        "Pipeline overview",
        [
            stat("Done within 60 s, last hour", share % "latency", "percentunit", good, "objective: 95 %"),
            stat(
                "Answered within 5 min, last hour", share % "answers", "percentunit", ((None, "red"), (0.995, "green"))
            ),
            stat("Budget left, 60 s", left % ("latency", 0.05), "percentunit", spent, "of 30 days"),
            stat("Budget left, answers", left % ("answers", 0.005), "percentunit", spent, "of 30 days"),
            stat("Exams in flight", "sum(max by (class) (redink_inflight))"),
            stat(
                "Oldest exam in flight", "max(redink_oldest_inflight_age_seconds)", "s", ((None, "green"), (300, "red"))
            ),
            Panel(
                "From upload to report",
                quantiles("redink_e2e_seconds", ended),
                "s",
                says="interactive exams that completed",
                limits=_BUDGET,
            ),
            Panel(
                "The 60 s by stage: mean wait and work",
                [
                    (mean("redink_stage_queue_wait_seconds", "stage"), "{{stage}} waits"),
                    (mean("redink_stage_process_seconds", "stage", 'outcome="completed"'), "{{stage}} works"),
                ],
                "s",
                stacked=True,
                says="Means add up to the whole; quantiles don't.",
                limits=_BUDGET,
            ),
            Panel(
                "Exams accepted and ended",
                [
                    (rate("redink_accepted_total"), "accepted"),
                    (rate("redink_terminal_total", "outcome"), "{{outcome}}"),
                ],
                "reqps",
            ),
            Panel(
                "Where exams are",
                [("max by (stage) (redink_exams_at_stage)", "{{stage}}")],
                stacked=True,
                says="By the books: a stage without a process shows here.",
            ),
            Panel(
                "How long the oldest there has not moved",
                [("max by (stage) (redink_exams_at_stage_oldest_age_seconds)", "{{stage}}")],
                "s",
            ),
            Panel(
                "Failures by reason",
                [(rate("redink_terminal_total", "reason", 'outcome="failed"'), "{{reason}}")],
                "reqps",
            ),
            Panel(
                "Synthetic exams",
                [
                    ("time() - max(redink_canary_last_good_timestamp_seconds)", "since the last good one"),
                    (quantile(0.5, "redink_canary_seconds"), "p50 as a client sees it"),
                ],
                "s",
            ),
            Panel(
                "Synthetic exams by outcome",
                [("sum by (outcome) (increase(redink_canary_runs_total[15m]))", "{{outcome}}")],
                says="good is the only one that is",
            ),
            stat("Invariants violated", "sum(redink_invariant_violations_total) or vector(0)", limits=_NONE_IS_GOOD),
            stat("Dead letters, 24 h", "sum(increase(redink_dlq_total[24h])) or vector(0)", limits=_NONE_IS_GOOD),
            stat("Processes up", 'count(up{job=~"redink.*"} == 1)'),
        ],
    )


def stage() -> dict[str, Any]:
    """One stage, or several side by side."""
    return dashboard(
        "redink-stage",
        "Stage",
        [
            Panel(
                "Tries by outcome",
                [(rate("redink_stage_process_seconds_count", "stage, outcome", _STAGE), "{{stage}} {{outcome}}")],
                "reqps",
            ),
            Panel("Work", quantiles("redink_stage_process_seconds", f'{_STAGE},outcome="completed"'), "s"),
            Panel("Wait before work", quantiles("redink_stage_queue_wait_seconds", _STAGE), "s"),
            Panel(
                "Age of the oldest record not ended",
                [(f"max by (stage) (redink_stage_oldest_unprocessed_age_seconds{{{_STAGE}}})", "{{stage}}")],
                "s",
            ),
            Panel(
                "Records in memory",
                [
                    (f"sum by (stage) (redink_stage_in_progress{{{_STAGE}}})", "{{stage}} in progress"),
                    (f"sum by (stage) (redink_stage_waiting{{{_STAGE}}})", "{{stage}} waiting"),
                ],
            ),
            Panel("CPU of one exam", [(mean("redink_stage_exam_cpu_seconds", "stage", _STAGE), "{{stage}}")], "s"),
            Panel(
                "Retries by reason",
                [(rate("redink_stage_retries_total", "stage, reason", _STAGE), "{{stage}} {{reason}}")],
                "reqps",
            ),
            Panel(
                "Dead letters by reason",
                [(rate("redink_dlq_total", "stage, reason", _STAGE), "{{stage}} {{reason}}")],
                "reqps",
            ),
            Panel(
                "Worker processes that died",
                [(rate("redink_worker_deaths_total", "stage, reason", _STAGE), "{{stage}} {{reason}}")],
                "reqps",
            ),
            Panel(
                "Recognised as repeated",
                [
                    (rate("redink_duplicates_total", "where"), "{{where}}"),
                    (rate("redink_clock_skew_total", "stage"), "{{stage}} from the future"),
                ],
                "reqps",
                says="What at-least-once delivery costs; rises with rebalances and crashes.",
            ),
        ],
        [chosen("stage", "redink_stage_waiting")],
    )


def gateway() -> dict[str, Any]:
    """HTTP, the outbox, what is kept near, webhooks."""
    errors = ratio(rate("redink_http_requests_total", where='status="5xx"'), rate("redink_http_requests_total"))
    hits, misses = (rate(f"redink_cache_{kind}_total", "cache, level") for kind in ("hits", "misses"))
    return dashboard(
        "redink-gateway",
        "Gateway",
        [
            stat("Requests", rate("redink_http_requests_total"), "reqps"),
            stat("5xx", f"({errors}) or vector(0)", "percentunit", ((None, "green"), (0.01, "yellow"), (0.05, "red"))),
            stat(
                "Oldest event not published",
                "max(redink_outbox_oldest_age_seconds)",
                "s",
                ((None, "green"), (30, "red")),
            ),
            stat("Live streams", "sum(redink_live_watchers)"),
            stat("Papers of batches waiting", "max(redink_batch_papers_waiting)"),
            stat("Oldest deletion under way", "max(redink_erasing_oldest_age_seconds)", "s"),
            Panel(
                "Requests by answer",
                [(rate("redink_http_requests_total", "status"), "{{status}}")],
                "reqps",
                stacked=True,
            ),
            Panel(
                "Requests by route",
                [(rate("redink_http_requests_total", "method, route"), "{{method}} {{route}}")],
                "reqps",
            ),
            Panel(
                "Time to the first byte, p99",
                [(quantile(0.99, "redink_http_request_seconds", "method, route"), "{{method}} {{route}}")],
                "s",
            ),
            Panel("Accepting an upload", quantiles("redink_http_request_seconds", 'method="POST",route="/exams"'), "s"),
            Panel("First looks at files", [(rate("redink_upload_looks_total", "outcome"), "{{outcome}}")], "reqps"),
            Panel("Cache hits", [(f"{hits} / ({hits} + {misses})", "{{cache}} {{level}}")], "percentunit"),
            Panel(
                "Refused for asking too often",
                [
                    (rate("redink_rate_limited_total", "class"), "{{class}}"),
                    (rate("redink_rates_local_total"), "counted without Redis"),
                ],
                "reqps",
            ),
            Panel("Webhooks", [(rate("redink_webhook_attempts_total", "outcome"), "{{outcome}}")], "reqps"),
            Panel(
                "Late",
                [
                    ("max(redink_webhook_late_seconds)", "webhooks"),
                    ("max(redink_webhook_oldest_pending_age_seconds)", "oldest message that a receiver hasn't taken"),
                    ("max(redink_review_behind_seconds)", "review queue"),
                    ("max(redink_review_decision_oldest_age_seconds)", "teachers' decisions"),
                    ("max(redink_record_behind_seconds)", "students' history"),
                    ("max(redink_import_oldest_age_seconds)", "oldest import that hasn't ended"),
                ],
                "s",
            ),
            Panel("Corrections by teachers", [(rate("redink_corrections_total", "kind"), "{{kind}}")], "reqps"),
            Panel(
                "Cut off, deleted, brought in",
                [
                    (rate("redink_live_cut_total"), "live streams that were too slow"),
                    (rate("redink_erased_total", "reason"), "exams deleted: {{reason}}"),
                    (rate("redink_imported_rows_total"), "rows of past records"),
                ],
                "reqps",
            ),
        ],
    )
