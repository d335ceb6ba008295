-- limits: what an account was found to allow a minute for a model at an address (NULL: never told).
CREATE TABLE limits (
    base_url TEXT NOT NULL, model TEXT NOT NULL, requests REAL, tokens REAL, at TEXT NOT NULL,
    PRIMARY KEY (base_url, model)
) WITHOUT ROWID;
