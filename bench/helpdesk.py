"""How fast django-helpdesk's list of tickets is, on as many tickets with the words of the same corpus.

It is installed from the package index into a virtual environment of its own, thrown away at the end; this file is run
there, too, as the site. The tickets stand in a SQLite with the settings of ours: one in five open, the others closed,
each with one follow-up. A member of staff who is signed in asks for the list through Django's own test client: the page
and then its rows, 50 of them, which the page fetches by itself.
"""

from __future__ import annotations

import itertools
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

TIMES = 20
AT_ONCE = 2000
ROWS = 50
OPEN, REOPENED, CLOSED = 1, 2, 4
STATUSES = (OPEN, REOPENED, *(CLOSED,) * 8)
LISTS = {
    "list, open": "",
    "list, closed": f"?status={CLOSED}&sort=created",
    "list, three filters": f"?status={OPEN}&priority=2&queue=1&sort=created",
    "search, a common word": "?q=child",
    "search, a rare word": "?q=SC0000123",
}

Figures = dict[str, dict[str, float]]


def measured(counts: Sequence[int]) -> dict[str, Figures] | str:
    """Milliseconds by count and page; a sentence where django-helpdesk cannot be installed."""
    from mailbot.config import shipped
    from mailbot.examples import corpus

    with tempfile.TemporaryDirectory() as folder:
        python = f"{folder}/venv/bin/python"
        subprocess.run([sys.executable, "-m", "venv", f"{folder}/venv"], check=True)
        installing = [python, "-m", "pip", "install", "--quiet", "django-helpdesk==2.6.1"]
        if subprocess.run(installing, capture_output=True).returncode:
            return "django-helpdesk could not be installed from the package index: it was not measured"
        letters = [(one.email.subject, one.email.text) for one in corpus(shipped("models"))]
        (Path(folder) / "letters.json").write_text(json.dumps(letters), encoding="utf-8")
        found = {}
        for count in counts:
            asked = [python, "-P", __file__, folder, str(count)]  # beside this file stands another queue.py
            found[str(count)] = json.loads(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)
        return found


def figures(took: Sequence[float], worked: Sequence[float]) -> dict[str, float]:
    """The middle and the slowest twentieth of the times that something took, and the middle of the processor's."""
    slow = statistics.quantiles(took, n=20)[-1]
    return {"p50": round(statistics.median(took), 1), "p95": round(slow, 1), "cpu": round(statistics.median(worked), 1)}


def site(folder: str, count: int) -> Figures:
    """The same within its own virtual environment."""
    import django
    from django.conf import settings

    pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32768"
    apps = ("admin", "auth", "contenttypes", "sessions", "messages", "sites", "humanize", "staticfiles")
    middleware = ("sessions.middleware.Session", "auth.middleware.Authentication", "messages.middleware.Message")
    processors = ("auth.context_processors.auth", "messages.context_processors.messages")
    settings.configure(
        SECRET_KEY="bench",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="helpdesk_urls",
        SITE_ID=1,
        USE_TZ=True,
        STATIC_URL="/static/",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=[*(f"django.contrib.{app}" for app in apps), "rest_framework", "helpdesk"],
        MIDDLEWARE=[f"django.contrib.{one}Middleware" for one in middleware],
        HELPDESK_TEAMS_MODE_ENABLED=False,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": f"{folder}/{count}.sqlite3",
                "OPTIONS": {"init_command": pragmas},
            }
        },
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        *(f"django.contrib.{one}" for one in processors),
                    ]
                },
            }
        ],
    )
    urls = "from django.urls import include, path\nfrom django.contrib import admin\n"
    urls += 'urlpatterns = [path("admin/", admin.site.urls), path("", include("helpdesk.urls"))]\n'
    (Path(folder) / "helpdesk_urls.py").write_text(urls, encoding="utf-8")
    sys.path.insert(0, folder)
    django.setup()
    _fill(count, json.loads((Path(folder) / "letters.json").read_text(encoding="utf-8")))
    return _asked()


def _fill(count: int, letters: list[list[str]]) -> None:
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from helpdesk.models import FollowUp, Queue, Ticket

    call_command("migrate", verbosity=0)
    get_user_model().objects.create_superuser("officer", "officer@example.gov.uk", "password")
    queues = [Queue.objects.create(title=name, slug=name) for name in ("enquiries", "whistleblowing")]
    chance, now = random.Random(7), datetime.now(UTC)
    for first in range(1, count + 1, AT_ONCE):
        tickets, follow_ups = [], []
        for number in range(first, min(first + AT_ONCE, count + 1)):
            subject, text = letters[number % len(letters)]
            created = now - timedelta(minutes=chance.randrange(60 * 24 * 365))
            described = {"title": subject[:200], "description": f"{text}\nURN SC{number:07d}"}
            stands = {"status": chance.choice(STATUSES), "priority": chance.randint(1, 5)}
            at = {"created": created, "modified": created, "queue": chance.choice(queues)}
            tickets.append(Ticket(id=number, **at, **described, **stands))
            follow_ups.append(FollowUp(ticket_id=number, date=created, title=subject[:200], comment=text, public=True))
        Ticket.objects.bulk_create(tickets)
        FollowUp.objects.bulk_create(follow_ups)


def _asked() -> Figures:
    from django.contrib.auth import get_user_model
    from django.test import Client
    from helpdesk.models import Ticket

    client = Client()
    client.force_login(get_user_model().objects.get())

    def page(path: str) -> str:
        answer = client.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status_code}")
        return str(answer.content, "utf-8")

    def listed(query: str) -> None:
        found = re.search(r'"url": "(/datatables_ticket_list/[^"]+)"', page(f"/tickets/{query}"))
        if found is None:
            raise RuntimeError("the list of tickets names no address of its rows")
        page(f"{found[1]}?draw=1&start=0&length={ROWS}")

    opened = list(Ticket.objects.filter(status=OPEN).values_list("id", flat=True)[:TIMES])
    numbers = itertools.cycle(opened)
    return {name: _timed(lambda query=query: listed(query)) for name, query in LISTS.items()} | {
        "a ticket": _timed(lambda: page(f"/tickets/{next(numbers)}/"))
    }


def _timed(ask: Callable[[], Any]) -> dict[str, float]:
    ask()
    took, worked = [], []
    for _ in range(TIMES):
        started, working = time.perf_counter(), time.process_time()
        ask()
        worked.append((time.process_time() - working) * 1000)
        took.append((time.perf_counter() - started) * 1000)
    return figures(took, worked)


if __name__ == "__main__":
    print(json.dumps(site(sys.argv[1], int(sys.argv[2]))))
