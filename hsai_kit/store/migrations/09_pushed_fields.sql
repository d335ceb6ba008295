-- pushes.fields: the fields of the run's answers that went to the properties, in their order, joined by commas; blank
-- for the property that receives the run's id.
ALTER TABLE pushes ADD COLUMN fields TEXT NOT NULL DEFAULT '';
