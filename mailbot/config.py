"""One TOML file in, one frozen Config out: the only reader of settings and of the environment.

Every mistake is a `ConfigError` that names the key, what was found and what is allowed. Secrets never stand in the
file: it names the environment variable or the file that holds them.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import SplitResult, urlsplit

import msgspec
from msgspec import Struct

from mailbot.domain import ActionKind, Kind, Role
from mailbot.errors import ConfigError
from mailbot.targets import Targets, target_of

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Database(Struct, frozen=True, forbid_unknown_fields=True):
    url: str = "sqlite:///mailbot.sqlite3"


class Keys(Struct, frozen=True, forbid_unknown_fields=True):
    """`file` holds the named keys; `store` is the database of wrapped keys, apart from the main one.

    `command` gives the keys in the file's place. An old key is kept for backups of the key store of `keep_days`.
    """

    file: str = "mailbot.keys"
    store: str = "sqlite:///mailbot-keystore.sqlite3"
    command: tuple[str, ...] = ()
    keep_days: int = 35


class OAuth(Struct, frozen=True, forbid_unknown_fields=True):
    """How a mailbox signs in without a password (RFC 6749): Microsoft 365 by client credentials, Google by refresh.

    A refresh token lives in a file, because some servers give a new one with each answer and the file must keep it.
    """

    token_url: str
    client_id: str
    grant: Literal["client_credentials", "refresh_token"] = "client_credentials"
    client_secret_env: str = ""
    client_secret_file: str = ""
    refresh_token_file: str = ""
    scope: str = ""
    ca_file: str = ""

    @property
    def client_secret(self) -> str:
        return _secret("oauth client_secret", self.client_secret_env, self.client_secret_file)


class Mailbox(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    kind: Literal["imap", "maildir"]
    restricted: bool = False
    host: str = ""
    port: int = 993
    security: Literal["tls", "starttls", "none"] = "tls"
    ca_file: str = ""
    username: str = ""
    password_env: str = ""
    password_file: str = ""
    oauth: OAuth | None = None
    folders: tuple[str, ...] = ("INBOX",)
    processed_folder: str = "Processed"
    reply_address: str = ""
    authserv_id: str = ""
    poll_seconds: int = 60
    idle: bool = True
    path: str = ""

    @property
    def password(self) -> str:
        return _secret(f'mailbox "{self.name}"', self.password_env, self.password_file)


class Outgoing(Struct, frozen=True, forbid_unknown_fields=True):
    """How letters leave. `reply_to_ids` gives GOV.UK Notify's id for each mailbox's reply address; letters on paper
    are laid into `print_folder` as PDFs where one is named."""

    kind: Literal["smtp", "notify", "folder"]
    host: str = ""
    port: int = 587
    security: Literal["tls", "starttls", "none"] = "starttls"
    ca_file: str = ""
    username: str = ""
    password_env: str = ""
    password_file: str = ""
    from_address: str = ""
    path: str = "outbox"
    print_folder: str = ""
    notify_url: str = "https://api.notifications.service.gov.uk"
    email_template: str = ""
    reply_to_ids: dict[str, str] = {}
    postage: Literal["first", "second", "economy"] = "second"

    @property
    def password(self) -> str:
        return _secret("outgoing", self.password_env, self.password_file)


class Triage(Struct, frozen=True, forbid_unknown_fields=True):
    """`learnt` is the folder of the models that this installation fits; `second_looks` a share of a day's cases."""

    encoder: Literal["auto", "off"] = "auto"
    learnt: str = "learnt"
    second_looks: float = 0.05


class Scanner(Struct, frozen=True, forbid_unknown_fields=True):
    """Where clamd listens: a Unix socket, or a host and port."""

    socket: str = ""
    host: str = ""
    port: int = 3310


class Acknowledgements(Struct, frozen=True, forbid_unknown_fields=True):
    """How many letters may go by themselves; what is over waits for a person. A day is the last 24 hours."""

    per_sender_a_day: int = 5
    per_case: int = 1
    a_day: int = 20_000


