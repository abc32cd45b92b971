"""Requests to users' addresses: only public ones are reached, over real https, and nothing can make them wait."""

import ipaddress
from collections.abc import Sequence
from pathlib import Path

import httpx2
import pytest

from backend.http import public_addresses
from backend.http.public_addresses import MOST_BYTES, NotTaken, PublicHttps, is_public
from tests.https_server import NAME, Authority, serving

PUBLIC, PRIVATE = "127.0.0.2", "127.0.0.1"  # stand for a public and a private address


class Names:
    """A resolver that gives one answer after the other and repeats the last."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers, self.looks = list(answers), 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        answer = self.answers[min(self.looks, len(self.answers) - 1)]
        self.looks += 1
        return answer


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(Path(tmp_path_factory.mktemp("authority")))


def outgoing(authority: Authority, names: Names, *, protected: bool = True) -> PublicHttps:
    return PublicHttps(names, lambda address: not protected or str(address) == PUBLIC, authority.trusted)


async def why(sender: PublicHttps, url: str) -> str:
    with pytest.raises(NotTaken) as refused:
        await sender.post(url, b"{}", {})
    return refused.value.why


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "168.63.129.16",
        "100.64.0.1",
        "100.100.100.200",
        "0.0.0.0",  # noqa: S104 - nothing listens here
        "192.0.0.192",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::8.8.8.8",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:1::",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
    ],
)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "52.1.2.3", "2a00:1450:4007::200e", "2606:4700::1111"])
def test_public_addresses_are_reached(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


async def test_a_request_goes_to_the_checked_address_with_the_name(authority: Authority) -> None:
    names = Names([PUBLIC])
    async with serving(authority, PUBLIC) as server:
        assert await outgoing(authority, names).post(f"https://{NAME}:{server.port}/a?b=c", b'{"x":1}', {}) == 200

    assert (names.looks, server.bodies) == (1, [b'{"x":1}'])
    assert server.heads[0].startswith("POST /a?b=c HTTP/1.1\r\n")
    assert f"host: {NAME}:{server.port}" in server.heads[0].lower()


async def test_a_name_that_becomes_private_reaches_nothing_private(authority: Authority) -> None:
    async with serving(authority, PUBLIC) as public, serving(authority, PRIVATE, public.port) as private:
        url = f"https://{NAME}:{public.port}/"
        sender = outgoing(authority, names := Names([PUBLIC], [PRIVATE]))
        assert await sender.post(url, b"{}", {}) == 200
        assert (names.looks, len(public.bodies)) == (1, 1)
        assert await why(sender, url) == "address"
        assert await why(outgoing(authority, Names([PUBLIC, PRIVATE])), url) == "address"
        assert (len(public.bodies), private.bodies) == (1, [])

        # The control: the same without the protection reaches the private one.
        unprotected = outgoing(authority, Names([PUBLIC], [PRIVATE]), protected=False)
        await unprotected.post(url, b"{}", {})
        await unprotected.post(url, b"{}", {})
        assert len(private.bodies) == 1


async def test_a_second_look_at_the_name_would_reach_the_private_one(authority: Authority) -> None:
    """The control for resolving once: a client that checks a name and then connects by the name is deceived."""
    names = Names([PUBLIC], [PRIVATE])
    async with serving(authority, PUBLIC) as public, serving(authority, PRIVATE, public.port) as private:
        assert await names(NAME, public.port) == [PUBLIC]  # the check
        [connected_to] = await names(NAME, public.port)
        async with httpx2.AsyncClient(verify=authority.trusted) as client:
            await client.post(
                f"https://{connected_to}:{public.port}/", content=b"{}", extensions={"sni_hostname": NAME}
            )

        assert (len(private.bodies), public.bodies) == (1, [])


@pytest.mark.parametrize(
    "url",
    [
        f"http://{NAME}/",
        f"https://user:secret@{NAME}/",
        "https:///x",
        "ftp://x/",
    ],
)
async def test_other_than_plain_https_is_refused_without_a_look(authority: Authority, url: str) -> None:
    assert await why(outgoing(authority, names := Names([PUBLIC])), url) == "address"
    assert names.looks == 0


@pytest.mark.parametrize("written", ["127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "localhost"])
async def test_however_loopback_is_written_it_is_refused(written: str) -> None:
    assert await why(PublicHttps(), f"https://{written}/") == "address"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/\r\nContent-Length: 0\r\n\r\n", "redirect"),
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "status"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "status"),
        (b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", "gone"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * (MOST_BYTES + 1), "too_large"),
        (b"not http at all\r\n\r\n", "unreachable"),
        (None, "timeout"),
    ],
)
async def test_answers_that_are_none_of_a_chat_are_failures(
    authority: Authority, answer: bytes | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_addresses, "SECONDS", 0.5 if answer is None else 5.0)
    async with serving(authority, PUBLIC) as server:
        server.answer = answer
        assert await why(outgoing(authority, Names([PUBLIC])), f"https://{NAME}:{server.port}/") == expected

    assert len(server.bodies) == 1


async def test_a_certificate_for_another_name_is_refused(authority: Authority) -> None:
    async with serving(authority, PUBLIC) as server:
        sender = outgoing(authority, Names([PUBLIC]))
        assert await why(sender, f"https://other.example.org:{server.port}/") == "unreachable"

    assert server.bodies == []


async def test_the_next_address_is_tried_if_one_is_down(authority: Authority) -> None:
    async with serving(authority, PUBLIC) as server:
        sender = PublicHttps(Names(["127.0.0.3", PUBLIC]), lambda address: True, authority.trusted)
        assert await sender.post(f"https://{NAME}:{server.port}/", b"{}", {}) == 200
