from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0004_steps"),
    ]

    operations = [
        migrations.AddField("delegation", "ended_at", models.DateTimeField(null=True, verbose_name="终止时间")),
        migrations.AddField(
            "pause", "round", models.IntegerField(default=1, verbose_name="提交次数"), preserve_default=False
        ),
    ]