class Queue(Struct, frozen=True, forbid_unknown_fields=True):
    """How soon a case is to be reviewed, by its priority; working time is that of the office hours in London."""

    targets: dict[str, str] = {}
    office_opens: str = "09:00"
    office_closes: str = "17:00"

    @property
    def in_force(self) -> Targets:
        """The targets, those that are not written as they are by default."""
        standing = Targets().by_priority
        given = {int(priority): target_of(written) for priority, written in self.targets.items()}
        opens, closes = time.fromisoformat(self.office_opens), time.fromisoformat(self.office_closes)
        return Targets(by_priority={**standing, **given}, opens=opens, closes=closes)


class Alerts(Struct, frozen=True, forbid_unknown_fields=True):
    enabled: bool
    public_url: str = ""
    rota: str = ""
    webhook_env: str = ""
    heartbeat_url: str = ""
    intake_minutes: int = 10

    @property
    def webhook(self) -> str:
        return _secret("alerts", self.webhook_env, "")


class OIDC(Struct, frozen=True, forbid_unknown_fields=True):
    """The organisation's own sign-in service (OpenID Connect), and which of its groups has which role here.

    `address_claim` tells what somebody is called here; `groups_claim` what they belong to.
    """

    issuer: str
    client_id: str
    client_secret_env: str
    roles: dict[str, str]
    local_accounts: bool = True
    address_claim: str = "preferred_username"
    groups_claim: str = "groups"
    ca_file: str = ""

    @property
    def client_secret(self) -> str:
        return _secret("web.oidc", self.client_secret_env, "")


class Api(Struct, frozen=True, forbid_unknown_fields=True):
    """How often a token may ask."""

    requests_a_minute: int = 120


class Log(Struct, frozen=True, forbid_unknown_fields=True):
    """How the log is written: lines for people, or one JSON object a line for whatever collects them."""

    format: Literal["text", "json"] = "text"


class Metrics(Struct, frozen=True, forbid_unknown_fields=True):
    """The port at which `worker` tells Prometheus, on this machine alone, what runs out; 0: none. `run`: /metrics."""

    worker_port: int = 0


class Webhooks(Struct, frozen=True, forbid_unknown_fields=True):
    """How other systems are told. `allow_loopback` is for trying it out on one machine, without TLS."""

    ca_file: str = ""
    allow_loopback: bool = False


class Web(Struct, frozen=True, forbid_unknown_fields=True):
    host: str = "localhost"
    port: int = 8000
    second_factor: Literal["required", "optional"] = "required"
    ask_first: bool = True
    idle_minutes: int = 30
    session_hours: int = 8
    proxy: str = ""
    metrics_token_env: str = ""
    oidc: OIDC | None = None

    @property
    def metrics_token(self) -> str:
        """What a reader of /metrics from another machine must show; '' where none may."""
        return _secret("web", self.metrics_token_env, "") if self.metrics_token_env else ""


class Identity(Struct, frozen=True, forbid_unknown_fields=True):
    """For how long who wrote stays open, and who must agree to it for whistleblowers and restricted cases."""

    minutes: int = 15
    second_officer: Literal["whistleblowers", "never"] = "whistleblowers"


class Inspection(Struct, frozen=True, forbid_unknown_fields=True):
    """The themes under which information is held for inspections; by default what the inspection framework asks."""

    themes: tuple[str, ...] = (
        "Children's experiences and progress",
        "Health, education and activities",
        "Children's views and complaints",
        "Relationships, behaviour and restraint",
        "Help and protection",
        "Missing children and exploitation",
        "Recruitment and checks",
        "Staffing, training and supervision",
        "Leadership and management",
        "Premises and surroundings",
    )


class Reports(Struct, frozen=True, forbid_unknown_fields=True):
    """Counts below `suppress_below` are withheld in what is published. `words` is a file with our own words, else the
    shipped ones count."""

    suppress_below: int = 5
    words: str = ""


