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
