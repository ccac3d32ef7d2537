"""What is held is let go by a matter that approves it, not by any text.

RS032 also where the approval that is told is that of no matter whose approval the journal is vouched for
(core/journal/vouching.py).
"""

from django.db import migrations

RELEASED = """
CREATE OR REPLACE FUNCTION filing_attachment_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    fleeting text[] := ARRAY['state', 'held', 'removed_by', 'removed_at', 'removal', 'released'];
    told text := coalesce(current_setting('renshe.context', true), '');
BEGIN
    IF OLD.held AND (TG_OP = 'DELETE' OR NEW.state <> 'attached') THEN
        RAISE EXCEPTION USING ERRCODE = 'RS030',
            MESSAGE = format('材料“%s”是业务 %s 的修改依据，修改有效期间不能移除', OLD.name, OLD.matter);
    END IF;
    IF (TG_OP = 'DELETE' OR NEW.state <> OLD.state) AND filing_archived(OLD.id) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS030', MESSAGE = format('材料“%s”已归档，不能移除', OLD.name);
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF to_jsonb(NEW) - fleeting IS DISTINCT FROM to_jsonb(OLD) - fleeting
       OR (OLD.state = 'removed' AND to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD)) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS031', MESSAGE = '材料上传后不能改变；有误的，请移除后重新上传';
    END IF;
    IF OLD.held AND NOT NEW.held THEN
        told := CASE WHEN told = '' THEN NULL ELSE nullif(told::jsonb ->> 'approval', '') END;
        IF told IS NULL OR told = OLD.matter OR NEW.released IS DISTINCT FROM told
           OR NOT journal_vouched_release(told) THEN
            RAISE EXCEPTION USING ERRCODE = 'RS032',
                MESSAGE = format('业务 %s 的材料是修改依据；修改经批准撤销后才能解除留存', OLD.matter);
        END IF;
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("filing", "0002_kept")]

    operations = [migrations.RunSQL(RELEASED)]
