"""A case is refused by somebody who may decide it: as a row says, upon the form that stands.

RS052 also where a case becomes refused without a decision to refuse it, of this round and form, by somebody who had no
hand in entering it.
"""

from django.db import migrations

REFUSED = """
CREATE FUNCTION casework_case_refused() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'open' OR NEW.form IS DISTINCT FROM OLD.form OR NOT EXISTS (
        SELECT FROM casework_decision
        WHERE case_id = NEW.id AND round = NEW.round AND verdict = 'refuse' AND digest = NEW.digest
        AND NOT operator = ANY (NEW.makers || NEW.maker)
        AND NOT coalesce(on_behalf, '') = ANY (NEW.makers || NEW.maker)) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS052',
            MESSAGE = format('业务 %s 没有不予办理的意见，不能作不予办理终结', NEW.number);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER casework_case_refused BEFORE UPDATE ON casework_case
    FOR EACH ROW WHEN (NEW.state = 'refused' AND OLD.state <> 'refused') EXECUTE FUNCTION casework_case_refused();
"""


class Migration(migrations.Migration):
    dependencies = [("casework", "0006_rounds")]

    operations = [migrations.RunSQL(REFUSED)]
