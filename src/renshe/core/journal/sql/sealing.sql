-- The journal sealed in blocks (sealing.py says how and why).
CREATE TABLE IF NOT EXISTS journal_reached (only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one), id bigint NOT NULL);
INSERT INTO journal_reached (id) VALUES (0) ON CONFLICT DO NOTHING;
CREATE OR REPLACE FUNCTION journal_mark() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '1s' AS $$
DECLARE reached bigint;
BEGIN
    LOCK TABLE journal_entry IN SHARE MODE;
    SELECT coalesce(max(id), 0) INTO reached FROM journal_entry;
    UPDATE journal_reached SET id = reached WHERE id < reached;
    RETURN reached;
END $$;
CREATE OR REPLACE FUNCTION journal_root(leaves bytea[]) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE level bytea[] := leaves;
BEGIN
    WHILE cardinality(level) > 1 LOOP
        -- A digest without a neighbour goes up as it is. Digests of digests begin with 1, which none of an entry does.
        SELECT array_agg(CASE WHEN many = 2 THEN sha256('\x01'::bytea || pair) ELSE pair END ORDER BY at) INTO level FROM (
            SELECT (n - 1) / 2 AS at, count(*) AS many, string_agg(leaf, ''::bytea ORDER BY n) AS pair
            FROM unnest(level) WITH ORDINALITY u (leaf, n) GROUP BY (n - 1) / 2) pairs;
    END LOOP;
    RETURN level[1];
END $$;
CREATE OR REPLACE FUNCTION journal_seal(at_least bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE last_number bigint := 0; last_id bigint := 0; last_chain bytea := ''; made_ids bigint[]; made_leaves bytea[]; made_root bytea;
BEGIN
    -- Two at once make one block, not the same one twice.
    PERFORM pg_advisory_xact_lock(hashtext('journal_seal'));
    SELECT number, ids[cardinality(ids)], chain INTO last_number, last_id, last_chain
        FROM journal_block ORDER BY number DESC LIMIT 1;
    SELECT array_agg(id ORDER BY id), array_agg(leaf ORDER BY id) INTO made_ids, made_leaves FROM (
        SELECT e.id, @leaf AS leaf FROM journal_entry e
        WHERE e.id > coalesce(last_id, 0) AND e.id <= (SELECT id FROM journal_reached) ORDER BY e.id LIMIT @size) next;
    IF coalesce(cardinality(made_ids), 0) < at_least THEN
        RETURN NULL;
    END IF;
    made_root := journal_root(made_leaves);
    INSERT INTO journal_block (number, ids, leaves, root, chain, sealed_at) VALUES (coalesce(last_number, 0) + 1, made_ids,
        (SELECT string_agg(leaf, ''::bytea ORDER BY n) FROM unnest(made_leaves) WITH ORDINALITY u (leaf, n)), made_root, sha256(coalesce(last_chain, ''::bytea) || made_root), now());
    RETURN coalesce(last_number, 0) + 1;
END $$;
