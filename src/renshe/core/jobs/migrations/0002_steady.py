"""RS040: what a job is and whose it is never changes; its row goes only after it has ended."""

from django.db import migrations

STEADY = """
CREATE FUNCTION jobs_steady() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.ended_at IS NULL OR OLD.operator <> 'system' THEN
            RAISE EXCEPTION USING ERRCODE = 'RS040', MESSAGE = '后台任务的记录不能删除';
        END IF;
        RETURN OLD;
    END IF;
    IF (NEW.operator, NEW.agency, NEW.terminal, NEW.region_id, NEW.name, NEW.arguments, NEW.created_at)
       IS DISTINCT FROM
       (OLD.operator, OLD.agency, OLD.terminal, OLD.region_id, OLD.name, OLD.arguments, OLD.created_at) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS040', MESSAGE = '后台任务提交后不能改变';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER jobs_steady BEFORE UPDATE OR DELETE ON jobs_job FOR EACH ROW EXECUTE FUNCTION jobs_steady();
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial")]

    operations = [migrations.RunSQL(STEADY)]
