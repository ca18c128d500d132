"""One TOML file in, one frozen Config out; every mistake names its key, what was found and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot.config import load
from mailbot.errors import ConfigError

GOOD = """
[[mailbox]]
name = "enquiries"
kind = "imap"
host = "mail.example"
username = "enquiries"
password_env = "ENQUIRIES_PASSWORD"
[[mailbox]]
name = "whistleblowing"
kind = "maildir"
restricted = true
path = "mail/whistleblowing"
[outgoing]
kind = "smtp"
host = "smtp.example"
from_address = "enquiries@example.gov.uk"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text)
    return path


def problem(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(written(folder, text))
    return str(caught.value)


def test_relative_paths_are_taken_from_the_folder_of_the_file(tmp_path: Path) -> None:
    config = load(written(tmp_path, GOOD))

    assert config.mailbox[1].path == str(tmp_path / "mail/whistleblowing")
    assert config.database.url == f"sqlite:///{tmp_path}/mailbot.sqlite3"
    assert config.keys.file == str(tmp_path / "mailbot.keys")


def test_the_shipped_example_is_a_valid_configuration() -> None:
    config = load(Path(__file__).parent.parent / "config.example.toml")

    assert [box.name for box in config.mailbox] == ["enquiries", "whistleblowing"]


def test_the_shipped_example_names_every_key() -> None:
    import msgspec

    from mailbot import config as settings

    text = (Path(__file__).parent.parent / "config.example.toml").read_text()
    for section in (
        settings.Database,
        settings.Keys,
        settings.Mailbox,
        settings.Outgoing,
        settings.OAuth,
        settings.Alerts,
        settings.Acknowledgements,
        settings.Scanner,
        settings.Web,
        settings.OIDC,
        settings.Api,
        settings.Webhooks,
    ):
        for field in msgspec.structs.fields(section):
            assert f"{field.name} =" in text, f"{section.__name__}.{field.name}"


@pytest.mark.parametrize(
    ("change", "key", "found", "allowed"),
    [
        ('kind = "imap"|kind = "pop3"', "mailbox[0].kind", "'pop3'", "imap | maildir"),
        ('host = "mail.example"|host = "mail.example"\nport = "143"', "mailbox[0].port", "'143'", "a whole number"),
        ('host = "mail.example"|host = "mail.example"\nhots = "x"', "mailbox[0].hots", "no such key", "host"),
        (
            'host = "mail.example"|host = "mail.example"\nsecurity = "none"',
            "mailbox[0].security",
            '"none"',
            "tls | starttls",
        ),
        ('username = "enquiries"|', "mailbox[0].username", "nothing found", "needed"),
        ('password_env = "ENQUIRIES_PASSWORD"|', "mailbox[0]", "none was found", "password_env"),
        (
            'username = "enquiries"|username = "enquiries"\noauth = { token_url = "https://t.example", '
            'client_id = "a", client_secret_env = "S" }',
            "mailbox[0]",
            "both oauth and a password",
            "one of them",
        ),
        (
            'password_env = "ENQUIRIES_PASSWORD"|oauth = { token_url = "http://t.example", client_id = "a", '
            'client_secret_env = "S" }',
            "mailbox[0].oauth.token_url",
            "http://t.example",
            "https",
        ),
        (
            'password_env = "ENQUIRIES_PASSWORD"|oauth = { token_url = "https://t.example", clientid = "a" }',
            "mailbox[0].oauth.clientid",
            "no such key",
            "client_id",
        ),
        ('name = "whistleblowing"|name = "enquiries"', "mailbox.name", "twice", "of its own"),
        ("restricted = true|restricted = 1", "mailbox[1].restricted", "1", "true | false"),
        ("[outgoing]|[scanner]\n[outgoing]", "scanner", "either socket or host", "needed"),
        (
            "[outgoing]|[acknowledgements]\nper_case = -1\n[outgoing]",
            "acknowledgements.per_case",
            "below 0",
            "0 or more",
        ),
        ("[outgoing]|[outgiong]", "outgiong", "no such key", "outgoing"),
        ("[outgoing]|[web]\nsession_hours = 25\n[outgoing]", "web.session_hours", "25", "1 to 24"),
        ("[outgoing]|[web]\nidle_minutes = 481\n[outgoing]", "web.idle_minutes", "481", "session_hours"),
        ('[outgoing]|[web]\nproxy = "front.example"\n[outgoing]', "web.proxy", "front.example", "one IP address"),
        ('host = "smtp.example"|host = "smtp.example"\nsecurity = "none"', "outgoing.security", '"none"', "starttls"),
    ],
)
def test_a_mistake_names_the_key_what_was_found_and_what_is_allowed(
    tmp_path: Path, change: str, key: str, found: str, allowed: str
) -> None:
    before, after = change.split("|", 1) if change.count("|") == 1 else change.rsplit("|", 1)
    assert before in GOOD
    message = problem(tmp_path, GOOD.replace(before, after, 1))

    assert message.startswith(key), message
    assert found in message
    assert allowed in message


def test_a_missing_file_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=str(tmp_path / "config.toml")):
        load(tmp_path / "config.toml")


def test_broken_toml_says_where(tmp_path: Path) -> None:
    assert "line 1" in problem(tmp_path, "= nothing")


def test_no_encryption_is_allowed_on_loopback_alone(tmp_path: Path) -> None:
    local = GOOD.replace('host = "mail.example"', 'host = "127.0.0.1"\nsecurity = "none"')

    assert load(written(tmp_path, local)).mailbox[0].security == "none"


def test_a_password_that_is_not_in_the_environment_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENQUIRIES_PASSWORD", raising=False)
    box = load(written(tmp_path, GOOD)).mailbox[0]

    with pytest.raises(ConfigError, match="ENQUIRIES_PASSWORD"):
        _ = box.password