class Audit(Struct, frozen=True, forbid_unknown_fields=True):
    """How often a checkpoint of the audit trail is signed, and the host that keeps them: ``syslog://host:6514`` (TLS),
    ``syslog+tcp://host:514``, or an ``https`` address; '' where nobody does."""

    checkpoint_minutes: int = 60
    send_to: str = ""
    token_env: str = ""
    ca_file: str = ""

    @property
    def token(self) -> str:
        """What an https address is shown; '' where it wants none."""
        return _secret("audit", self.token_env, "") if self.token_env else ""


class Period(Struct, frozen=True, forbid_unknown_fields=True):
    """How many `months` after it was last worked on a closed case goes; what is '' does not matter."""

    months: int
    kind: str = ""
    decision: str = ""
    mailbox: str = ""
    because: str = ""


class Retention(Struct, frozen=True, forbid_unknown_fields=True):
    """When closed cases go. The longest period that fits a case counts, `other_months` where none does.

    `protected_months` is the least for a child at risk, for workers' disclosures and where sexual abuse is spoken of.
    `server_months` after the same day the originals may go from the mail server, where `remove_from_server` says so.
    """

    periods: tuple[Period, ...] = (
        Period(months=6, kind="spam", because="nobody's record; kept only for what a filter got wrong"),
        Period(months=12, kind="automatic", because="machines' mail tells nothing once its case is done"),
        Period(months=36, kind="enquiry", because="a question that was answered, and time to complain about it"),
        Period(months=36, kind="information_request", because="internal review, the Commissioner, the tribunal"),
        Period(months=120, kind="concern", because="several inspection cycles of the service"),
        Period(months=300, decision="refer_to_authority", because="until a child it may be about has long been of age"),
        Period(months=180, decision="ask_the_service", because="evidence of how a service enquires into itself"),
        Period(months=180, decision="bring_inspection_forward", because="evidence of a regulatory decision"),
        Period(months=180, decision="hold_for_inspection", because="evidence of a regulatory decision"),
        Period(months=180, decision="inspect", because="evidence of a regulatory decision"),
        Period(months=120, decision="share_with_body", because="the other body may come back to it"),
    )
    other_months: int = 120
    protected_months: int = 900
    remove_from_server: bool = False
    server_months: int = 24


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of the settings, paths made absolute. `alerts` is None where the section is not written."""

    mailbox: tuple[Mailbox, ...]
    outgoing: Outgoing
    database: Database = Database()
    keys: Keys = Keys()
    triage: Triage = Triage()
    scanner: Scanner | None = None
    acknowledgements: Acknowledgements = Acknowledgements()
    queue: Queue = Queue()
    alerts: Alerts | None = None
    web: Web = Web()
    identity: Identity = Identity()
    audit: Audit = Audit()
    reports: Reports = Reports()
    inspection: Inspection = Inspection()
    retention: Retention = Retention()
    api: Api = Api()
    webhooks: Webhooks = Webhooks()
    log: Log = Log()
    metrics: Metrics = Metrics()

    @property
    def own_addresses(self) -> frozenset[str]:
        """Every address this installation writes from: mail from one of them is our own come back."""
        named = {self.outgoing.from_address, *(box.reply_address for box in self.mailbox)}
        return frozenset(address.lower() for address in named if address)

    def mailbox_named(self, name: str) -> Mailbox:
        for box in self.mailbox:
            if box.name == name:
                return box
        raise ConfigError(f'no mailbox is called "{name}"; there are: {", ".join(box.name for box in self.mailbox)}')


def config_path(given: str | None) -> Path:
    """Where the configuration is: as given, else $MAILBOT_CONFIG, else ./config.toml."""
    return Path(given or os.environ.get("MAILBOT_CONFIG") or "config.toml")


def load(path: Path) -> Config:
    """Reads the configuration at `path`; raises `ConfigError` with the key, what was found and what is allowed."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"no configuration at {path}: copy config.example.toml there, or name one by --config"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the configuration {path} cannot be read: {error}") from None
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None
    return _resolved(_decoded(raw), path.resolve().parent)


def keys_from_environment() -> str | None:
    """The text of the key file, where the environment carries it instead of a file."""
    return os.environ.get("MAILBOT_KEYS")


