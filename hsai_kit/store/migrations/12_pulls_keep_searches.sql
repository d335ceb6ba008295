-- pulls.searches: what was looked for, as JSON with every moment told, so that "yesterday" is the same day when a pull
-- goes on tomorrow; blank where everything was.
ALTER TABLE pulls ADD COLUMN searches TEXT NOT NULL DEFAULT '';
