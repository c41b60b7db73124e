-- The span of a delivery's latest attempt, as a traceparent: the next one is linked to it.
ALTER TABLE webhook_deliveries ADD COLUMN attempt_trace text;
