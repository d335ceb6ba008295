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
