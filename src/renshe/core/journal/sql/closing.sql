-- Business data that is closed, and opened again for one change (closing.py).
CREATE OR REPLACE FUNCTION journal_approved() RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE c jsonb := journal_context();
BEGIN
    IF coalesce(c ->> 'approval', '') = '' THEN
        RAISE EXCEPTION USING ERRCODE = 'RS007', MESSAGE = '没有批准的申请，不能封存或解封';
    END IF;
    IF NOT journal_vouched_sealing(c ->> 'approval') THEN
        RAISE EXCEPTION USING ERRCODE = 'RS013', MESSAGE = format('“%s”不是已批准的申请，不能封存或解封', c ->> 'approval');
    END IF;
    RETURN c;
END $$;
CREATE OR REPLACE FUNCTION journal_close(of_table text, keys text[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE c jsonb := journal_approved(); closed bigint;
BEGIN
    INSERT INTO journal_sealedrow (table_name, key, case_no)
        SELECT of_table, k, c ->> 'approval' FROM unnest(keys) k ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS closed = ROW_COUNT;
    UPDATE journal_unsealing SET closed_at = now()
        WHERE table_name = of_table AND key = ANY (keys) AND closed_at IS NULL;
    RETURN closed;
END $$;
CREATE OR REPLACE FUNCTION
    journal_open(of_table text, of_key text, of_fields text[], designated text, until timestamptz)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE c jsonb := journal_approved(); made bigint;
BEGIN
    IF designated = c ->> 'operator' THEN
        RAISE EXCEPTION USING ERRCODE = 'RS008', MESSAGE = '解封人不能同时是修改人';
    END IF;
    IF NOT journal_vouched_editor(designated) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS012', MESSAGE = format('“%s”不是在岗人员的工号，不能为其解封', designated);
    END IF;
    -- Of two who unseal one row at once the second sees for whom the first did.
    PERFORM 1 FROM journal_sealedrow WHERE table_name = of_table AND key = of_key FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RS009', MESSAGE = format('%s %s 没有封存，不需要解封', of_table, of_key);
    END IF;
    IF until <= now() OR until > now() + interval '31 days' OR coalesce(cardinality(of_fields), 0) = 0 OR EXISTS (
        SELECT FROM unnest(of_fields) f WHERE NOT EXISTS (
            SELECT FROM pg_attribute a WHERE a.attrelid = to_regclass(quote_ident(of_table)) AND a.attname = f
                AND a.attnum > 0 AND NOT a.attisdropped)
    ) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS010', MESSAGE = '解封须写明该表的项目和 31 天以内的截止时间';
    END IF;
    IF EXISTS (
        SELECT FROM journal_unsealing u WHERE u.table_name = of_table AND u.key = of_key AND u.operator <> designated
        AND u.closed_at IS NULL AND u.expires_at > now()
    ) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS011', MESSAGE = format('%s %s 已为他人解封，不能再为别人解封', of_table, of_key);
    END IF;
    INSERT INTO journal_unsealing (table_name, key, fields, operator, case_no, expires_at)
        VALUES (of_table, of_key, of_fields, designated, c ->> 'approval', until) RETURNING id INTO made;
    RETURN made;
END $$;
