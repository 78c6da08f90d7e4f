import os

import django.db.models.deletion
from django.db import migrations, models


def fail_if_told(apps, schema_editor):
    if os.environ.get("SHOP_MIGRATION_FAILS"):
        apps.get_model("shop", "Fruit").objects.using(schema_editor.connection.alias).all().delete()
        raise RuntimeError("half way")


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField(
            "fruit",
            "shelf",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="fruits", to="shop.shelf"
            ),
        ),
        migrations.AddField("fruit", "rank", models.IntegerField(default=7)),
        migrations.RunPython(fail_if_told, migrations.RunPython.noop),
    ]
