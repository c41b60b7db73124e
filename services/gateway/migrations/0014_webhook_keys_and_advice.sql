-- A webhook that is asked for twice under one Idempotency-Key is made once, and a secret that is rotated twice under one
-- is rotated once: a second rotation would take away the secret that receivers still check with.
ALTER TABLE webhook_endpoints ADD idempotency_key text, ADD fingerprint bytea, ADD rotation_key text;
CREATE UNIQUE INDEX webhook_endpoints_by_key ON webhook_endpoints (tenant, idempotency_key);
COMMENT ON COLUMN webhook_endpoints.fingerprint IS 'SHA-256 of what was asked for: what its idempotency_key belongs to';
-- A ticket opens the stream of an exam, or of a batch.
ALTER TABLE tickets ALTER exam_id DROP NOT NULL, ADD batch_id uuid REFERENCES batches (batch_id) ON DELETE CASCADE,
    ADD CHECK (num_nonnulls(exam_id, batch_id) = 1);
CREATE INDEX tickets_by_batch ON tickets (batch_id);
ALTER TABLE batch_papers ADD advice jsonb NOT NULL DEFAULT '[]';
COMMENT ON COLUMN batch_papers.advice IS 'on its photos, as its client was told; nothing of what is on them';
COMMENT ON COLUMN webhook_endpoints.rotation_key IS 'Idempotency-Key of the last rotation';
