-- The queue ahead of an exam is counted for every estimate of its remaining time.
CREATE INDEX exams_waiting ON exams (created_at) WHERE status = 'UPLOADED';
