"""Rate limits by address or by account, announced in the IETF draft's RateLimit headers."""

import time
from collections.abc import Awaitable, Callable
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Annotated, Any

import limits
from fastapi import Depends, Request
from limits.aio.strategies import FixedWindowRateLimiter
from starlette.types import Scope

from backend.http.counters import Counters
from backend.problems.common import RateLimited
from backend.settings import settings

ANONYMOUS_WRITES = "600/minute"
_HEADERS = "ecopanier.answer_headers"


counters = Counters()
_limiter = FixedWindowRateLimiter(counters)
_anonymous_writes = limits.parse(ANONYMOUS_WRITES)


def client_address(scope: Scope) -> str:
    """Return the address that a limit counts by: the caller's IPv4 address, or the /64 network of an IPv6 address.

    One household usually holds a whole /64.
    """
    client = scope.get("client")
    address = client[0] if client else ""
    if proxies := settings().trusted_proxies:
        forwarded = ",".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for")
        hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
        # The caller can forge the entries before those of our own proxies.
        address = hops[-proxies] if len(hops) >= proxies else address
    return _household(address)


@lru_cache(maxsize=4096)
def _household(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip_network(f"{parsed}/64", strict=False)) if parsed.version == 6 else str(parsed)


def answer_headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    """Return the headers that every answer to this request gets, such as RateLimit."""
    headers: list[tuple[bytes, bytes]] = scope.get(_HEADERS, [])
    return headers


def add_answer_header(scope: Scope, name: str, value: str) -> None:
    """Add a header to whatever answers this request, a refusal too."""
    headers: list[tuple[bytes, bytes]] = scope.setdefault(_HEADERS, [])
    headers.append((name.encode(), value.encode()))


def refusal_headers(name: str, most: int, window_seconds: int, seconds_left: int) -> dict[str, str]:
    """Return the headers of a 429 for tries that the database counted: `most` tries per window."""
    return {
        "Retry-After": str(seconds_left),
        "RateLimit-Policy": f'"{name}";q={most};w={window_seconds}',
        "RateLimit": f'"{name}";r=0;t={seconds_left}',
    }


async def spend(scope: Scope, name: str, rule: str | limits.RateLimitItem, who: str) -> None:
    """Count one request against a limit. Raises RateLimited (429) with Retry-After once the limit is reached.

    `name` is the limit's name in the RateLimit headers, `rule` is like "30/minute", `who` is the address or the
    account that is counted.
    """
    if not settings().rate_limits:
        return
    item = limits.parse(rule) if isinstance(rule, str) else rule
    allowed = await _limiter.hit(item, name, who)
    ends, unspent = await _limiter.get_window_stats(item, name, who)
    left = unspent if allowed else 0  # what could not be counted is refused, though nothing was spent
    seconds = max(1, round(ends - time.time()))
    # draft-ietf-httpapi-ratelimit-headers: structured fields.
    headers: list[tuple[bytes, bytes]] = scope.setdefault(_HEADERS, [])
    headers.append((b"ratelimit-policy", f'"{name}";q={item.amount};w={int(item.get_expiry())}'.encode()))
    headers.append((b"ratelimit", f'"{name}";r={left};t={seconds}'.encode()))
    if not allowed:
        raise RateLimited(headers={"Retry-After": str(seconds)})


async def limit_anonymous_writes(scope: Scope) -> None:
    """Limit the writing requests that an address may send without signing in. Routes have finer limits of their own.

    Raises RateLimited (429).
    """
    await spend(scope, "anonymous-writes", _anonymous_writes, client_address(scope))


def limited(name: str, rule: str, *, by: Callable[..., Any] | None = None) -> Any:
    """Return a dependency that limits a route per address: `dependencies=[limited("register", "10/hour")]`.

    With `by`, a dependency such as `caller`, the limit counts per value of that dependency instead.
    """
    item = limits.parse(rule)

    async def by_address(request: Request) -> None:
        await spend(request.scope, name, item, client_address(request.scope))

    if by is None:
        return Depends(by_address)

    async def by_whom(request: Request, who: Annotated[Any, Depends(by)]) -> None:
        await spend(request.scope, name, item, str(who))

    chosen: Callable[..., Awaitable[None]] = by_whom
    return Depends(chosen)
