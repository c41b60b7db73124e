CREATE TABLE tenants (
    name text PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Only hashes of secrets: a key is shown once, when it is made.
CREATE TABLE api_keys (
    id text PRIMARY KEY,
    tenant text NOT NULL REFERENCES tenants (name),
    secret_sha256 bytea NOT NULL,
    label text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_keys_by_tenant ON api_keys (tenant);

CREATE TABLE exams (
    exam_id uuid PRIMARY KEY,
    tenant text NOT NULL REFERENCES tenants (name),
    revision integer NOT NULL DEFAULT 1,
    status text NOT NULL DEFAULT 'UPLOADED',
    progress smallint NOT NULL DEFAULT 0,
    stage text,
    attempt integer NOT NULL DEFAULT 1,
    done integer,
    total integer,
    error_code text,
    priority text NOT NULL,
    subject text NOT NULL,
    grade smallint NOT NULL,
    student_id text NOT NULL DEFAULT '',
    class_id text,
    title text,
    locale text NOT NULL,
    files integer NOT NULL,
    traceparent text,
    created_at timestamptz NOT NULL,
    deadline timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    status_at timestamptz NOT NULL,
    heard_at timestamptz NOT NULL,
    completed_at timestamptz,
    last_event integer NOT NULL DEFAULT 0,
    republished integer NOT NULL DEFAULT 0,
    report jsonb
);
COMMENT ON COLUMN exams.status_at IS 'when the status was reached; updated_at also moves with progress inside a status';
COMMENT ON COLUMN exams.heard_at IS 'last word of any stage, or the last republication: what the sweeper measures silence from';
COMMENT ON COLUMN exams.last_event IS 'number of the newest row of exam_events; grows under the row lock, so without gaps';
COMMENT ON COLUMN exams.report IS 'reference to the report artefact of the completed revision';
CREATE INDEX exams_by_age ON exams (tenant, created_at DESC, exam_id DESC);
CREATE INDEX exams_in_flight ON exams (heard_at)
    WHERE status NOT IN ('COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED');
CREATE INDEX exams_completed_lately ON exams (completed_at DESC) WHERE status = 'COMPLETED';

CREATE TABLE exam_events (
    exam_id uuid NOT NULL REFERENCES exams (exam_id) ON DELETE CASCADE,
    number integer NOT NULL,
    revision integer NOT NULL,
    status text NOT NULL,
    progress smallint NOT NULL,
    stage text,
    attempt integer NOT NULL,
    done integer,
    total integer,
    error_code text,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (exam_id, number)
);

CREATE TABLE stage_timings (
    exam_id uuid NOT NULL REFERENCES exams (exam_id) ON DELETE CASCADE,
    revision integer NOT NULL,
    stage text NOT NULL,
    attempts integer NOT NULL,
    started_at timestamptz,
    completed_at timestamptz,
    queue_seconds double precision,
    work_seconds double precision,
    PRIMARY KEY (exam_id, revision, stage)
);
CREATE INDEX stage_timings_lately ON stage_timings (stage, completed_at DESC) WHERE completed_at IS NOT NULL;

-- What is to be published. Rows are deleted after the broker acknowledged them; ids are no high-water mark, because
-- they are given before commit and a slow transaction would be skipped.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    exam_id uuid NOT NULL,
    topic text NOT NULL,
    event jsonb NOT NULL,
    traceparent text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX outbox_due ON outbox (due_at, id);
CREATE INDEX outbox_by_exam ON outbox (exam_id);

-- A row without an answer is a request in flight; its lease ends when its process died.
CREATE TABLE idempotency (
    tenant text NOT NULL,
    key text NOT NULL,
    owner uuid NOT NULL,
    lease_until timestamptz NOT NULL,
    fingerprint bytea,
    exam_id uuid,
    response jsonb,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant, key)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);

-- Events that can't be applied yet (no such exam) or at all (not decodable): kept, tried again, never dropped silently.
CREATE TABLE parked (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    exam_id uuid,
    value bytea NOT NULL,
    reason text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX parked_by_exam ON parked (exam_id);
