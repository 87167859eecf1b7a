"""Host patterns of accounts: which match a client, and which of several is tried first.

MySQL manual, "Access Control, Stage 1": rows are sorted by host, the most specific first (literal names and
addresses, then patterns by how late their first wildcard comes, `%` last), then by user, a name before the anonymous
one.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

_LOOPBACK = frozenset(("127.0.0.1", "::1", "localhost", "", "::ffff:127.0.0.1"))


def names_of(host: str) -> tuple[str, ...]:
    """What a client's host is known by: its address, and `localhost` for a loopback one or a socket."""
    lower = host.lower().removeprefix("::ffff:")
    if lower in _LOOPBACK:
        return (lower, "localhost") if lower not in ("", "localhost") else ("localhost",)
    return (lower,)


def matches(pattern: str, host: str) -> bool:
    """Whether a client's host fits an account's host pattern."""
    if pattern in ("%", ""):
        return True
    lower = pattern.lower()
    names = names_of(host)
    if lower in names:
        return True
    if "/" in lower:
        return _in_network(lower, names[0])
    if "%" in lower or "_" in lower:
        return any(like(lower, name) for name in names)
    return False


def _in_network(pattern: str, address: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return False


def like(pattern: str, text: str) -> bool:
    """SQL LIKE with backslash as escape; both in the same letter case."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts: list[str] = []
    escaped = False
    for character in pattern:
        if escaped:
            parts.append(re.escape(character))
            escaped = False
        elif character == "\\":
            escaped = True
        elif character in "%_":
            parts.append(".*" if character == "%" else ".")
        else:
            parts.append(re.escape(character))
    return re.compile("".join(parts), re.DOTALL)


def specificity(host: str) -> tuple[int, int]:
    """Sort key of a host pattern: smaller is tried first."""
    if host in ("%", ""):
        return (3, 0 if host == "%" else 1)
    if "/" in host:
        return (1, 0)
    places = [host.find(wildcard) for wildcard in "%_" if wildcard in host]
    return (2, -min(places)) if places else (0, 0)
