-- Papers uploaded together. A batch is a plan that is safe: its papers become exams as fast as the limits allow, and
-- whichever gateway runs goes on with what another left.
CREATE TABLE batches (
    batch_id uuid PRIMARY KEY,
    tenant text NOT NULL REFERENCES tenants (name),
    name text,
    traceparent text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    cancelled_at timestamptz,
    ended_at timestamptz,
    intake_until timestamptz
);
COMMENT ON COLUMN batches.ended_at IS 'when all of its exams had ended for the first time; told by webhook once';
COMMENT ON COLUMN batches.intake_until IS 'lease of the gateway that turns its papers into exams';
CREATE INDEX batches_by_age ON batches (tenant, created_at DESC, batch_id DESC);
CREATE INDEX batches_open ON batches (created_at) WHERE ended_at IS NULL;

CREATE TABLE batch_papers (
    batch_id uuid NOT NULL REFERENCES batches (batch_id) ON DELETE CASCADE,
    number integer NOT NULL,
    tenant text NOT NULL,
    name text NOT NULL,
    files integer NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'accepted', 'refused', 'cancelled')),
    exam_id uuid,
    artefact jsonb,
    priority text,
    callback_url text,
    problem jsonb,
    PRIMARY KEY (batch_id, number)
);
COMMENT ON COLUMN batch_papers.name IS 'of the file or folder, as the client called it: may name a pupil, never logged';
COMMENT ON COLUMN batch_papers.exam_id IS 'derived from batch and number, so that no paper becomes two exams';
COMMENT ON COLUMN batch_papers.artefact IS 'reference to the stored submission';
CREATE UNIQUE INDEX batch_papers_by_exam ON batch_papers (exam_id);
CREATE INDEX batch_papers_waiting ON batch_papers (batch_id, number) WHERE state = 'waiting';

COMMENT ON COLUMN idempotency.exam_id IS 'what the request made: an exam, or a batch';
