-- How a label came to be (blind, typed, edited, approved, rejected, file) and how its row was drawn (random, stratum,
-- heaviest, disagreement, threshold, own). A rejected label's value is the answer that is known to be wrong.
ALTER TABLE labels ADD COLUMN ground TEXT NOT NULL DEFAULT 'file';
ALTER TABLE labels ADD COLUMN draw TEXT NOT NULL DEFAULT 'own';
UPDATE labels SET ground = CASE
    WHEN source LIKE 'approved in %' THEN 'approved' WHEN source LIKE 'edited in %' THEN 'edited'
    WHEN source = 'given by hand' THEN 'typed' ELSE 'file' END;
ALTER TABLE evaluation_rows ADD COLUMN ground TEXT NOT NULL DEFAULT 'file';
ALTER TABLE evaluation_rows ADD COLUMN draw TEXT NOT NULL DEFAULT 'own';
