"""Telling other systems what happened, signed as Standard Webhooks has it, over a line that leads nowhere inside.

No personal data goes out: the reference of an unrestricted case, what happened, and when. Whoever may know more reads
it by the API.
"""

from __future__ import annotations

import base64
import hmac
import ipaddress
import json
import socket
import ssl
import time
from urllib.parse import SplitResult, urlsplit

import urllib3

from mailbot.cases.api.subscriptions import DeliveryState, Due, Subscriptions
from mailbot.clock import Clock
from mailbot.config import Webhooks
from mailbot.errors import ConfigError, MailbotError
from mailbot.log import log

TIMEOUT_SECONDS = 10
RUN_SECONDS = 60
"""For how long one run goes on: what is left is told by the next."""

TRANSLATED = tuple(
    ipaddress.ip_network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")
)
"""IPv6 addresses that lead to an IPv4 one (RFC 6052, 8215, 3056, 4380, 4291), which may be any."""

SITE_LOCAL = ipaddress.ip_network("fec0::/10")
"""What were the private addresses of a site (RFC 3879), which Python takes for public."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotTaken(MailbotError):
    """A receiver could not be told; the text stands in the list of deliveries and names no address."""


def tell(settings: Webhooks, subscriptions: Subscriptions, clock: Clock) -> int:
    """Finds what is new, and tells whoever is to be told what is due; says how much was taken."""
    subscriptions.find_news()
    until, taken = time.monotonic() + RUN_SECONDS, 0
    while time.monotonic() < until and (due := subscriptions.claim()):
        problem = None
        try:
            deliver(settings, due, int(clock().timestamp()))
        except (NotTaken, ConfigError) as error:  # an address may be usable no longer: the others are told all the same
            problem = str(error)
        state = subscriptions.note(due, problem)
        taken += state is DeliveryState.SENT
        log.info("webhook", action="tell", event_type=due.event, state=state, attempts=due.attempts, problem=problem)
    return taken


def deliver(settings: Webhooks, due: Due, timestamp: int) -> None:
    """Posts one event; raises `NotTaken` where it was not answered by 2xx. A redirection is not followed."""
    url = checked(settings, due.url)
    body = payload(due)
    headers = {
        "Host": url.netloc.rpartition("@")[2],
        "Content-Type": "application/json",
        "User-Agent": "mailbot",
        "webhook-id": due.message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(due.secret, due.message_id, timestamp, body),
    }
    try:
        address = public_address(settings, url)
        with _line_to(settings, url, address) as line:
            path = url._replace(scheme="", netloc="", fragment="").geturl() or "/"
            answer = line.urlopen("POST", path, body, headers, redirect=False, retries=False, preload_content=False)
            status = answer.status
            answer.close()  # whatever else it says is not read
    except (OSError, UnicodeError, urllib3.exceptions.HTTPError) as error:
        raise NotTaken(f"could not be reached ({type(error).__name__})") from None
    if not 200 <= status < 300:
        raise NotTaken(f"answered {status}")


def payload(due: Due) -> bytes:
    """What is told: nothing but a reference, an event and a time."""
    at = due.happened_at.isoformat().replace("+00:00", "Z")
    told = {"type": due.event, "timestamp": at, "data": {"reference": due.reference}}
    return json.dumps(told, separators=(",", ":")).encode()


def signature(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """The header by which the receiver knows that it is we, and now (Standard Webhooks, HMAC-SHA-256)."""
    signed = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
    return "v1," + base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()


def checked(settings: Webhooks, url: str) -> SplitResult:
    """The address in parts; raises `ConfigError` where it is none that anybody is told at."""
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc and url.isprintable()
    except ValueError:
        usable = False
    if not usable or not (parts.scheme == "https" or (parts.scheme == "http" and settings.allow_loopback)):
        raise ConfigError("a webhook's address begins with https:// and holds a host, and neither name nor password")
    return parts


def public_address(settings: Webhooks, url: SplitResult) -> Address:
    """The address that the host's name leads to, checked once and then used: no second answer of DNS can differ.

    Raises `NotTaken` where any of those it leads to is not of the public network.
    """
    host, port = url.hostname or "", _port(url)
    found = {str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    addresses = sorted((ipaddress.ip_address(one.partition("%")[0]) for one in found), key=lambda one: one.version)
    loopback = settings.allow_loopback and all(one.is_loopback for one in addresses)
    if url.scheme == "http" and not loopback:
        raise NotTaken("is not on this machine: https is needed")
    if not addresses or not (loopback or all(map(is_public, addresses))):
        raise NotTaken("leads to an address that is not of the public network")
    return addresses[0]


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public network, whichever way it is written."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if any(address in network for network in (*TRANSLATED, SITE_LOCAL)):
            return False
    return address.is_global and not address.is_multicast


def _line_to(settings: Webhooks, url: SplitResult, address: Address) -> urllib3.HTTPConnectionPool:
    """A connection to that very address, whose certificate must be for the host's name."""
    timeout = urllib3.Timeout(total=TIMEOUT_SECONDS)
    if url.scheme == "http":
        return urllib3.HTTPConnectionPool(str(address), _port(url), timeout=timeout)
    return urllib3.HTTPSConnectionPool(
        str(address),
        _port(url),
        timeout=timeout,
        ssl_context=ssl.create_default_context(cafile=settings.ca_file or None),
        server_hostname=url.hostname,
        assert_hostname=url.hostname,
    )


def _port(url: SplitResult) -> int:
    return url.port or (443 if url.scheme == "https" else 80)
