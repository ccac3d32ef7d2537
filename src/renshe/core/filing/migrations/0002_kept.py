"""What the database itself refuses about papers, whoever asks and with whatever approval.

RS030 an attachment that is held or filed is taken out; RS031 what a row says of a paper is changed; RS032 what is held
is let go without the approval of another matter; RS033 a document is taken out, or changed but to be voided; RS034 a
closed volume is changed.
"""

from django.db import migrations

ATTACHMENTS = """
CREATE FUNCTION filing_archived(of_attachment bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM filing_volumeentry e JOIN filing_volume v ON v.id = e.volume_id
                   WHERE e.attachment_id = of_attachment AND v.state = 'closed')
$$;
CREATE FUNCTION filing_attachment_kept() RETURNS trigger LANGUAGE plpgsql AS $$
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
        IF told IS NULL OR told = OLD.matter OR NEW.released IS DISTINCT FROM told THEN
            RAISE EXCEPTION USING ERRCODE = 'RS032',
                MESSAGE = format('业务 %s 的材料是修改依据；修改经批准撤销后才能解除留存', OLD.matter);
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER filing_attachment_kept BEFORE UPDATE OR DELETE ON filing_attachment
    FOR EACH ROW EXECUTE FUNCTION filing_attachment_kept();
"""

DOCUMENTS = """
CREATE FUNCTION filing_document_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE fleeting text[] := ARRAY['voided_by', 'voided_at', 'voided_for'];
BEGIN
    IF TG_OP = 'DELETE' OR OLD.voided_at IS NOT NULL
       OR to_jsonb(NEW) - fleeting IS DISTINCT FROM to_jsonb(OLD) - fleeting THEN
        RAISE EXCEPTION USING ERRCODE = 'RS033',
            MESSAGE = format('文书 %s 已出具，不能修改或删除；有误的，请作废后重新出具', OLD.number);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER filing_document_kept BEFORE UPDATE OR DELETE ON filing_document
    FOR EACH ROW EXECUTE FUNCTION filing_document_kept();
"""

VOLUMES = """
CREATE FUNCTION filing_volume_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'closed' AND (TG_OP = 'DELETE' OR to_jsonb(NEW) - 'place' IS DISTINCT FROM to_jsonb(OLD) - 'place') THEN
        RAISE EXCEPTION USING ERRCODE = 'RS034', MESSAGE = format('案卷 %s 已归档，不能修改', OLD.number);
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER filing_volume_kept BEFORE UPDATE OR DELETE ON filing_volume
    FOR EACH ROW EXECUTE FUNCTION filing_volume_kept();
CREATE FUNCTION filing_volumeentry_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE shut filing_volume;
BEGIN
    -- Whoever closes the volume waits, or has closed it: nothing slips in between.
    PERFORM 1 FROM filing_volume WHERE id IN (
        CASE WHEN TG_OP <> 'INSERT' THEN OLD.volume_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.volume_id END
    ) FOR SHARE;
    SELECT * INTO shut FROM filing_volume WHERE state = 'closed' AND id IN (
        CASE WHEN TG_OP <> 'INSERT' THEN OLD.volume_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.volume_id END
    );
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RS034', MESSAGE = format('案卷 %s 已归档，不能修改', shut.number);
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER filing_volumeentry_kept BEFORE INSERT OR UPDATE OR DELETE ON filing_volumeentry
    FOR EACH ROW EXECUTE FUNCTION filing_volumeentry_kept();
"""


class Migration(migrations.Migration):
    dependencies = [("filing", "0001_initial")]

    operations = [migrations.RunSQL(ATTACHMENTS), migrations.RunSQL(DOCUMENTS), migrations.RunSQL(VOLUMES)]
