from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("journal", "0002_regions"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="entry", name="journal_entry_row"),
        migrations.AddIndex(model_name="entry", index=models.Index(fields=["key"], name="journal_entry_row")),
    ]
