"""Parts that take long to build, such as the judge: each stands in its place and is built when it is first used."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

T = TypeVar("T")


class _Later:
    def __init__(self, build: Callable[[], Any]) -> None:
        self._build = build
        self._lock = threading.Lock()
        self._made: Any = None

    def make(self) -> Any:
        with self._lock:
            if self._made is None:
                self._made = self._build()
            return self._made

    def __call__(self, *words: Any) -> Any:
        return self.make()(*words)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.make(), name)


def later(build: Callable[[], T]) -> T:
    """What `build` makes, made once and not before something is asked of it."""
    return cast(T, _Later(build))


def make_ready(*parts: object) -> None:
    """Builds those of `parts` that are not built yet; raises what stands in the way of that."""
    for part in parts:
        if isinstance(part, _Later):
            part.make()
