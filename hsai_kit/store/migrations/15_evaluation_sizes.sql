-- How many records an evaluation was about, those without a label included (0: made before this was kept); when each
-- label was given, which is the order in which a bound over labels is looked at; and which rows ask the same of every
-- assistant (a number, and how many of the records that the evaluation was about do).
ALTER TABLE evaluations ADD COLUMN records INTEGER NOT NULL DEFAULT 0;
ALTER TABLE evaluation_rows ADD COLUMN at TEXT NOT NULL DEFAULT '';
ALTER TABLE evaluation_rows ADD COLUMN question INTEGER NOT NULL DEFAULT 0;
ALTER TABLE evaluation_rows ADD COLUMN question_records INTEGER NOT NULL DEFAULT 1;
