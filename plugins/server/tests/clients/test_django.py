"""Django: its own migrations, inspectdb and the ORM, in a process of their own."""

from __future__ import annotations

import subprocess
import sys
import textwrap

SCRIPT = """
    import datetime as dt, decimal, io, sys, uuid
    from urllib.parse import urlsplit
    import django
    from django.conf import settings

    url = urlsplit(sys.argv[1])
    settings.configure(
        DATABASES={"default": dict(ENGINE="django.db.backends.postgresql", NAME=url.path[1:], USER=url.username,
                                   PASSWORD="", HOST=url.hostname, PORT=url.port)},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"],
        USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", SECRET_KEY="x")
    django.setup()
    from django.core.management import call_command
    from django.db import IntegrityError, connection, models, transaction
    from django.contrib.auth.models import Group, User

    call_command("migrate", verbosity=0)
    out = io.StringIO()
    call_command("inspectdb", "auth_user", stdout=out)
    assert "username = models.CharField(unique=True, max_length=150)" in out.getvalue(), out.getvalue()

    ann, bob = User.objects.create_user("ann", "a@x", "pw"), User.objects.create_user("bob")
    ann.groups.add(Group.objects.create(name="g"))
    assert User.objects.filter(groups__name="g").get() == ann
    assert User.objects.filter(username__icontains="AN").exists()
    assert not User.objects.filter(username__contains="AN").exists()
    assert User.objects.filter(username__regex="^b").get() == bob
    User.objects.bulk_create([User(username=f"u{n}") for n in range(50)])
    User.objects.filter(username__startswith="u").update(first_name=models.F("username"))
    assert User.objects.get(username="u7").first_name == "u7"
    try:
        with transaction.atomic():
            User.objects.create(username="ann")
    except IntegrityError:
        pass
    else:
        raise AssertionError("no IntegrityError")
    with transaction.atomic():
        assert User.objects.select_for_update().get(username="bob") == bob
    rows = User.objects.annotate(month=models.functions.TruncMonth("date_joined")).values("month")
    assert rows.annotate(n=models.Count("id")).get()["n"] == 52

    class Thing(models.Model):
        a = models.IntegerField(default=3)
        b = models.JSONField(null=True)
        c = models.DurationField(null=True)
        d = models.DecimalField(max_digits=8, decimal_places=2, null=True)
        e = models.UUIDField(null=True)
        f = models.BinaryField(null=True)
        class Meta:
            app_label = "things"

    with connection.schema_editor() as editor:
        editor.create_model(Thing)
        field = models.TextField(default="x")
        field.set_attributes_from_name("g")
        editor.add_field(Thing, field)
        new = models.TextField(null=True)
        new.set_attributes_from_name("g")
        editor.alter_field(Thing, field, new)
    Thing.objects.create(b={"k": [1, 2]}, c=dt.timedelta(days=1, seconds=3), d=decimal.Decimal("1.25"), e=uuid.UUID(int=3), f=b"x")
    got = Thing.objects.get(b__k__0=1)
    assert (got.b, got.c, got.d, got.e, bytes(got.f)) == (
        {"k": [1, 2]}, dt.timedelta(days=1, seconds=3), decimal.Decimal("1.25"), uuid.UUID(int=3), b"x")
    assert Thing.objects.aggregate(s=models.Sum("d"))["s"] == decimal.Decimal("1.25")
    print("done")
"""


def test_django(server, tmp_path):
    script = tmp_path / "django_script.py"
    script.write_text(textwrap.dedent(SCRIPT))
    done = subprocess.run(
        [sys.executable, str(script), server.url], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "done\n"
