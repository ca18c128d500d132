"""A TCP proxy in front of an IMAP server: it cuts, stalls, refuses or rewrites at the command it is told to.

proxy.at("UID MOVE", cut_after)        the server does it, and the client never hears of it
proxy.at("UID FETCH .*BODY", refuse("[LIMIT] not now"), nth=2)
proxy.rewrite = hiding("MOVE")         the server seems to be without MOVE
proxy.go_silent()                      a black hole: every connection stays open and nothing passes any more
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n$")


@dataclass(slots=True)
class Passing:
    """One connection through the proxy. `tag` is the command's that is under way."""

    client: socket.socket
    server: socket.socket
    tag: bytes = b""
    silent: bool = False
    swallowing: bool = False
    bytes_left: int | None = None

    def cut(self) -> None:
        """Breaks both ends; the client finds the connection closed."""
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


Act = Callable[[Passing], bool]
"""Called with a command before it is forwarded; says whether it is."""


def cut_before(passing: Passing) -> bool:
    """The server never hears of the command."""
    passing.cut()
    return False


def cut_after(passing: Passing) -> bool:
    """The server does as told and answers, and the client never hears the answer."""
    passing.swallowing = True
    return True


def cut_within(count: int) -> Act:
    """The connection breaks after that many bytes of the answer."""

    def act(passing: Passing) -> bool:
        passing.bytes_left = count
        return True

    return act


def black_hole(passing: Passing) -> bool:
    """From this command on nothing passes in either direction, and the connection stays open."""
    passing.silent = True
    return False


def delayed(seconds: float) -> Act:
    """The command is forwarded that much later."""

    def act(_passing: Passing) -> bool:
        time.sleep(seconds)
        return True

    return act


def meanwhile(call: Callable[[], object]) -> Act:
    """Something happens right before the command is forwarded."""

    def act(_passing: Passing) -> bool:
        call()
        return True

    return act


def refuse(words: str) -> Act:
    """The command is answered NO in the server's place."""

    def act(passing: Passing) -> bool:
        passing.client.sendall(passing.tag + f" NO {words}\r\n".encode())
        return False

    return act


def hiding(*capabilities: str) -> Callable[[bytes], bytes]:
    """What makes a server seem to be without those capabilities."""
    hidden = re.compile(rb" (" + b"|".join(name.encode() for name in capabilities) + rb")(?=[ \]\r])")
    return lambda said: hidden.sub(b"", said) if b"CAPABILITY" in said else said


@dataclass(slots=True)
class Rule:
    """What happens at the `nth` command that matches, or at each from there on; `fired` counts how often it did."""

    pattern: re.Pattern[str]
    act: Act
    nth: int
    again: bool
    seen: int = 0
    fired: int = 0

    def wants(self, command: str) -> bool:
        if not self.pattern.match(command):
            return False
        self.seen += 1
        now = self.seen == self.nth or (self.again and self.seen > self.nth)
        self.fired += now
        return now


@dataclass(slots=True)
class Proxy:
    """A running proxy. `commands` holds each command it saw, without its tag; `connections` counts them."""

    port: int
    server_port: int
    rewrite: Callable[[bytes], bytes] = lambda said: said
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    _rules: list[Rule] = field(default_factory=list)
    _silent: bool = False
    _passing: list[Passing] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def at(self, pattern: str, act: Act, *, nth: int = 1, again: bool = False) -> Rule:
        """Does `act` at the `nth` command, of all connections, that matches (``UID FETCH .*BODY``)."""
        rule = Rule(re.compile(pattern, re.IGNORECASE), act, nth, again)
        self._rules.append(rule)
        return rule

    def go_silent(self) -> None:
        """From now on nothing passes, on connections new and old, and all stay open."""
        self._silent = True

    def heal(self) -> None:
        """From now on everything passes; connections that were silent are cut."""
        self._rules.clear()
        self._silent = False
        for passing in self._passing:
            passing.cut()
        self._passing.clear()

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.server_port), timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            passing = Passing(client, server)
            self.connections += 1
            self._passing.append(passing)
            for pump in (self._from_client, self._from_server):
                threading.Thread(target=self._until_it_ends, args=(pump, passing), daemon=True).start()

    @staticmethod
    def _until_it_ends(pump: Callable[[Passing], None], passing: Passing) -> None:
        with contextlib.suppress(OSError, ValueError):  # closed by the other thread
            pump(passing)
        passing.cut()

    def _from_client(self, passing: Passing) -> None:
        with passing.client.makefile("rb") as said:
            literal = False
            while line := said.readline():
                if not literal and not self._may_pass(passing, line):
                    continue
                if passing.silent or self._silent:
                    continue
                passing.server.sendall(line)
                found = LITERAL.search(line)
                literal = found is not None
                if found:
                    passing.server.sendall(said.read(int(found.group(1))))

    def _may_pass(self, passing: Passing, line: bytes) -> bool:
        tag, _, command = line.rstrip(b"\r\n").partition(b" ")
        if command:  # DONE has no tag: it ends the command under way
            passing.tag = tag
        text = (command or tag).decode("latin-1")
        with self._lock:
            self.commands.append(text)
            acts = [rule.act for rule in self._rules if rule.wants(text)]
        return all(act(passing) for act in acts)

    def _from_server(self, passing: Passing) -> None:
        kept = b""
        while said := passing.server.recv(65536):
            if passing.silent or self._silent:
                continue
            said = self.rewrite(said)
            if passing.swallowing:
                kept += said
                if re.search(rb"(?:^|\r\n)(?:" + re.escape(passing.tag) + rb"|\+) ", kept):
                    return
                continue
            if passing.bytes_left is not None:
                said = said[: passing.bytes_left]
                passing.bytes_left -= len(said)
            passing.client.sendall(said)
            if passing.bytes_left == 0:
                return


@contextlib.contextmanager
def running_proxy(server_port: int) -> Iterator[Proxy]:
    """A proxy on a free port of 127.0.0.1 before the server at `server_port`, which may come and go."""
    listener = socket.create_server(("127.0.0.1", 0))
    proxy = Proxy(listener.getsockname()[1], server_port)
    threading.Thread(target=proxy._serve, args=(listener,), daemon=True).start()
    try:
        yield proxy
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        proxy.heal()
