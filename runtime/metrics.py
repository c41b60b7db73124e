"""Every metric, declared once. Labels never name a user, an exam or a tenant."""

from prometheus_client import Counter, Gauge, Histogram, Info

E2E_BUCKETS = (2, 5, 10, 15, 20, 30, 40, 50, 60, 75, 90, 120, 180, 300, 600)
"""Seconds; has the exact 60 s of the objective, because a classic histogram can only tell what a bucket ends at."""

STAGE_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 20, 30, 45, 60, 120, 300)
"""Seconds of one stage's run or wait."""

HTTP_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Seconds of one answer; uploads take as long as their client sends."""

# --- stages
QUEUE_WAIT = Histogram(
    "redink_stage_queue_wait_seconds",
    "From the record's timestamp (a retry's due time) until its work began.",
    ["stage"],
    buckets=STAGE_BUCKETS,
)
PROCESS = Histogram(
    "redink_stage_process_seconds",
    "One try of a stage at a record; outcome is completed, duplicate, retried, failed, dead or cancelled.",
    ["stage", "outcome"],
    buckets=STAGE_BUCKETS,
)
CPU = Counter("redink_stage_cpu_seconds_total", "CPU spent in the stage's worker processes.", ["stage"])
EXAM_CPU = Histogram(
    "redink_stage_exam_cpu_seconds",
    "CPU of one completed exam in one stage: what capacity is planned with, because load doesn't change it.",
    ["stage"],
    buckets=STAGE_BUCKETS,
)
WORKERS = Gauge("redink_stage_workers", "Worker processes of a stage's pool.", ["stage"])
PLACES = Gauge("redink_stage_places", "Records of a stage that a process works on at a time.", ["stage"])
OLDEST_RECORD = Gauge(
    "redink_stage_oldest_unprocessed_age_seconds",
    "Age of the oldest record that was fetched and has not ended; a retry is as old as its due time.",
    ["stage"],
)
IN_PROGRESS = Gauge("redink_stage_in_progress", "Records being worked on.", ["stage"])
WAITING = Gauge("redink_stage_waiting", "Records fetched and not begun, held retries included.", ["stage"])
RETRIES = Counter("redink_stage_retries_total", "Records sent to the retry topic.", ["stage", "reason"])
DEAD = Counter("redink_dlq_total", "Records set aside as dead letters.", ["stage", "reason"])
DUPLICATES = Counter("redink_duplicates_total", "Deliveries recognised as repeated; where says by what.", ["where"])
CLOCK_SKEW = Counter("redink_clock_skew_total", "Records that came from the future; their wait counts as 0.", ["stage"])
VIOLATIONS = Counter("redink_invariant_violations_total", "Things that must never happen. Page on any.", ["name"])
WORKER_DEATHS = Counter("redink_worker_deaths_total", "Worker processes that died or were killed.", ["stage", "reason"])

# --- Kafka
REBALANCES = Counter("redink_kafka_consumer_rebalances_total", "Assignments received.", ["group"])
COMMITS = Counter("redink_kafka_consumer_commits_total", "Offset commits that the broker took.", ["group"])
COMMIT_ERRORS = Counter("redink_kafka_consumer_commit_errors_total", "Offset commits that failed.", ["group"])
ASSIGNED = Gauge("redink_kafka_consumer_assigned_partitions", "Partitions held.", ["group"])
LAST_POLL = Gauge("redink_kafka_consumer_last_poll_timestamp_seconds", "When the poll loop last turned.", ["group"])
LAG = Gauge("redink_kafka_consumer_lag_records", "High water mark minus position, of held partitions.", ["group"])
STALE = Counter("redink_kafka_stale_completions_total", "Work finished after its partition had moved on.", ["group"])
HANDLER_ERRORS = Counter("redink_kafka_handler_errors_total", "Times a record was handled again at once.", ["group"])
SKIPPED = Counter("redink_kafka_skipped_records_total", "Invalid records of a topic without dead letters.", ["group"])
PUBLISHED = Counter("redink_kafka_published_total", "Records published and acknowledged.", ["topic"])
PUBLISH_ERRORS = Counter("redink_kafka_publish_errors_total", "Publishes that failed or timed out.", ["topic"])

# --- stores
CACHE = Counter(
    "redink_cache_requests_total",
    "Lookups in Redis; result is hit, miss, error, or skipped while it is away.",
    ["result"],
)
CACHE_HITS = Counter(
    "redink_cache_hits_total",
    "Look-ups of the gateway that a level answered; local is the process's memory, redis comes after it.",
    ["cache", "level"],
)
CACHE_MISSES = Counter(
    "redink_cache_misses_total", "Look-ups of the gateway that a level could not answer.", ["cache", "level"]
)

# --- gateway: exams and the outbox
ACCEPTED = Counter("redink_accepted_total", "Exams accepted with 202.", ["class"])
LOOKS = Counter("redink_upload_looks_total", "First looks at uploaded files, by what came of them.", ["outcome"])
TERMINAL = Counter("redink_terminal_total", "Exams that ended, counted in the projection.", ["outcome", "reason"])
E2E = Histogram(
    "redink_e2e_seconds",
    "From upload to the end, both by the database's clock, once per exam; a failure is rejected when the file is why.",
    ["outcome", "class"],
    buckets=E2E_BUCKETS,
)
INFLIGHT = Gauge("redink_inflight", "Exams accepted and not ended.", ["class"])
OLDEST_INFLIGHT = Gauge(
    "redink_oldest_inflight_age_seconds",
    "Age of the oldest exam not ended: stuck exams show here, not in e2e.",
    ["class"],
)
AT_STAGE = Gauge(
    "redink_exams_at_stage",
    "Exams that wait for a stage or are in it, by the books: a dead stage can't hide.",
    ["stage"],
)
OLDEST_AT_STAGE = Gauge(
    "redink_exams_at_stage_oldest_age_seconds", "How long the oldest of them has not moved, by the books.", ["stage"]
)
PAGES = Counter("redink_pages_total", "Pages of completed exams.")
BOOKS_READ = Gauge(
    "redink_books_read_timestamp_seconds",
    "When a gateway last read the gauges of exams from the database: while it can't, they stand still. 0 elsewhere.",
)
OUTBOX_OLDEST = Gauge("redink_outbox_oldest_age_seconds", "Age of the oldest event not published yet.")

# --- gateway: HTTP
HTTP = Counter(
    "redink_http_requests_total",
    "Requests answered; route is the template of the path below /api/v1, status the class of the answer, as 2xx.",
    ["method", "route", "status"],
)
HTTP_SECONDS = Histogram(
    "redink_http_request_seconds",
    "From a request's arrival to the first byte of its answer, the upload included.",
    ["method", "route"],
    buckets=HTTP_BUCKETS,
)

# --- live streams
LIVE_WATCHERS = Gauge(
    "redink_live_watchers", "Clients that follow an exam: by SSE, by WebSocket or with `Prefer: wait`."
)
LIVE_CUT = Counter("redink_live_cut_total", "Live streams cut off because the client didn't take what was sent.")

# --- gateway: tenants
RATE_LIMITED = Counter("redink_rate_limited_total", "Requests refused because their tenant asks too often.", ["class"])
RATES_LOCAL = Counter("redink_rates_local_total", "Requests counted by one gateway alone: Redis was away.")
ERASED = Counter(
    "redink_erased_total", "Exams deleted with all their blobs; reason is request or retention.", ["reason"]
)
ERASING_OLDEST = Gauge("redink_erasing_oldest_age_seconds", "Age of the oldest deletion whose blobs are not gone yet.")

BATCH_WAITING = Gauge("redink_batch_papers_waiting", "Papers of batches that have not become exams yet.")

# --- webhooks
CORRECTIONS = Counter("redink_corrections_total", "Questions that teachers corrected or accepted.", ["kind"])
REVIEW_BEHIND = Gauge("redink_review_behind_seconds", "How long a completed exam waits to come into the review queue.")
REVIEW_OLDEST = Gauge("redink_review_decision_oldest_age_seconds", "Age of the oldest decision not applied yet.")

IMPORTED = Counter("redink_imported_rows_total", "Rows of past records that were taken or refused.")
IMPORT_OLDEST = Gauge("redink_import_oldest_age_seconds", "Age of the oldest import of past records that hasn't ended.")
RECORD_BEHIND = Gauge(
    "redink_record_behind_seconds", "How long a completed exam waits to come into its student's history."
)

WEBHOOK_ATTEMPTS = Counter(
    "redink_webhook_attempts_total",
    "Attempts at deliveries; outcome is delivered, retry, refused (SSRF), gone (410), exhausted or superseded.",
    ["outcome"],
)
WEBHOOK_OLDEST = Gauge(
    "redink_webhook_oldest_pending_age_seconds", "Age of the oldest delivery that an enabled endpoint is owed."
)
WEBHOOK_LATE = Gauge("redink_webhook_late_seconds", "How late the sender is with a delivery that is due.")

# --- LLM
LLM_REQUESTS = Counter("redink_llm_requests_total", "Calls of a language model.", ["provider", "model", "status"])
LLM_TOKENS = Counter("redink_llm_tokens_total", "Tokens; kind is in, cached or out.", ["kind"])
LLM_COST = Counter("redink_llm_cost_total", "Money spent on language models.", ["currency"])
LLM_SECONDS = Histogram(
    "redink_llm_request_seconds", "One request that was answered, from sending to reply.", buckets=STAGE_BUCKETS
)
LLM_LIMIT_WAIT = Histogram(
    "redink_llm_limit_wait_seconds", "Wait for a place within the limits on requests.", buckets=STAGE_BUCKETS
)
LLM_CACHE = Counter("redink_llm_cache_total", "Look-ups of replies; result is memory, redis or miss.", ["result"])
LLM_REPAIRS = Counter("redink_llm_repairs_total", "Replies sent back to be mended.")
LLM_GRADES = Counter(
    "redink_llm_grades_total", "Questions a model was to grade; outcome is graded, or why it is not.", ["outcome"]
)
LLM_POINTS = Counter(
    "redink_llm_points_total",
    "Questions whose knowledge points a model was to name; outcome is named, none_fits, or why it was not asked.",
    ["outcome"],
)
PRACTICE_WRITTEN = Counter(
    "redink_practice_written_items_total",
    "Items that a model wrote for practice papers; outcome is kept, or why the checks dropped it.",
    ["outcome"],
)

# --- canary
CANARY_RUNS = Counter(
    "redink_canary_runs_total",
    "Synthetic exams; outcome is good, wrong (another result than drawn), late, or failed.",
    ["outcome"],
)
CANARY_SECONDS = Histogram("redink_canary_seconds", "From upload to result, as a client sees it.", buckets=E2E_BUCKETS)
CANARY_LAST_GOOD = Gauge("redink_canary_last_good_timestamp_seconds", "When a synthetic exam last came out right.")

# --- process
LOOP_LAG = Gauge("redink_event_loop_lag_seconds", "How late the event loop ran a timer; a blocked loop loses Kafka.")
BUILD = Info("redink_build", "Version of this process.")
