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
