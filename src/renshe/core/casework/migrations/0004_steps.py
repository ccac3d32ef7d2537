"""How many people must agree is fixed when a case is handed in: which steps apply follows from what its form says.

RS053 lets ``needed``, and the steps it follows from, change while the case is its maker's (proposed, draft, returned),
and at no other time. That somebody agrees at least is a constraint of the table.
"""

from django.db import migrations

STEPS = """
CREATE OR REPLACE FUNCTION casework_case_holds() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE agreed integer;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state NOT IN ('draft', 'proposed') THEN
            RAISE EXCEPTION USING ERRCODE = 'RS052', MESSAGE = '业务须从受理开始';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.number, OLD.type, OLD.version, OLD.region_id)
       IS DISTINCT FROM (NEW.number, NEW.type, NEW.version, NEW.region_id)
       OR NOT OLD.makers <@ NEW.makers OR NEW.round < OLD.round
       OR (OLD.state NOT IN ('proposed', 'draft', 'returned')
           AND (OLD.needed, OLD.terms -> 'steps') IS DISTINCT FROM (NEW.needed, NEW.terms -> 'steps')) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS053', MESSAGE = '业务的编号、种类、地区和办理环节不能改变';
    END IF;
    IF OLD.state IN ('done', 'refused', 'withdrawn') THEN
        RAISE EXCEPTION USING ERRCODE = 'RS053', MESSAGE = '业务已经终结，不能改变';
    END IF;
    IF NEW.state = 'done' THEN
        SELECT count(DISTINCT operator) INTO agreed FROM casework_decision
            WHERE case_id = NEW.id AND round = NEW.round AND verdict = 'agree' AND digest = NEW.digest
            AND NOT operator = ANY (NEW.makers || NEW.maker)
            AND NOT coalesce(on_behalf, '') = ANY (NEW.makers || NEW.maker);
        IF OLD.state <> 'open' OR agreed < NEW.needed OR NEW.form IS DISTINCT FROM OLD.form OR NOT EXISTS (
            SELECT FROM casework_decision
            WHERE case_id = NEW.id AND round = NEW.round AND verdict = 'submit' AND digest = NEW.digest) THEN
            RAISE EXCEPTION USING ERRCODE = 'RS052', MESSAGE = format('业务 %s 尚未经规定的人员同意，不能办结', NEW.number);
        END IF;
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("casework", "0003_hands")]

    operations = [migrations.RunSQL(STEPS)]
