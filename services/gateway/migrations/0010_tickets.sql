-- What opens a live stream once, instead of an API key in a URL. Only hashes; unlogged, because a ticket lives for a
-- minute and another is a request away.
CREATE UNLOGGED TABLE tickets (
    sha256 bytea PRIMARY KEY,
    tenant text NOT NULL,
    exam_id uuid NOT NULL REFERENCES exams (exam_id) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX tickets_expired ON tickets (expires_at);
CREATE INDEX tickets_by_exam ON tickets (exam_id);