def shipped(folder: Literal["models", "templates"]) -> Path:
    """A folder that ships with mailbot: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / folder
    return inside if inside.is_dir() else package.parent / folder


def _secret(owner: str, env: str, file: str) -> str:
    if env:
        value = os.environ.get(env)
        if value is None:
            raise ConfigError(f"{owner}: the environment variable {env} is not set; it must hold the secret")
        return value
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise ConfigError(f"{owner}: password_file {file} cannot be read: {error.strerror}") from None
    raise ConfigError(f"{owner}: neither password_env nor password_file is set")


S = TypeVar("S", bound=Struct)


def _decoded(raw: Mapping[str, Any]) -> Config:
    known = {field.name for field in msgspec.structs.fields(Config)}
    for key in raw:
        if key not in known:
            raise ConfigError(_unknown_key(key, known))
    for required in ("mailbox", "outgoing"):
        if required not in raw:
            raise ConfigError(f"{required}: nothing found; a [{required}] section is needed (see config.example.toml)")
    boxes = raw["mailbox"]
    if not isinstance(boxes, list) or not boxes:
        raise ConfigError(f"mailbox: found {boxes!r}; at least one [[mailbox]] section is needed")
    sections: dict[str, Any] = {
        "mailbox": tuple(_section(f"mailbox[{number}]", box, Mailbox) for number, box in enumerate(boxes)),
        "outgoing": _section("outgoing", raw["outgoing"], Outgoing),
    }
    others: dict[str, type[Struct]] = {
        "database": Database,
        "keys": Keys,
        "triage": Triage,
        "scanner": Scanner,
        "acknowledgements": Acknowledgements,
        "queue": Queue,
        "alerts": Alerts,
        "web": Web,
        "identity": Identity,
        "audit": Audit,
        "reports": Reports,
        "inspection": Inspection,
        "retention": Retention,
        "api": Api,
        "webhooks": Webhooks,
        "log": Log,
        "metrics": Metrics,
    }
    for name, struct in others.items():
        if name in raw:
            sections[name] = _section(name, raw[name], struct)
    config = Config(**sections)
    _check(config)
    return config


def _section(path: str, raw: object, struct: type[S]) -> S:
    """One section as its struct; the error names the very key."""
    if not isinstance(raw, dict):
        raise ConfigError(f"{path}: found {raw!r}; a section of keys is needed")
    types = get_type_hints(struct)
    for key, value in raw.items():
        if key not in types:
            raise ConfigError(_unknown_key(f"{path}.{key}", types))
        if types[key] == OAuth | None and isinstance(value, dict):
            _section(f"{path}.{key}", value, OAuth)
            continue
        if types[key] == OIDC | None and isinstance(value, dict):
            _section(f"{path}.{key}", value, OIDC)
            continue
        try:
            msgspec.convert(value, types[key])
        except msgspec.ValidationError:
            raise ConfigError(f"{path}.{key}: found {value!r}; allowed: {_allowed(types[key])}") from None
    try:
        return msgspec.convert(raw, struct)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {str(error).removeprefix('Object ')}") from None


def _unknown_key(path: str, known: Mapping[str, Any] | set[str]) -> str:
    close = difflib.get_close_matches(path.rpartition(".")[2], list(known), n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"{path}: no such key{hint} (allowed: {', '.join(sorted(known))})"


def _allowed(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " | ".join(get_args(kind))
    if get_origin(kind) is tuple and get_args(kind)[0] is Period:
        return 'a list of tables, such as { months = 120, kind = "concern", because = "…" }'
    if get_origin(kind) is tuple:
        return 'a list of texts, such as ["INBOX"]'
    if get_origin(kind) is dict:
        return 'a table of texts, such as { "enquiries@example.gov.uk" = "…" }'
    if kind == OAuth | None:
        return 'a table, such as { token_url = "https://…", client_id = "…", client_secret_env = "…" }'
    if kind == OIDC | None:
        return "a section, such as [web.oidc] with issuer, client_id, client_secret_env and roles"
    return {str: "a text in quotes", int: "a whole number", bool: "true | false"}.get(kind, str(kind))


def _check(config: Config) -> None:
    """What one key alone cannot tell: which keys need which, and no unencrypted line but to this very machine."""
    names = [box.name for box in config.mailbox]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f'mailbox.name: "{name}" found twice; each mailbox needs a name of its own')
    for number, box in enumerate(config.mailbox):
        path = f"mailbox[{number}]"
        needed = ("host", "username") if box.kind == "imap" else ("path",)
        _need(path, box, needed, f'kind = "{box.kind}"')
        if box.kind == "imap":
            _check_sign_in(path, box)
            _refuse_clear_text(path, box.security, box.host)
        if box.poll_seconds < 1:
            raise ConfigError(f"{path}.poll_seconds: found {box.poll_seconds}; allowed: 1 or more")
        if not box.folders:
            raise ConfigError(f'{path}.folders: found []; allowed: at least one folder, such as ["INBOX"]')
        if box.processed_folder in box.folders:
            raise ConfigError(f'{path}.processed_folder: "{box.processed_folder}" is also polled; name another folder')
    if config.api.requests_a_minute < 1:
        raise ConfigError(f"api.requests_a_minute: found {config.api.requests_a_minute}; allowed: 1 or more")
    if not 0 <= config.metrics.worker_port <= 65535:
        raise ConfigError(f"metrics.worker_port: found {config.metrics.worker_port}; allowed: 0 to 65535")
    if config.scanner is not None and bool(config.scanner.socket) == bool(config.scanner.host):
        raise ConfigError("scanner: either socket or host is needed, not both")
    for key in msgspec.structs.fields(Acknowledgements):
        if getattr(config.acknowledgements, key.name) < 0:
            raise ConfigError(f"acknowledgements.{key.name}: found a number below 0; allowed: 0 or more")
    if config.alerts and config.alerts.enabled:
        _need("alerts", config.alerts, ("public_url", "rota", "webhook_env"), "enabled = true")
    if not 0 <= config.triage.second_looks <= 1:
        raise ConfigError(f"triage.second_looks: found {config.triage.second_looks}; allowed: a share from 0 to 1")
    if not 1 <= config.identity.minutes <= 60:
        raise ConfigError(f"identity.minutes: found {config.identity.minutes}; allowed: 1 to 60")
    themes = config.inspection.themes
    if not themes or len(set(themes)) != len(themes) or not all(0 < len(one.strip()) <= 64 for one in themes):
        raise ConfigError(
            f"inspection.themes: found {list(themes)}; allowed: one or more different themes of 64 letters at most"
        )
    if not 3 <= config.reports.suppress_below <= 100:
        raise ConfigError(f"reports.suppress_below: found {config.reports.suppress_below}; allowed: 3 to 100")
    _check_audit(config.audit)
    _check_retention(config)
    if not 0 <= config.keys.keep_days <= 35:
        raise ConfigError(f"keys.keep_days: found {config.keys.keep_days}; allowed: 0 to 35")
    if config.keys.command and not config.keys.command[0]:
        raise ConfigError('keys.command: found "" as the program; allowed: a list such as ["/usr/bin/keys", "mailbot"]')
    _check_queue(config.queue)
    _check_web(config.web)
    _check_outgoing(config)


def _check_web(web: Web) -> None:
    if not 1 <= web.session_hours <= 24:
        raise ConfigError(f"web.session_hours: found {web.session_hours}; allowed: 1 to 24")
    if not 1 <= web.idle_minutes <= web.session_hours * 60:
        raise ConfigError(f"web.idle_minutes: found {web.idle_minutes}; allowed: 1 to session_hours in minutes")
    try:
        ipaddress.ip_address(web.proxy or "127.0.0.1")
    except ValueError:
        raise ConfigError(f'web.proxy: found "{web.proxy}"; allowed: one IP address, such as "127.0.0.1"') from None
    if web.oidc is not None:
        _check_oidc(web.oidc)


def _check_oidc(oidc: OIDC) -> None:
    _need("web.oidc", oidc, ("issuer", "client_id", "client_secret_env"), "single sign-on")
    _refuse_clear_address("web.oidc.issuer", oidc.issuer)
    roles = ", ".join(Role)
    if not oidc.roles:
        raise ConfigError("web.oidc.roles: nothing found; it names a role for each group that may come in")
    for group, role in oidc.roles.items():
        if role not in tuple(Role):
            raise ConfigError(f'web.oidc.roles."{group}": found "{role}"; allowed: {roles}')


def _check_audit(audit: Audit) -> None:
    if not 1 <= audit.checkpoint_minutes <= 1440:
        raise ConfigError(f"audit.checkpoint_minutes: found {audit.checkpoint_minutes}; allowed: 1 to 1440")
    if not audit.send_to:
        return
    address = _address(audit.send_to)
    if address is None or address.scheme not in ("syslog", "syslog+tcp", "https", "http"):
        raise ConfigError(
            f'audit.send_to: found "{audit.send_to}"; allowed: "syslog://host:6514" (TLS) | "syslog+tcp://host:514" | '
            '"https://…"'
        )
    if address.scheme in ("https", "http"):
        _refuse_clear_address("audit.send_to", audit.send_to)


def _check_retention(config: Config) -> None:
    retention, longest = config.retention, config.retention.protected_months
    named: dict[str, list[str]] = {
        "kind": list(Kind),
        "decision": list(ActionKind),
        "mailbox": [box.name for box in config.mailbox],
    }
    for number, period in enumerate(retention.periods):
        for field, known in named.items():
            found = getattr(period, field)
            if found and found not in known:
                path = f"retention.periods[{number}].{field}"
                raise ConfigError(f'{path}: found "{found}"; allowed: {", ".join(known)}')
    counted = {f"periods[{number}].months": period.months for number, period in enumerate(retention.periods)}
    counted |= {name: getattr(retention, name) for name in ("other_months", "server_months")}
    for name, months in counted.items():
        if not 1 <= months <= longest:
            raise ConfigError(f"retention.{name}: found {months}; allowed: 1 to protected_months, which is {longest}")
    if longest > 1200:
        raise ConfigError(f"retention.protected_months: found {longest}; allowed: 1200 at most, which is a century")


def _check_queue(queue: Queue) -> None:
    for key in ("office_opens", "office_closes"):
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", getattr(queue, key)):
            raise ConfigError(f'queue.{key}: found "{getattr(queue, key)}"; allowed: a time such as "09:00"')
    for priority, written in queue.targets.items():
        if priority not in {"1", "2", "3", "4", "5"}:
            raise ConfigError(f"queue.targets.{priority}: no such priority; allowed: 1 to 5")
        try:
            target_of(written)
        except ConfigError as error:
            raise ConfigError(f"queue.targets.{priority}: {error}") from None
    try:
        queue.in_force  # noqa: B018  what is wrong between both hours shows when they are put together
    except ConfigError as error:
        raise ConfigError(f"queue.office_closes: {error}") from None


def _check_outgoing(config: Config) -> None:
    outgoing = config.outgoing
    needed = {"smtp": ("host", "from_address"), "notify": ("email_template",), "folder": ("path",)}[outgoing.kind]
    _need("outgoing", outgoing, needed, f'kind = "{outgoing.kind}"')
    if outgoing.kind == "smtp":
        _refuse_clear_text("outgoing", outgoing.security, outgoing.host)
    if outgoing.kind == "notify":
        if not (outgoing.password_env or outgoing.password_file):
            raise ConfigError("outgoing: password_env or password_file must name the API key; none was found")
        _refuse_clear_address("outgoing.notify_url", outgoing.notify_url)
        for box in config.mailbox:
            if box.reply_address and box.reply_address not in outgoing.reply_to_ids:
                raise ConfigError(
                    f'outgoing.reply_to_ids: nothing found for "{box.reply_address}"; it is needed with kind = "notify"'
                )


def _check_sign_in(path: str, box: Mailbox) -> None:
    if box.oauth is None:
        if not (box.password_env or box.password_file):
            raise ConfigError(f"{path}: password_env, password_file or oauth is needed; none was found")
        return
    if box.password_env or box.password_file:
        raise ConfigError(f"{path}: both oauth and a password were found; allowed: one of them")
    if not (box.oauth.client_secret_env or box.oauth.client_secret_file):
        raise ConfigError(f"{path}.oauth: client_secret_env or client_secret_file is needed; neither was found")
    if box.oauth.grant == "refresh_token" and not box.oauth.refresh_token_file:
        raise ConfigError(f'{path}.oauth.refresh_token_file: nothing found; it is needed with grant = "refresh_token"')
    _refuse_clear_address(f"{path}.oauth.token_url", box.oauth.token_url)


def _need(path: str, section: Struct, keys: tuple[str, ...], why: str) -> None:
    for key in keys:
        if not getattr(section, key):
            raise ConfigError(f"{path}.{key}: nothing found; it is needed with {why}")


def _refuse_clear_text(path: str, security: str, host: str) -> None:
    if security == "none" and host not in LOOPBACK:
        raise ConfigError(
            f'{path}.security: found "none" with host "{host}"; allowed: tls | starttls (none only on loopback)'
        )


def _address(text: str) -> SplitResult | None:
    """The parts of an address; None where it has no host, or a port that is none."""
    try:
        parts = urlsplit(text)
        return parts if parts.hostname and parts.port != 0 else None
    except ValueError:
        return None


def _refuse_clear_address(path: str, address: str) -> None:
    url = _address(address)
    if url is None or (url.scheme != "https" and not (url.scheme == "http" and url.hostname in LOOPBACK)):
        raise ConfigError(f'{path}: found "{address}"; allowed: an https address (http only on loopback)')


def _program(command: tuple[str, ...], folder: Path) -> tuple[str, ...]:
    """A command whose program, where it is named by a path, is taken from `folder`; else it is found on the PATH."""
    return (str(folder / command[0]), *command[1:]) if command and "/" in command[0] else command


def _resolved(config: Config, folder: Path) -> Config:
    """The same with every relative path taken from the folder of the configuration file."""

    def absolute(path: str) -> str:
        return str(folder / path) if path else ""

    def database(url: str) -> str:
        name = url.removeprefix("sqlite:///")
        return url if name in (url, ":memory:", "") else f"sqlite:///{folder / name}"

    return msgspec.structs.replace(
        config,
        database=Database(url=database(config.database.url)),
        reports=msgspec.structs.replace(config.reports, words=absolute(config.reports.words)),
        keys=msgspec.structs.replace(
            config.keys,
            file=absolute(config.keys.file),
            store=database(config.keys.store),
            command=_program(config.keys.command, folder),
        ),
        mailbox=tuple(
            msgspec.structs.replace(
                box,
                path=absolute(box.path),
                ca_file=absolute(box.ca_file),
                password_file=absolute(box.password_file),
                oauth=box.oauth
                and msgspec.structs.replace(
                    box.oauth,
                    client_secret_file=absolute(box.oauth.client_secret_file),
                    refresh_token_file=absolute(box.oauth.refresh_token_file),
                    ca_file=absolute(box.oauth.ca_file),
                ),
            )
            for box in config.mailbox
        ),
        triage=msgspec.structs.replace(config.triage, learnt=absolute(config.triage.learnt)),
        outgoing=msgspec.structs.replace(
            config.outgoing,
            path=absolute(config.outgoing.path),
            print_folder=absolute(config.outgoing.print_folder),
            ca_file=absolute(config.outgoing.ca_file),
            password_file=absolute(config.outgoing.password_file),
        ),
        scanner=config.scanner and msgspec.structs.replace(config.scanner, socket=absolute(config.scanner.socket)),
        alerts=config.alerts and msgspec.structs.replace(config.alerts, rota=absolute(config.alerts.rota)),
        audit=msgspec.structs.replace(config.audit, ca_file=absolute(config.audit.ca_file)),
        webhooks=msgspec.structs.replace(config.webhooks, ca_file=absolute(config.webhooks.ca_file)),
        web=msgspec.structs.replace(
            config.web,
            oidc=config.web.oidc
            and msgspec.structs.replace(config.web.oidc, ca_file=absolute(config.web.oidc.ca_file)),
        ),
    )
