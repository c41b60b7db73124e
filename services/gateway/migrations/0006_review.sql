-- Questions that a teacher should look at: taken from the results of completed exams, and again from a new revision's.
-- Nothing in here is the only copy but leases, skips, and decisions that wait to be applied.
CREATE TABLE review_items (
    item_id uuid PRIMARY KEY,
    exam_id uuid NOT NULL REFERENCES exams (exam_id) ON DELETE CASCADE,
    tenant text NOT NULL REFERENCES tenants (name),
    revision integer NOT NULL,
    place integer NOT NULL,
    path text[] NOT NULL,
    reason text NOT NULL,
    question jsonb NOT NULL,
    queued_at timestamptz NOT NULL,
    skips integer NOT NULL DEFAULT 0,
    lease uuid,
    leased_by text,
    leased_until timestamptz,
    decided_at timestamptz,
    decision jsonb
);
COMMENT ON COLUMN review_items.item_id IS 'derived from exam and path: the same in every revision';
COMMENT ON COLUMN review_items.revision IS 'whose result says so; the item is open while the exam shows this revision';
COMMENT ON COLUMN review_items.place IS 'of the question in the result';
COMMENT ON COLUMN review_items.queued_at IS 'the end of the exam, or when the item was skipped last';
COMMENT ON COLUMN review_items.decision IS 'what will be applied: {id, by, actor, accept, fields}';
CREATE INDEX review_items_queue ON review_items (tenant, queued_at, exam_id, place) WHERE decided_at IS NULL;
CREATE INDEX review_items_by_exam ON review_items (exam_id, place);
CREATE INDEX review_items_decided ON review_items (decided_at) WHERE decided_at IS NOT NULL;

ALTER TABLE exams ADD COLUMN review_revision integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN exams.review_revision IS 'the last revision whose result was looked through for review_items';
CREATE INDEX exams_to_look_through ON exams (completed_at) WHERE status = 'COMPLETED' AND review_revision < revision;
