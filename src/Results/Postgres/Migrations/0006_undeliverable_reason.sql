ALTER TABLE millrace.results ADD COLUMN undeliverable_reason text;

COMMENT ON COLUMN millrace.results.undeliverable_at IS
    'When the reply was found to be undeliverable; undeliverable_reason says why';
COMMENT ON COLUMN millrace.results.undeliverable_reason IS
    'no_queue, refused, too_large, not_writable or closes_channel (docs/guarantees.md); with '' (redelivered)'' behind it where a worker had the '
    'job before and may have answered it. Null for a row that was marked before this column was there';

GRANT UPDATE (undeliverable_reason) ON millrace.results TO millrace_worker;
