"""What the database itself refuses of cases.

RS050 a decision that is changed or deleted; RS051 a decision by somebody who had a hand in entering the case; RS052 a
case that is done without as many people as it needs, or upon another form than they agreed to; RS053 a case that
becomes another (number, type, version, region, people needed), or changes after its end.
"""

from django.db import migrations

APART = """
CREATE FUNCTION casework_decision_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'RS050', MESSAGE = '办理意见只能追加，不能修改或删除';
END $$;
CREATE TRIGGER casework_decision_stays BEFORE UPDATE OR DELETE ON casework_decision
    FOR EACH ROW EXECUTE FUNCTION casework_decision_stays();
CREATE FUNCTION casework_decision_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.verdict <> 'submit' AND EXISTS (
        SELECT FROM casework_case c WHERE c.id = NEW.case_id
        AND (NEW.operator = ANY (c.makers) OR NEW.on_behalf = ANY (c.makers)
             OR NEW.operator = c.maker OR NEW.on_behalf = c.maker)) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS051', MESSAGE = '录入人员不能复核或审批同一笔业务';
    END IF;
    IF NEW.on_behalf IS NOT NULL AND EXISTS (
        SELECT FROM casework_decision d WHERE d.case_id = NEW.case_id AND d.round = NEW.round
        AND NEW.on_behalf IN (d.operator, d.on_behalf)) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS051', MESSAGE = '委托人已办理过这笔业务，不能再由他人代办';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER casework_decision_apart BEFORE INSERT ON casework_decision
    FOR EACH ROW EXECUTE FUNCTION casework_decision_apart();
CREATE FUNCTION casework_case_holds() RETURNS trigger LANGUAGE plpgsql AS $$
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
            WHERE case_id = NEW.id AND round = NEW.round AND verdict = 'agree' AND digest = NEW.digest;
        IF agreed < NEW.needed OR NEW.form IS DISTINCT FROM OLD.form OR NOT EXISTS (
            SELECT FROM casework_decision
            WHERE case_id = NEW.id AND round = NEW.round AND verdict = 'submit' AND digest = NEW.digest) THEN
            RAISE EXCEPTION USING ERRCODE = 'RS052', MESSAGE = format('业务 %s 尚未经规定的人员同意，不能办结', NEW.number);
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER casework_case_holds BEFORE INSERT OR UPDATE ON casework_case
    FOR EACH ROW EXECUTE FUNCTION casework_case_holds();
"""


class Migration(migrations.Migration):
    dependencies = [("casework", "0001_initial")]

    operations = [migrations.RunSQL(APART)]
