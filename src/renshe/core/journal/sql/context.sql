-- Who changes what and why: one value, good for the transaction in which it was said and gone with it, or with a savepoint
-- that is taken back.
CREATE OR REPLACE FUNCTION journal_declare(context jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF jsonb_typeof(context -> 'operator') IS DISTINCT FROM 'string' OR btrim(context ->> 'operator') = ''
       OR jsonb_typeof(context -> 'reason') IS DISTINCT FROM 'string' OR btrim(context ->> 'reason') = '' THEN
        RAISE EXCEPTION USING ERRCODE = 'RS002', MESSAGE = '没有说明操作人或事由，不能修改业务数据';
    END IF;
    IF NOT journal_vouched_operator(context ->> 'operator') THEN
        RAISE EXCEPTION USING ERRCODE = 'RS012',
            MESSAGE = format('“%s”不是本系统的人员，不能以其名义修改业务数据', context ->> 'operator');
    END IF;
    PERFORM set_config('renshe.context', (context || jsonb_build_object('xact', pg_current_xact_id()::text))::text, true);
END $$;
CREATE OR REPLACE FUNCTION journal_context() RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE told jsonb;
BEGIN
    BEGIN
        told := nullif(current_setting('renshe.context', true), '')::jsonb;
    EXCEPTION WHEN invalid_text_representation THEN
        told := NULL;
    END;
    -- What was not said by journal_declare in this transaction was not said; whoever owns the tables migrates in many.
    IF told ->> 'xact' IS DISTINCT FROM pg_current_xact_id()::text
       AND NOT (told ->> 'xact' = 'session' AND has_table_privilege(session_user, 'journal_entry', 'TRIGGER')) IS TRUE THEN
        RAISE EXCEPTION USING ERRCODE = 'RS001', MESSAGE = '没有说明由谁、因何修改，业务数据不能修改';
    END IF;
    RETURN told;
END $$;
CREATE OR REPLACE FUNCTION journal_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'RS003', MESSAGE = format('表 %s 不能清空', TG_TABLE_NAME);
END $$;
CREATE OR REPLACE FUNCTION journal_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'RS004', MESSAGE = format('%s 只能追加，不能修改或删除', TG_TABLE_NAME);
END $$;
CREATE OR REPLACE FUNCTION journal_refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR EXISTS (
        SELECT FROM jsonb_each(to_jsonb(OLD)) w
        WHERE w.value <> 'null'::jsonb AND to_jsonb(NEW) -> w.key IS DISTINCT FROM w.value
    ) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS004', MESSAGE = format('%s 已写的内容不能修改或删除，只能补填空项', TG_TABLE_NAME);
    END IF;
    RETURN NEW;
END $$;
