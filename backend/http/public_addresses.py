"""Requests to addresses that users gave us: they reach public addresses only.

A user could give an address inside our network, or a name that resolves to one, and have the program talk to it. So
only https is spoken, a name is resolved once, the request goes to exactly the address that was checked (with the name
in TLS and in `Host`), and redirects are not followed. Nothing of the answer leaves this module but its status.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal
from urllib.parse import urlsplit

import httpx2
from pydantic_core import PydanticCustomError

SECONDS = 5.0
MOST_BYTES = 64 * 1024
MOST_ADDRESSES = 3
DEFAULT_PORT = 443

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

# Ways to write or to reach an IPv4 address through IPv6, whose IPv4 part could be private: compatible, mapped, NAT64,
# local NAT64, Teredo, 6to4; and the site-local addresses of old.
_IPV4_WITHIN_IPV6 = tuple(
    ipaddress.IPv6Network(net)
    for net in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16")
)
# What some versions of Python take for global: protocol assignments (Oracle's metadata service is there), relays of
# 6to4, and Azure's metadata service, which has a public address.
_SPECIAL_IPV4 = tuple(ipaddress.IPv4Network(net) for net in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32"))
_SITE_LOCAL = ipaddress.IPv6Network("fec0::/10")

_HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.ASCII)
_ADDRESS = re.compile(r"[!-~]{1,2000}", re.ASCII)

Why = Literal["address", "unreachable", "timeout", "redirect", "too_large", "status", "gone"]


class NotTaken(Exception):
    """Raised when a request to a user's address did not work.

    why: `address` (no public address, or none at all), `unreachable` (no connection, or a certificate that does not
    hold), `timeout`, `redirect`, `too_large` (an answer), `gone` (410), `status` (any other that is not 2xx).
    """

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


def https_address(url: str) -> str:
    """Return an https address with the name of a host, for fields of request bodies. Refuse anything else.

    An address without a name (an IP address), with a user or a fragment is refused. Where its name leads is checked at
    each request.
    """
    try:
        parts = urlsplit(url)
        good = bool(
            _ADDRESS.fullmatch(url)
            and parts.scheme == "https"
            and _HOST.fullmatch(parts.hostname or "")
            and parts.username is None
            and parts.password is None
            and not parts.fragment
            and parts.port != 0
        )
    except ValueError:
        good = False
    if not good:
        raise PydanticCustomError("https_address", "An https address with the name of a host")
    return url


async def resolved(host: str, port: int) -> list[str]:
    """Return the addresses of a name, as the system resolves it. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def is_public(address: Address) -> bool:
    """Return whether an address is on the public internet.

    Private, loopback, link-local, shared (CGNAT), documentation, multicast and reserved addresses are not, and so are
    the metadata services of clouds. Nor is any IPv6 address with an IPv4 address in it.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address in _SITE_LOCAL or any(address in net for net in _IPV4_WITHIN_IPV6):
            return False
    elif any(address in net for net in _SPECIAL_IPV4):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


@dataclass(frozen=True)
class PublicHttps:
    """Sends requests to users' addresses. Tests give a resolver, certificates and a rule of their own.

    trust: the certificates to trust; None: those of the system.
    """

    resolve: Resolver = resolved
    may_reach: Callable[[Address], bool] = is_public
    trust: ssl.SSLContext | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send a body to an address and return the status, which is 2xx. Raises NotTaken."""
        try:
            async with asyncio.timeout(SECONDS):
                return await self._post(url, body, headers)
        except TimeoutError:
            raise NotTaken("timeout") from None

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        parts = urlsplit(url)
        host = parts.hostname
        if parts.scheme != "https" or not host or parts.username is not None or parts.password is not None:
            raise NotTaken("address")
        port = parts.port or DEFAULT_PORT
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {
            **headers,
            "Host": parts.netloc if parts.port not in (None, DEFAULT_PORT) else _bracketed(host),
            "Accept-Encoding": "identity",  # a small answer must not become a large one
            "User-Agent": "EcoPanier",
        }
        addresses = await self._addresses(host, port)
        # No proxy and no credentials of the environment, which would go to a user's address.
        async with httpx2.AsyncClient(
            verify=self.trust or _systems_trust(), timeout=SECONDS, follow_redirects=False, trust_env=False
        ) as client:
            for last, address in ((address is addresses[-1], address) for address in addresses):
                request = client.build_request(
                    "POST",
                    f"https://{_bracketed(str(address))}:{port}{target}",
                    content=body,
                    headers=sent,
                    extensions={"sni_hostname": host},
                )
                try:
                    return await _status(client, request)
                except (httpx2.ConnectError, httpx2.ConnectTimeout):
                    if last:
                        raise NotTaken("unreachable") from None
                except httpx2.TimeoutException:
                    raise NotTaken("timeout") from None
                except httpx2.HTTPError:
                    raise NotTaken("unreachable") from None
        raise NotTaken("unreachable")

    async def _addresses(self, host: str, port: int) -> list[Address]:
        """Return the addresses of a host; refuse all of them if one may not be reached."""
        try:
            found = [ipaddress.ip_address(one) for one in await self.resolve(host, port)]
        except (OSError, ValueError):  # UnicodeError is a ValueError
            raise NotTaken("address") from None
        if not found or not all(self.may_reach(one) for one in found):
            raise NotTaken("address")
        return found[:MOST_ADDRESSES]


@cache
def _systems_trust() -> ssl.SSLContext:
    """Return the certificates that httpx2 trusts. Reading them for each request would take longer than the request."""
    return httpx2.create_ssl_context(trust_env=False)


async def _status(client: httpx2.AsyncClient, request: httpx2.Request) -> int:
    answer = await client.send(request, stream=True)
    try:
        if answer.is_redirect or 300 <= answer.status_code < 400:
            raise NotTaken("redirect")
        read = 0
        async for part in answer.aiter_raw():
            read += len(part)
            if read > MOST_BYTES:
                raise NotTaken("too_large")
    finally:
        await answer.aclose()
    if answer.status_code == 410:
        raise NotTaken("gone")
    if not 200 <= answer.status_code < 300:
        raise NotTaken("status")
    return answer.status_code


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
