-- The trigger function of one table (triggers.py); what follows an at sign is filled in.
CREATE OR REPLACE FUNCTION @function() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $body$
DECLARE
    c jsonb := journal_context();
    said_by text := c ->> 'operator';
    -- Taken apart once, not for each row.
    said_agency text := c ->> 'agency';
    said_terminal text := c ->> 'terminal';
    said_case text := c ->> 'case';
    said_reason text := c ->> 'reason';
    refused text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO @entry (@columns)
        SELECT now(), said_by, said_agency, said_terminal, said_case, said_reason, @name, 'I',
            n.@key::text, @person_n, @unit_n, @region_n, NULL, NULL, to_jsonb(n) FROM new_rows n;
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows) THEN
            IF coalesce(c ->> 'approval', '') = '' THEN
                RAISE EXCEPTION USING ERRCODE = 'RS005', MESSAGE = '没有批准文号，不能删除数据';
            END IF;
            IF NOT journal_vouched_deletion(c ->> 'approval') THEN
                RAISE EXCEPTION USING ERRCODE = 'RS013',
                    MESSAGE = format('“%s”不是已批准删除的申请，不能删除数据', c ->> 'approval');
            END IF;
        END IF;
        SELECT min(s.key) INTO refused FROM old_rows o JOIN @sealed s ON s.table_name = @name AND s.key = o.@key::text;
        IF refused IS NOT NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'RS006', MESSAGE = format('%s %s 已封存，不能删除', @name, refused);
        END IF;
        INSERT INTO @entry (@columns)
        SELECT now(), said_by, said_agency, said_terminal, said_case, said_reason, @name, 'D',
            o.@key::text, @person_o, @unit_o, @region_o, NULL, to_jsonb(o), NULL FROM old_rows o;
        RETURN NULL;
    END IF;
    IF EXISTS (SELECT FROM @sealed WHERE table_name = @name) THEN
        SELECT min(o.@key::text) INTO refused
        FROM old_rows o JOIN @sealed s ON s.table_name = @name AND s.key = o.@key::text
        LEFT JOIN new_rows n ON n.@key = o.@key
        WHERE o IS DISTINCT FROM n AND NOT EXISTS (
            SELECT FROM @unsealing u WHERE u.table_name = @name AND u.key = s.key AND u.operator = said_by
            AND u.closed_at IS NULL AND u.expires_at > now() AND NOT EXISTS (
                SELECT FROM jsonb_each(to_jsonb(o)) b LEFT JOIN jsonb_each(to_jsonb(n)) a USING (key)
                WHERE a.value IS DISTINCT FROM b.value AND NOT b.key = ANY (u.fields)));
        IF refused IS NOT NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'RS006', MESSAGE = format('%s %s 已封存，未经批准解封不能修改', @name, refused);
        END IF;
    END IF;
    -- A row whose key changes is one that ends and one that begins.
    INSERT INTO @entry (@columns)
    SELECT now(), said_by, said_agency, said_terminal, said_case, said_reason, @name,
        CASE WHEN o.@key IS NULL THEN 'I' WHEN n.@key IS NULL THEN 'D' ELSE 'U' END,
        coalesce(n.@key, o.@key)::text, coalesce(@person_n, @person_o), coalesce(@unit_n, @unit_o),
        coalesce(@region_n, @region_o), nullif(@region_o, coalesce(@region_n, @region_o)),
        CASE WHEN o.@key IS NOT NULL THEN to_jsonb(o) END, CASE WHEN n.@key IS NOT NULL THEN to_jsonb(n) END
    FROM old_rows o FULL JOIN new_rows n ON n.@key = o.@key WHERE o IS DISTINCT FROM n;
    RETURN NULL;
END $body$;
CREATE OR REPLACE TRIGGER journal_insert AFTER INSERT ON @table
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION @function();
CREATE OR REPLACE TRIGGER journal_update AFTER UPDATE ON @table
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION @function();
CREATE OR REPLACE TRIGGER journal_delete AFTER DELETE ON @table
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION @function();
CREATE OR REPLACE TRIGGER journal_truncate BEFORE TRUNCATE ON @table
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse_truncate();
