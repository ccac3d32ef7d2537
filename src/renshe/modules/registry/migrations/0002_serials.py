"""The sequences from which numbers for life are drawn: nine places of a person's number, seven of a unit's."""

from django.db import migrations

SERIALS = """
CREATE SEQUENCE registry_person_serial START 100000000 MINVALUE 100000000 MAXVALUE 999999999;
CREATE SEQUENCE registry_unit_serial START 1000000 MINVALUE 1000000 MAXVALUE 9999999;
"""
GONE = "DROP SEQUENCE registry_person_serial; DROP SEQUENCE registry_unit_serial;"


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]

    operations = [migrations.RunSQL(SERIALS, GONE)]
