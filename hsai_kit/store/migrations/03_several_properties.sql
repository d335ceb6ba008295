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
