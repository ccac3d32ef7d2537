"""What the database itself refuses: posts that must not combine, and rights that nobody agreed to.

RS020 posts of groups that must not combine; RS021 a right that its post's group may not have; RS022 a right without
four stamps, or longer than agreed; RS023 a request changed after it was stamped.
"""

from django.db import migrations

SEPARATION = """
CREATE FUNCTION org_combined(of_operator bigint, of_group text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE clash text;
BEGIN
    SELECT format('工号 %s 的岗位“%s”与“%s”不相容，不能由同一人同时担任', min(o.number), min(p.name), min(q.name)) INTO clash
    FROM org_holding h JOIN org_post p ON p.id = h.post_id
    JOIN org_holding k ON k.operator_id = h.operator_id AND k.id > h.id JOIN org_post q ON q.id = k.post_id
    JOIN org_postconflict c
        ON c.one_id = least(p.group_id COLLATE "C", q.group_id COLLATE "C")
        AND c.other_id = greatest(p.group_id COLLATE "C", q.group_id COLLATE "C")
    JOIN org_operator o ON o.id = h.operator_id
    WHERE (of_operator IS NULL OR h.operator_id = of_operator)
        AND (of_group IS NULL OR of_group IN (p.group_id, q.group_id))
        AND daterange(h.valid_from, h.valid_until, '[]') && daterange(k.valid_from, k.valid_until, '[]')
    HAVING count(*) > 0;
    RETURN clash;
END $$;
CREATE FUNCTION org_holding_apart() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE clash text;
BEGIN
    -- Of two who give one operator a post at once the second sees what the first gave.
    PERFORM 1 FROM org_operator WHERE id = NEW.operator_id FOR NO KEY UPDATE;
    clash := org_combined(NEW.operator_id, NULL);
    IF clash IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RS020', MESSAGE = clash;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER org_holding_apart AFTER INSERT OR UPDATE ON org_holding
    FOR EACH ROW EXECUTE FUNCTION org_holding_apart();
CREATE FUNCTION org_groups_apart() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE clash text;
BEGIN
    LOCK TABLE org_holding IN SHARE ROW EXCLUSIVE MODE;
    IF TG_TABLE_NAME = 'org_post' THEN
        clash := org_combined(NULL, NEW.group_id);
    ELSE
        clash := org_combined(NULL, NEW.one_id);
    END IF;
    IF clash IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RS020', MESSAGE = clash;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER org_post_apart AFTER UPDATE OF group_id ON org_post
    FOR EACH ROW WHEN (OLD.group_id IS DISTINCT FROM NEW.group_id) EXECUTE FUNCTION org_groups_apart();
CREATE CONSTRAINT TRIGGER org_postconflict_apart AFTER INSERT OR UPDATE ON org_postconflict
    FOR EACH ROW EXECUTE FUNCTION org_groups_apart();
ALTER TABLE org_postconflict ADD CONSTRAINT org_postconflict_in_order CHECK (one_id COLLATE "C" < other_id COLLATE "C");
"""

GRANTS = """
CREATE FUNCTION org_grant_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE asked org_grantrequest;
BEGIN
    IF NOT EXISTS (SELECT FROM org_post p JOIN org_postgroup g ON g.code = p.group_id
                   WHERE p.id = NEW.post_id AND NEW.kind = ANY (g.kinds)) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS021', MESSAGE = format('岗位组不允许“%s”类操作', NEW.kind);
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF NEW.valid_until > OLD.valid_until
           OR to_jsonb(NEW) - 'valid_until' IS DISTINCT FROM to_jsonb(OLD) - 'valid_until' THEN
            RAISE EXCEPTION USING ERRCODE = 'RS022', MESSAGE = '授权只能提前终止，变更须重新申请';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.request_id IS NULL THEN
        IF EXISTS (SELECT FROM org_grantrequest WHERE opened_at IS NOT NULL) THEN
            RAISE EXCEPTION USING ERRCODE = 'RS022', MESSAGE = '授权须经申请、审核、批准、开通四个环节';
        END IF;
        RETURN NEW;
    END IF;
    SELECT * INTO asked FROM org_grantrequest WHERE id = NEW.request_id;
    IF asked.opened_by_id IS NULL OR asked.approved_by_id IS NULL OR asked.reviewed_by_id IS NULL
       OR asked.refused_by_id IS NOT NULL
       OR (asked.post_id, asked.operation, asked.region_id, asked.valid_from, asked.valid_until, asked.fields)
          IS DISTINCT FROM
          (NEW.post_id, NEW.operation, NEW.region_id, NEW.valid_from, NEW.valid_until, NEW.fields) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS022', MESSAGE = '授权须经申请、审核、批准、开通四个环节，内容与批准的一致';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER org_grant_fits BEFORE INSERT OR UPDATE ON org_grant FOR EACH ROW EXECUTE FUNCTION org_grant_fits();
CREATE FUNCTION org_request_stamped() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE was jsonb := to_jsonb(OLD); is_now jsonb := to_jsonb(NEW);
BEGIN
    -- What is written stays; only what is still empty is filled in.
    IF EXISTS (SELECT FROM jsonb_each(jsonb_strip_nulls(was)) w WHERE is_now -> w.key IS DISTINCT FROM w.value)
       OR OLD.fields IS DISTINCT FROM NEW.fields OR OLD.opened_at IS NOT NULL OR OLD.refused_at IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RS023', MESSAGE = '授权申请提交后不能修改，请不同意后重新申请';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER org_request_stamped BEFORE UPDATE ON org_grantrequest
    FOR EACH ROW EXECUTE FUNCTION org_request_stamped();
"""

CREDENTIALS = """
CREATE FUNCTION org_credential_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The secret stays out of the journal; that it was changed, by whom and why goes in with the operator's row.
    UPDATE org_operator SET credential_changed_at = clock_timestamp() WHERE id = NEW.operator_id;
    RETURN NULL;
END $$;
CREATE TRIGGER org_credential_made AFTER INSERT ON org_credential
    FOR EACH ROW EXECUTE FUNCTION org_credential_changed();
CREATE TRIGGER org_credential_changed AFTER UPDATE ON org_credential
    FOR EACH ROW WHEN ((OLD.password_hash, OLD.totp_secret, OLD.operator_id)
                       IS DISTINCT FROM (NEW.password_hash, NEW.totp_secret, NEW.operator_id))
    EXECUTE FUNCTION org_credential_changed();
"""


class Migration(migrations.Migration):
    dependencies = [("org", "0001_initial")]

    operations = [migrations.RunSQL(SEPARATION), migrations.RunSQL(GRANTS), migrations.RunSQL(CREDENTIALS)]
