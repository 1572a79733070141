ALTER TABLE results ADD COLUMN undeliverable_reason TEXT;
