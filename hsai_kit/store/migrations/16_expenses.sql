-- spending: what all answers cost in USD, by the month (UTC, YYYY-MM) in which they came. Triggers keep it, so that it
-- counts whatever pays, and what was paid for an answer that is erased later.
CREATE TABLE spending (month TEXT PRIMARY KEY, usd REAL NOT NULL) WITHOUT ROWID;
INSERT INTO spending SELECT substr(at, 1, 7), TOTAL(usd) FROM answers GROUP BY substr(at, 1, 7);
CREATE TRIGGER answer_paid AFTER INSERT ON answers WHEN NEW.usd > 0 BEGIN
    INSERT INTO spending VALUES (substr(NEW.at, 1, 7), NEW.usd)
        ON CONFLICT (month) DO UPDATE SET usd = usd + excluded.usd;
END;
CREATE TRIGGER answer_paid_more AFTER UPDATE OF usd ON answers WHEN NEW.usd > COALESCE(OLD.usd, 0) BEGIN
    INSERT INTO spending VALUES (substr(NEW.at, 1, 7), NEW.usd - COALESCE(OLD.usd, 0))
        ON CONFLICT (month) DO UPDATE SET usd = usd + excluded.usd;
END;

-- spending_holds: what a question in flight, or a job at OpenAI, can cost at most, under a month's budget. It is held
-- before it is sent and let go when the answer is kept; what a killed session held stays, since it may have been paid.
CREATE TABLE spending_holds (id INTEGER PRIMARY KEY, holder TEXT NOT NULL, usd REAL NOT NULL, at TEXT NOT NULL);
