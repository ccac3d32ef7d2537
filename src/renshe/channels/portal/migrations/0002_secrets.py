"""Numbers of accounts; and that a secret was changed goes into the journal with the account's row, the secret never."""

from django.db import migrations

NUMBERS = "CREATE SEQUENCE portal_account_serial START WITH 100000;"
SECRETS = """
CREATE FUNCTION portal_secret_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE portal_account SET secret_changed_at = clock_timestamp() WHERE id = NEW.account_id;
    RETURN NULL;
END $$;
CREATE TRIGGER portal_secret_made AFTER INSERT ON portal_secret
    FOR EACH ROW EXECUTE FUNCTION portal_secret_changed();
CREATE TRIGGER portal_secret_changed AFTER UPDATE ON portal_secret
    FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION portal_secret_changed();
"""


class Migration(migrations.Migration):
    dependencies = [("portal", "0001_initial")]

    operations = [migrations.RunSQL(NUMBERS), migrations.RunSQL(SECRETS)]
