-- rating_sets: what people are asked to judge blind. kind is pairs, pass or levels; names are the variants and levels
-- the scale (lowest first) with what each means, both JSON; the seed decides the order in which a rater sees the items.
CREATE TABLE rating_sets (
    id TEXT PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, kind TEXT NOT NULL, question TEXT NOT NULL,
    levels TEXT NOT NULL, names TEXT NOT NULL, seed INTEGER NOT NULL
);

-- rating_items: the texts of a set as they were when it was made: of one variant, or of two (variant "") as JSON.
CREATE TABLE rating_items (
    set_id TEXT NOT NULL REFERENCES rating_sets, item INTEGER NOT NULL, record_id TEXT NOT NULL, variant TEXT NOT NULL,
    source TEXT NOT NULL, texts TEXT NOT NULL, PRIMARY KEY (set_id, item)
) WITHOUT ROWID;

-- ratings: every rating ever given; the newest of an item and a rater holds. value is the preferred variant or tie,
-- yes or no, or a level, NULL where it was taken back; shown is the variant that stood first.
CREATE TABLE ratings (
    id INTEGER PRIMARY KEY, set_id TEXT NOT NULL REFERENCES rating_sets, item INTEGER NOT NULL, rater TEXT NOT NULL,
    value TEXT, shown TEXT NOT NULL, seconds REAL, note TEXT NOT NULL, at TEXT NOT NULL
);
CREATE INDEX ratings_by_set ON ratings (set_id, rater, item, id);
