"""The tables of the store, each with what it holds, and how an older file is brought up to date."""

from __future__ import annotations

_FIRST = """
-- connections: which portal was worked on from this workspace, and when it was last checked. Never a key.
CREATE TABLE connections (
    portal_id INTEGER PRIMARY KEY, name TEXT NOT NULL, account_type TEXT NOT NULL, checked_at TEXT NOT NULL
);

-- pulls: one line for each pull; its id travels with the DataFrame.
CREATE TABLE pulls (
    id TEXT PRIMARY KEY, at TEXT NOT NULL, portal_id INTEGER NOT NULL, object_type TEXT NOT NULL,
    object_type_id TEXT NOT NULL, properties TEXT NOT NULL, condition TEXT, ended_at TEXT
);

-- records: the raw strings as pulled (JSON by property), which conflict checks compare with.
CREATE TABLE records (
    pull_id TEXT NOT NULL REFERENCES pulls, record_id TEXT NOT NULL, properties TEXT NOT NULL,
    PRIMARY KEY (pull_id, record_id)
) WITHOUT ROWID;

-- runs: one execution of ask: which assistant (as it was), which model, which prompt, over how many records.
-- status is running, waiting (for a job at OpenAI), done, stopped, paused (its budget is reached) or failed.
CREATE TABLE runs (
    id TEXT PRIMARY KEY, at TEXT NOT NULL, ended_at TEXT, status TEXT NOT NULL, portal_id INTEGER NOT NULL,
    pull_id TEXT REFERENCES pulls, object_type TEXT NOT NULL, assistant TEXT NOT NULL, assistant_version TEXT NOT NULL,
    assistant_json TEXT NOT NULL, prompt TEXT NOT NULL, model TEXT NOT NULL, note TEXT NOT NULL DEFAULT '',
    engine TEXT NOT NULL DEFAULT 'responses', budget_usd REAL
);

-- questions: each distinct rendered prompt, by the hash of everything that is sent.
CREATE TABLE questions (
    hash TEXT PRIMARY KEY, input TEXT NOT NULL, model TEXT NOT NULL, assistant_version TEXT NOT NULL
) WITHOUT ROWID;

-- answers: what came back for a question, committed as it arrives; run_id is the run that paid for it.
-- status is answered, refused, cut_off or failed; a failed one is replaced when the question is asked again.
CREATE TABLE answers (
    question TEXT PRIMARY KEY REFERENCES questions, run_id TEXT NOT NULL REFERENCES runs, status TEXT NOT NULL,
    output TEXT, confidence REAL, reason TEXT NOT NULL DEFAULT '', model TEXT NOT NULL DEFAULT '',
    input_tokens INTEGER, cached_tokens INTEGER, output_tokens INTEGER, reasoning_tokens INTEGER,
    usd REAL, seconds REAL, request_id TEXT NOT NULL DEFAULT '', probabilities TEXT, at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX answers_by_run ON answers (run_id);

-- rows: the records of a run in their order, each with its question, or what a rule answered, or why it was skipped.
CREATE TABLE rows (
    run_id TEXT NOT NULL REFERENCES runs, position INTEGER NOT NULL, record_id TEXT NOT NULL, question TEXT,
    skipped TEXT, ruled TEXT, rule TEXT, PRIMARY KEY (run_id, position)
) WITHOUT ROWID;

-- remembered: what people approved, by the text that was asked: a known answer for an assistant of that name.
CREATE TABLE remembered (
    assistant TEXT NOT NULL, input TEXT NOT NULL, answer TEXT NOT NULL, run_id TEXT NOT NULL REFERENCES runs,
    reviewer TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (assistant, input)
) WITHOUT ROWID;

-- batches: jobs at OpenAI, noted down before they are waited for, so that any later session can pick them up.
-- A line is made once the file is there and before the job is asked for: until then it has no id and the status
-- uploaded, afterwards OpenAI's own. ended_at is when all that the job brought was kept.
CREATE TABLE batches (
    input_file TEXT PRIMARY KEY, id TEXT UNIQUE, run_id TEXT NOT NULL REFERENCES runs, questions INTEGER NOT NULL,
    status TEXT NOT NULL, at TEXT NOT NULL, ended_at TEXT
);

-- batch_questions: the questions of the jobs that are not over, by the line of their file; each in one job only.
CREATE TABLE batch_questions (
    input_file TEXT NOT NULL REFERENCES batches, line INTEGER NOT NULL, question TEXT NOT NULL UNIQUE,
    PRIMARY KEY (input_file, line)
) WITHOUT ROWID;

-- capabilities: what a model was found to take or refuse at an address, so that it is found out only once.
CREATE TABLE capabilities (
    base_url TEXT NOT NULL, model TEXT NOT NULL, setting TEXT NOT NULL, accepted INTEGER NOT NULL,
    reason TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (base_url, model, setting)
) WITHOUT ROWID;

-- decisions: every decision ever made about a proposal, newest last; the newest one of a record and field holds.
CREATE TABLE decisions (
    id INTEGER PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs, record_id TEXT NOT NULL, field TEXT NOT NULL,
    decision TEXT NOT NULL, value TEXT, reviewer TEXT NOT NULL, decided_at TEXT NOT NULL
);
CREATE INDEX decisions_by_run ON decisions (run_id, field, record_id, id);

-- pushes: every push and undo: who, when, which portal, from which run, and how it ended.
CREATE TABLE pushes (
    id TEXT PRIMARY KEY, at TEXT NOT NULL, ended_at TEXT, kind TEXT NOT NULL, undoes TEXT REFERENCES pushes,
    portal_id INTEGER NOT NULL, object_type TEXT NOT NULL, object_type_id TEXT NOT NULL, property TEXT NOT NULL,
    run_id TEXT REFERENCES runs, who TEXT NOT NULL, status TEXT NOT NULL
);

-- changes: the journal: each value before and after, written down before and after every batch.
-- outcome is not sent, sending, written, same already, conflict, refused, missing or unknown.
CREATE TABLE changes (
    push_id TEXT NOT NULL REFERENCES pushes, record_id TEXT NOT NULL, before TEXT, after TEXT, outcome TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '', at TEXT NOT NULL, PRIMARY KEY (push_id, record_id)
) WITHOUT ROWID;
"""

