"""What is ended before its first day, or on it at once, never holds: its last day is the day before the first.

RS020 still: of posts held, those that never hold combine with all.
"""

import datetime as dt

from django.db import migrations, models
from django.db.models import F, Q

COMBINED = """
CREATE OR REPLACE FUNCTION org_combined(of_operator bigint, of_group text) RETURNS text LANGUAGE plpgsql STABLE AS $$
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
        AND greatest(h.valid_from, k.valid_from)
            <= least(coalesce(h.valid_until, 'infinity'), coalesce(k.valid_until, 'infinity'))
    HAVING count(*) > 0;
    RETURN clash;
END $$;
"""
TABLES = ("grant", "crossregion", "holding", "operator")


def _may_never_hold(table: str) -> models.CheckConstraint:
    before = F("valid_from") - dt.timedelta(days=1)
    return models.CheckConstraint(condition=Q(valid_until__gte=before), name=f"org_{table}_validity")


class Migration(migrations.Migration):
    dependencies = [("org", "0003_identity")]

    operations = [
        *(migrations.RemoveConstraint(table, f"org_{table}_validity") for table in TABLES),
        *(migrations.AddConstraint(table, _may_never_hold(table)) for table in TABLES),
        migrations.RunSQL(COMBINED),
    ]
