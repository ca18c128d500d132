"""How long django-helpdesk's `get_email` and django-mailbox's `getmail` take for a mailbox; this file is their site.

Both come from the package index into a virtual environment of their own; this file is run there, once to prepare the
database (`make`) and once for the mail (`poll`). SQLite stands as ours does: WAL, every commit on disk. Both are told
to sign in over TLS; letters that they would send go nowhere.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PACKAGES = ("django-helpdesk==2.6.1", "django-mailbox==4.10.1")
APPS = {"django-helpdesk": ("rest_framework", "helpdesk"), "django-mailbox": ("django_mailbox",)}


def installed(folder: Path) -> Path | str:
    """The Python that has both; a sentence where they cannot be installed."""
    python = folder / "peers" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder / "peers"], check=True)
    installing = [python, "-m", "pip", "install", "--quiet", *PACKAGES]
    if subprocess.run(installing, capture_output=True).returncode:
        return (
            "django-helpdesk and django-mailbox could not be installed from the package index: they were not measured"
        )
    return python


def command(python: Path, step: str, who: str, folder: Path, mailbox: dict[str, Any]) -> list[str]:
    return [str(python), "-P", __file__, step, who, str(folder), json.dumps(mailbox)]


def main(step: str, who: str, folder: str, mailbox: dict[str, Any]) -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command

    apps = ("admin", "auth", "contenttypes", "sessions", "messages", "sites", "humanize")
    settings.configure(
        SECRET_KEY="bench",
        SITE_ID=1,
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
        MEDIA_ROOT=f"{folder}/files",
        INSTALLED_APPS=[*(f"django.contrib.{app}" for app in apps), *APPS[who]],
        HELPDESK_TEAMS_MODE_ENABLED=False,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": f"{folder}/peer.sqlite3",
                "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"},
            }
        },
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        LOGGING={"version": 1, "disable_existing_loggers": True},
    )
    django.setup()
    if step == "poll":
        call_command("get_email" if who == "django-helpdesk" else "getmail")
        print(_count(who))
        return
    call_command("migrate", verbosity=0)
    if who == "django-helpdesk":
        _make_queue(mailbox)
    else:
        from django_mailbox.models import Mailbox

        place = "{user}:{password}@{host}:{port}".format(**mailbox)
        Mailbox.objects.create(name="enquiries", uri=f"imap+ssl://{place}", from_email="enquiries@example.gov.uk")


def _make_queue(mailbox: dict[str, Any]) -> None:
    from helpdesk.models import Queue

    Queue.objects.create(
        title="enquiries",
        slug="enquiries",
        email_address="enquiries@example.gov.uk",
        allow_email_submission=True,
        email_box_type="imap",
        email_box_host=mailbox["host"],
        email_box_port=mailbox["port"],
        email_box_ssl=True,
        email_box_user=mailbox["user"],
        email_box_pass=mailbox["password"],
        email_box_imap_folder="INBOX",
        email_box_interval=0,
    )


def _count(who: str) -> int:
    """How many messages it holds now."""
    if who == "django-helpdesk":
        from helpdesk.models import Ticket

        number: int = Ticket.objects.count()
        return number
    from django_mailbox.models import Message

    held: int = Message.objects.count()
    return held


if __name__ == "__main__":
    main(*sys.argv[1:4], mailbox=json.loads(sys.argv[4]))