_EVALUATIONS = """
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
"""

_SEVERAL_PROPERTIES = """
-- A push may write several properties of a record: pushes.properties are their names, joined by commas, and the journal
-- tells its values apart by property as well.
ALTER TABLE pushes RENAME COLUMN property TO properties;
CREATE TABLE journal (
    push_id TEXT NOT NULL REFERENCES pushes, record_id TEXT NOT NULL, property TEXT NOT NULL, before TEXT, after TEXT,
    outcome TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', at TEXT NOT NULL,
    PRIMARY KEY (push_id, record_id, property)
) WITHOUT ROWID;
INSERT INTO journal SELECT c.push_id, c.record_id, p.properties, c.before, c.after, c.outcome, c.reason, c.at
    FROM changes c JOIN pushes p ON p.id = c.push_id;
DROP TABLE changes;
ALTER TABLE journal RENAME TO changes;
"""

_ACTIONS = """
-- actions: everything else that was done about records (tasks, notes, lists, messages), and its undos: who, when, which
-- portal, from which run, and how it ended.
CREATE TABLE actions (
    id TEXT PRIMARY KEY, at TEXT NOT NULL, ended_at TEXT, kind TEXT NOT NULL, undoes TEXT REFERENCES actions,
    portal_id INTEGER NOT NULL, object_type TEXT NOT NULL, object_type_id TEXT NOT NULL, run_id TEXT REFERENCES runs,
    who TEXT NOT NULL, status TEXT NOT NULL, target TEXT NOT NULL, about TEXT NOT NULL
);

-- acts: what an action did about each record, written down before and after every batch.
-- outcome is not sent, sending, unknown, refused, done, taken back, left alone or gone.
CREATE TABLE acts (
    action_id TEXT NOT NULL REFERENCES actions, record_id TEXT NOT NULL, mark TEXT NOT NULL, outcome TEXT NOT NULL,
    what TEXT NOT NULL, made_id TEXT NOT NULL, content TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (action_id, record_id)
) WITHOUT ROWID;
-- Whatever is killed or repeated: of one mark at most one thing stands, or may stand, in HubSpot.
CREATE UNIQUE INDEX acts_standing ON acts (mark) WHERE mark != '' AND outcome IN ('sending', 'unknown', 'done');
"""

_STROKES = """
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
"""

