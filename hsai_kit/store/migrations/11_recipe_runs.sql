-- recipe_runs: which runs a recipe made; alone says that no person was to review it, ended_at is when all that comes
-- after the review was done, NULL where it waits for a person or was broken off.
CREATE TABLE recipe_runs (
    run_id TEXT PRIMARY KEY REFERENCES runs, recipe TEXT NOT NULL, alone INTEGER NOT NULL, ended_at TEXT
) WITHOUT ROWID;
