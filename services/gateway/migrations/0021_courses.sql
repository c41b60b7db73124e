-- A school's own knowledge points of a subject, and what it adds to those that ship. Uploads take them along.
CREATE TABLE subject_points (
    tenant text NOT NULL REFERENCES tenants (name),
    subject text NOT NULL,
    version integer NOT NULL DEFAULT 1,
    document text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant, subject)
);
COMMENT ON COLUMN subject_points.document IS 'JSON, as text: points as the taxonomy has them. A row is never deleted: a version is never used twice';

-- Points found in the text of a course. They count for nothing until somebody accepts them. The text is not kept.
CREATE TABLE course_proposals (
    tenant text NOT NULL REFERENCES tenants (name),
    id text NOT NULL,
    subject text NOT NULL,
    title text NOT NULL,
    document text NOT NULL,
    idempotency_key text,
    fingerprint bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    accepted_at timestamptz,
    accepted_by text,
    accepted_digest bytea,
    PRIMARY KEY (tenant, id)
);
COMMENT ON COLUMN course_proposals.document IS 'JSON, as text: the points, and how they were found';
COMMENT ON COLUMN course_proposals.accepted_by IS 'id of the API key';
COMMENT ON COLUMN course_proposals.accepted_digest IS 'SHA-256 of what was accepted: the same again is the same answer';
CREATE UNIQUE INDEX course_proposals_by_key ON course_proposals (tenant, idempotency_key);
CREATE INDEX course_proposals_by_age ON course_proposals (tenant, subject, created_at DESC, id DESC);

SELECT redink_guard(name::regclass) FROM unnest(ARRAY['subject_points', 'course_proposals']) AS name;