_RATINGS = """
-- rating_sets: what people are asked to judge blind. kind is pairs, pass or levels; names are the variants and levels
-- the scale (lowest first) with what each means, both JSON; the seed decides the order in which a rater sees the items.
CREATE TABLE rating_sets (
    id TEXT PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, kind TEXT NOT NULL, question TEXT NOT NULL,
    levels TEXT NOT NULL, names TEXT NOT NULL, seed INTEGER NOT NULL
);

-- rating_items: the texts of a set as they were when it was made: of one variant, or of two (variant "") as JSON.
CREATE TABLE rating_items (
    set_id TEXT NOT NULL REFERENCES rating_sets, item INTEGER NOT NULL, record_id TEXT NOT NULL, variant TEXT NOT NULL,
    source TEXT NOT NULL, texts TEXT NOT NULL, PRIMARY KEY (set_id, item)
) WITHOUT ROWID;

-- ratings: every rating ever given; the newest of an item and a rater holds. value is the preferred variant or tie,
-- yes or no, or a level, NULL where it was taken back; shown is the variant that stood first.
CREATE TABLE ratings (
    id INTEGER PRIMARY KEY, set_id TEXT NOT NULL REFERENCES rating_sets, item INTEGER NOT NULL, rater TEXT NOT NULL,
    value TEXT, shown TEXT NOT NULL, seconds REAL, note TEXT NOT NULL, at TEXT NOT NULL
);
CREATE INDEX ratings_by_set ON ratings (set_id, rater, item, id);
"""

_PULLS_GO_ON = """
-- pulls.request: what was asked, so that the same pull goes on where it broke off.
ALTER TABLE pulls ADD COLUMN request TEXT NOT NULL DEFAULT '';

-- pull_places: how far a pull came that is under way: each part of it (a span of ids, by its first id, or a search, by
-- its number), the id to go on from, and the id where it ends, NULL for the last one.
CREATE TABLE pull_places (
    pull_id TEXT NOT NULL REFERENCES pulls, part INTEGER NOT NULL, next INTEGER NOT NULL, end INTEGER,
    PRIMARY KEY (pull_id, part)
) WITHOUT ROWID;

-- pull_ids: the record ids that a pull was asked for, as JSON, where it was asked for certain ones.
CREATE TABLE pull_ids (pull_id TEXT PRIMARY KEY REFERENCES pulls, ids TEXT NOT NULL) WITHOUT ROWID;
"""

_LIMITS = """
-- limits: what an account was found to allow a minute for a model at an address (NULL: never told).
CREATE TABLE limits (
    base_url TEXT NOT NULL, model TEXT NOT NULL, requests REAL, tokens REAL, at TEXT NOT NULL,
    PRIMARY KEY (base_url, model)
) WITHOUT ROWID;
"""

_PUSHED_FIELDS = """
-- pushes.fields: the fields of the run's answers that went to the properties, in their order, joined by commas; blank
-- for the property that receives the run's id.
ALTER TABLE pushes ADD COLUMN fields TEXT NOT NULL DEFAULT '';
"""

_OWN_PRICES = """
-- runs.price: what hsai.toml said that the model costs, as JSON; blank where the price list holds.
ALTER TABLE runs ADD COLUMN price TEXT NOT NULL DEFAULT '';
"""

_RECIPE_RUNS = """
-- recipe_runs: which runs a recipe made; alone says that no person was to review it, ended_at is when all that comes
-- after the review was done, NULL where it waits for a person or was broken off.
CREATE TABLE recipe_runs (
    run_id TEXT PRIMARY KEY REFERENCES runs, recipe TEXT NOT NULL, alone INTEGER NOT NULL, ended_at TEXT
) WITHOUT ROWID;
"""

_PULLS_KEEP_SEARCHES = """
-- pulls.searches: what was looked for, as JSON with every moment told, so that "yesterday" is the same day when a pull
-- goes on tomorrow; blank where everything was.
ALTER TABLE pulls ADD COLUMN searches TEXT NOT NULL DEFAULT '';
"""

# One entry for each version of the file, in order; PRAGMA user_version counts how many a file has had.
MIGRATIONS = (
    _FIRST,
    _EVALUATIONS,
    _SEVERAL_PROPERTIES,
    _ACTIONS,
    _STROKES,
    _RATINGS,
    _PULLS_GO_ON,
    _LIMITS,
    _PUSHED_FIELDS,
    _OWN_PRICES,
    _RECIPE_RUNS,
    _PULLS_KEEP_SEARCHES,
)
