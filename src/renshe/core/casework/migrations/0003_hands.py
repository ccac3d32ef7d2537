"""Who had a hand in a case is whoever acted and whoever he stood in for, in whichever order, and is a person of the house.

RS051 also where somebody decides for himself after a deputy did, or where nobody works here under that number; RS052
counts only those who had no hand in entering the case, as it stands when it ends.
"""

from django.db import migrations

HANDS = """
CREATE OR REPLACE FUNCTION casework_decision_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.verdict = 'submit' THEN
        RETURN NEW;
    END IF;
    IF EXISTS (
        SELECT FROM unnest(ARRAY[NEW.operator, NEW.on_behalf]) hand WHERE hand IS NOT NULL
        AND NOT EXISTS (SELECT FROM org_operator o WHERE o.number = hand)) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS051', MESSAGE = '办理人不是本系统的人员';
    END IF;
    IF EXISTS (
        SELECT FROM casework_case c WHERE c.id = NEW.case_id
        AND (NEW.operator = ANY (c.makers) OR NEW.on_behalf = ANY (c.makers)
             OR NEW.operator = c.maker OR NEW.on_behalf = c.maker)) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS051', MESSAGE = '录入人员不能复核或审批同一笔业务';
    END IF;
    IF EXISTS (
        SELECT FROM casework_decision d WHERE d.case_id = NEW.case_id AND d.round = NEW.round
        AND (NEW.operator IN (d.operator, d.on_behalf) OR NEW.on_behalf IN (d.operator, d.on_behalf))) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS051', MESSAGE = '同一人（含由他人代办）已办理过这笔业务，不能再次办理';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION casework_case_holds() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE agreed integer;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state NOT IN ('draft', 'proposed') THEN
            RAISE EXCEPTION USING ERRCODE = 'RS052', MESSAGE = '业务须从受理开始';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.number, OLD.type, OLD.version, OLD.region_id, OLD.needed)
       IS DISTINCT FROM (NEW.number, NEW.type, NEW.version, NEW.region_id, NEW.needed)
       OR NOT OLD.makers <@ NEW.makers OR NEW.round < OLD.round THEN
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
        IF agreed < NEW.needed OR NEW.form IS DISTINCT FROM OLD.form OR NOT EXISTS (
            SELECT FROM casework_decision
            WHERE case_id = NEW.id AND round = NEW.round AND verdict = 'submit' AND digest = NEW.digest) THEN
            RAISE EXCEPTION USING ERRCODE = 'RS052', MESSAGE = format('业务 %s 尚未经规定的人员同意，不能办结', NEW.number);
        END IF;
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("casework", "0002_apart"), ("org", "0001_initial")]

    operations = [migrations.RunSQL(HANDS)]
