-- runs.price: what hsai.toml said that the model costs, as JSON; blank where the price list holds.
ALTER TABLE runs ADD COLUMN price TEXT NOT NULL DEFAULT '';
