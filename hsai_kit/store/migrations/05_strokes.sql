-- strokes: decisions that were made at one stroke, by a click or a call; undone_at is when they were taken back.
CREATE TABLE strokes (
    id INTEGER PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs, field TEXT NOT NULL, decision TEXT NOT NULL,
    reviewer TEXT NOT NULL, at TEXT NOT NULL, undone_at TEXT
);
CREATE INDEX strokes_by_run ON strokes (run_id, field, id);
ALTER TABLE decisions ADD COLUMN stroke INTEGER REFERENCES strokes;
CREATE INDEX decisions_by_stroke ON decisions (stroke);

-- connections: ui_domain is where people see the portal's records.
ALTER TABLE connections ADD COLUMN ui_domain TEXT NOT NULL DEFAULT 'app.hubspot.com';
