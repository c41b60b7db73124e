-- A parked dead letter is judged by its headers when it is applied later, so they are kept: [[name, base64], …].
ALTER TABLE parked ADD COLUMN headers bytea NOT NULL DEFAULT '[]';
-- A tenant's exams in flight are counted with every upload.
CREATE INDEX exams_in_flight_by_tenant ON exams (tenant)
    WHERE status NOT IN ('COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED');
