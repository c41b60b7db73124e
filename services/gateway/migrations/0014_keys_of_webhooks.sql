-- A webhook that is asked for twice under one Idempotency-Key is made once, and a secret that is rotated twice under one
-- is rotated once: a second rotation would take away the secret that receivers still check with.
ALTER TABLE webhook_endpoints ADD idempotency_key text, ADD fingerprint bytea, ADD rotation_key text;
CREATE UNIQUE INDEX webhook_endpoints_by_key ON webhook_endpoints (tenant, idempotency_key);
COMMENT ON COLUMN webhook_endpoints.fingerprint IS 'SHA-256 of what was asked for: what its idempotency_key belongs to';
COMMENT ON COLUMN webhook_endpoints.rotation_key IS 'Idempotency-Key of the last rotation';
