-- Erases record text, prompts and answers: of the record :record in the scope of :portal_id and :object_type (NULL: all),
-- and of everything older than :before (NULL: nothing by age). Ids, properties, outcomes, prices and dates stay.
CREATE TEMP TABLE old_runs AS SELECT id FROM runs WHERE at < :before;
CREATE TEMP TABLE some_runs AS SELECT id FROM runs
    WHERE portal_id = COALESCE(:portal_id, portal_id) AND object_type = COALESCE(:object_type, object_type);
CREATE TEMP TABLE erased_rows AS SELECT run_id, position, question FROM rows
    WHERE run_id IN (SELECT id FROM old_runs) OR record_id = :record AND run_id IN (SELECT id FROM some_runs);
CREATE INDEX temp.erased_by_place ON erased_rows (run_id, position);

-- A question that other rows ask as well stays for them; the others get a name that no text leads to.
CREATE TEMP TABLE erased_questions (hash TEXT PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO erased_questions SELECT question, 'erased-' || LOWER(HEX(RANDOMBLOB(16))) FROM (
    SELECT question FROM erased_rows WHERE question IS NOT NULL EXCEPT
    SELECT question FROM rows r WHERE NOT EXISTS (
        SELECT 1 FROM erased_rows e WHERE e.run_id = r.run_id AND e.position = r.position
    )
);
DELETE FROM remembered WHERE run_id IN (SELECT id FROM old_runs)
    OR input IN (SELECT q.input FROM questions q JOIN erased_questions e ON e.hash = q.hash);
INSERT INTO questions SELECT e.name, '', q.model, q.assistant_version
    FROM questions q JOIN erased_questions e ON e.hash = q.hash JOIN answers a ON a.question = q.hash;
UPDATE answers SET question = (SELECT name FROM erased_questions e WHERE e.hash = answers.question), status = 'erased',
    output = NULL, confidence = NULL, probabilities = NULL, reason = :reason
    WHERE question IN (SELECT hash FROM erased_questions);
UPDATE rows SET
    question = (SELECT e.name FROM erased_questions e JOIN answers a ON a.question = e.name WHERE e.hash = rows.question),
    skipped = :reason, ruled = NULL, rule = NULL
    WHERE EXISTS (SELECT 1 FROM erased_rows e WHERE e.run_id = rows.run_id AND e.position = rows.position);
DELETE FROM questions WHERE hash IN (SELECT hash FROM erased_questions);
UPDATE decisions SET value = 'null' WHERE run_id IN (SELECT id FROM old_runs)
    OR record_id = :record AND run_id IN (SELECT id FROM some_runs);

-- What a search looked for may name a person.
UPDATE pulls SET condition = NULL, request = '', searches = '' WHERE at < :before OR EXISTS (
    SELECT 1 FROM records r, json_each(r.properties) v WHERE r.pull_id = pulls.id AND r.record_id = :record
    AND LENGTH(v.value) > 3 AND INSTR(LOWER(COALESCE(condition, '') || searches || request), LOWER(v.value))
);
DELETE FROM records WHERE pull_id IN (SELECT id FROM pulls WHERE at < :before) OR record_id = :record AND pull_id IN (
    SELECT id FROM pulls WHERE portal_id = COALESCE(:portal_id, portal_id)
    AND object_type = COALESCE(:object_type, object_type)
);

-- Receipts: the ids, properties and outcomes stay, and say what is missing.
UPDATE changes SET before = NULL, after = NULL, reason = :reason WHERE push_id IN (SELECT id FROM pushes WHERE at < :before)
    OR record_id = :record AND push_id IN (
        SELECT id FROM pushes WHERE portal_id = COALESCE(:portal_id, portal_id)
        AND object_type = COALESCE(:object_type, object_type)
    );
UPDATE acts SET what = '', content = '', reason = :reason WHERE action_id IN (SELECT id FROM actions WHERE at < :before)
    OR record_id = :record AND action_id IN (
        SELECT id FROM actions WHERE portal_id = COALESCE(:portal_id, portal_id)
        AND object_type = COALESCE(:object_type, object_type)
    );

-- Labels and ratings know no portal.
DELETE FROM labels WHERE record_id = :record OR at < :before;
UPDATE evaluation_rows SET expected = NULL, cluster = NULL
    WHERE record_id = :record OR evaluation_id IN (SELECT id FROM evaluations WHERE at < :before);
CREATE TEMP TABLE erased_items AS SELECT set_id, item FROM rating_items
    WHERE record_id = :record OR set_id IN (SELECT id FROM rating_sets WHERE at < :before);
UPDATE ratings SET note = '' WHERE (set_id, item) IN (SELECT set_id, item FROM erased_items);
UPDATE rating_items SET source = '', texts = (SELECT json_group_array('') FROM json_each(rating_items.texts))
    WHERE (set_id, item) IN (SELECT set_id, item FROM erased_items);
