-- labels: right answers that people gave, by the name of a set; the newest of a record and field holds.
-- value is JSON (null: that there is no answer is right), or NULL where a label was taken back.
CREATE TABLE labels (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, record_id TEXT NOT NULL, field TEXT NOT NULL, value TEXT,
    asked TEXT, source TEXT NOT NULL, who TEXT NOT NULL, at TEXT NOT NULL
);
CREATE INDEX labels_by_name ON labels (name, field, record_id, id);

-- evaluations: which field was measured, against which labels, how often each question was asked.
CREATE TABLE evaluations (
    id TEXT PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, portal_id INTEGER NOT NULL, field TEXT NOT NULL,
    labels TEXT NOT NULL, repeats INTEGER NOT NULL, cluster TEXT NOT NULL
);

-- evaluation_runs: the runs of an evaluation, by the name of what was measured and the number of the repeat (from 1).
CREATE TABLE evaluation_runs (
    evaluation_id TEXT NOT NULL REFERENCES evaluations, position INTEGER NOT NULL, name TEXT NOT NULL,
    repeat INTEGER NOT NULL, run_id TEXT NOT NULL REFERENCES runs, PRIMARY KEY (evaluation_id, position)
) WITHOUT ROWID;

-- evaluation_rows: the records of an evaluation with the answer that counted as right (JSON, NULL for none known),
-- and the cluster that each belongs to, if any.
CREATE TABLE evaluation_rows (
    evaluation_id TEXT NOT NULL REFERENCES evaluations, record_id TEXT NOT NULL, expected TEXT, cluster TEXT,
    PRIMARY KEY (evaluation_id, record_id)
) WITHOUT ROWID;
