-- The part of a stage's work in which it waited for others, such as a language model; null when it asked nobody.
ALTER TABLE stage_timings ADD COLUMN external_seconds double precision;
