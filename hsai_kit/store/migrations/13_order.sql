-- place: the order in which pushes, actions and their undos were begun, counted through both, whatever the clock said.
ALTER TABLE pushes ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
ALTER TABLE actions ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
CREATE TABLE begun (id TEXT PRIMARY KEY, place INTEGER NOT NULL);
INSERT INTO begun SELECT id, ROW_NUMBER() OVER (ORDER BY at, n) FROM (
    SELECT id, at, rowid AS n FROM pushes UNION ALL SELECT id, at, rowid FROM actions
);
UPDATE pushes SET place = (SELECT b.place FROM begun b WHERE b.id = pushes.id);
UPDATE actions SET place = (SELECT b.place FROM begun b WHERE b.id = actions.id);
DROP TABLE begun;
CREATE INDEX pushes_undone ON pushes (undoes) WHERE undoes IS NOT NULL;
CREATE INDEX actions_undone ON actions (undoes) WHERE undoes IS NOT NULL;

-- audit_entries: pushes, actions and undos. An undo has no run of its own: what it takes back has.
CREATE VIEW audit_entries AS
SELECT e.id, e.at, e.ended_at, e.kind, e.undoes, e.portal_id, e.object_type, e.object_type_id, e.what, e.who, e.status,
    r.id AS run_id, COALESCE(r.assistant, '') AS assistant, COALESCE(r.assistant_version, '') AS version,
    COALESCE(r.model, '') AS model, COALESCE(c.name, '') AS portal_name, COALESCE(c.ui_domain, '') AS ui_domain,
    e.of_properties, e.place
FROM (
    SELECT p.id, p.at, p.ended_at, p.kind, p.undoes, p.portal_id, p.object_type, p.object_type_id, p.properties AS what,
        p.who, p.status, COALESCE(p.run_id, (SELECT q.run_id FROM pushes q WHERE q.id = p.undoes)) AS run, p.place,
        1 AS of_properties
    FROM pushes p
    UNION ALL
    SELECT a.id, a.at, a.ended_at, a.kind, a.undoes, a.portal_id, a.object_type, a.object_type_id, a.about,
        a.who, a.status, COALESCE(a.run_id, (SELECT b.run_id FROM actions b WHERE b.id = a.undoes)), a.place, 0
    FROM actions a
) e LEFT JOIN runs r ON r.id = e.run LEFT JOIN connections c ON c.portal_id = e.portal_id;

-- audit_changes: what happened to each value, or what was done about each record. CROSS JOIN has SQLite go from the few
-- pushes to their many changes, so that those of one record are found without reading all.
CREATE VIEW audit_changes AS
SELECT p.id AS entry_id, c.at, c.record_id, c.property, COALESCE(c.before, '') AS before,
    COALESCE(c.after, '') AS after, c.outcome, c.reason
FROM pushes p CROSS JOIN changes c ON c.push_id = p.id
UNION ALL
SELECT a.id, t.at, t.record_id,
    CASE k.kind WHEN 'create_task' THEN 'task' WHEN 'create_note' THEN 'note' WHEN 'add_to_list' THEN 'list'
        WHEN 'notify' THEN 'message' ELSE k.kind END,
    CASE WHEN a.undoes IS NULL THEN '' ELSE t.what END, CASE WHEN a.undoes IS NULL THEN t.what ELSE '' END,
    t.outcome, t.reason
FROM actions a CROSS JOIN acts t ON t.action_id = a.id JOIN actions k ON k.id = COALESCE(a.undoes, a.id);
