"""Cases that somebody applied for from outside, and what the house tells him.

RS053 also where a case would become another applicant's, or one that was applied for another person's or unit's.
"""

import django.db.models.deletion
from django.db import migrations, models

STAYS = """
CREATE OR REPLACE FUNCTION casework_case_holds() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE agreed integer;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state NOT IN ('draft', 'proposed') THEN
            RAISE EXCEPTION USING ERRCODE = 'RS052', MESSAGE = '业务须从受理开始';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.number, OLD.type, OLD.version, OLD.region_id, OLD.applicant)
       IS DISTINCT FROM (NEW.number, NEW.type, NEW.version, NEW.region_id, NEW.applicant)
       OR (OLD.applicant IS NOT NULL AND (OLD.person, OLD.unit) IS DISTINCT FROM (NEW.person, NEW.unit))
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
    dependencies = [
        ("casework", "0008_labels"),
        ("org", "0003_identity"),
    ]

    operations = [
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.TextField(
                        choices=[("supplement", "补正通知"), ("declined", "不予受理")], verbose_name="种类"
                    ),
                ),
                ("told", models.TextField(verbose_name="内容")),
                ("by", models.TextField(verbose_name="告知人")),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="时间")),
                ("due_on", models.DateField(null=True, verbose_name="补正期限")),
                ("answered_at", models.DateTimeField(null=True, verbose_name="补正时间")),
            ],
            options={
                "verbose_name": "告知申请人",
                "db_table": "casework_notice",
            },
        ),
        migrations.RemoveConstraint(
            model_name="case",
            name="casework_case_somebody_answers",
        ),
        migrations.AddField(
            model_name="case",
            name="applicant",
            field=models.TextField(null=True, verbose_name="申请人"),
        ),
        migrations.AddField(
            model_name="case",
            name="applied_at",
            field=models.DateTimeField(null=True, verbose_name="申请时间"),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("maker__isnull", False),
                    ("state__in", ["proposed", "withdrawn"]),
                    models.Q(("applicant__isnull", False), ("state", "draft")),
                    _connector="OR",
                ),
                name="casework_case_somebody_answers",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("applicant__isnull", False), ("state__in", ["draft", "proposed", "open", "returned"])
                ),
                fields=("applicant", "type"),
                name="casework_case_applied_once",
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notices",
                to="casework.case",
                verbose_name="业务",
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("answered_at__isnull", True), ("kind", "supplement")),
                fields=("case",),
                name="casework_notice_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("due_on__isnull", False), ("kind", "supplement")),
                    models.Q(("due_on", None), ("kind", "declined")),
                    _connector="OR",
                ),
                name="casework_notice_due",
            ),
        ),
        migrations.RunSQL(STAYS),
    ]
