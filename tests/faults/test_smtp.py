"""Mails over real TCP: delivered, refused, server down or slow; and no password without encryption."""

import asyncio
import datetime
import ssl
from collections.abc import Callable, MutableMapping
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from backend import mail
from backend.lots.naming import NamedLot
from backend.settings import Settings, settings
from tests.smtp_server import HANG_UP, SmtpServer
from tests.town import Town
from tests.visitors import Visitor, read_mail

Logs: TypeAlias = list[MutableMapping[str, Any]]


LOT = NamedLot(
    "Pain & brioche",
    "Fournil",
    "1 rue du Four",
    datetime.datetime(2026, 11, 30, 18, tzinfo=datetime.UTC),
    datetime.datetime(2026, 11, 30, 19, tzinfo=datetime.UTC),
    None,
    "Europe/Paris",
)


async def send(
    url: str | None,
    folder: Path = Path(),
    to: str = "amina@example.org",
    *,
    public_url: str = "https://ecopanier.example",
    lot: NamedLot = LOT,
) -> None:
    chosen = Settings.model_construct(smtp_url=SecretStr(url) if url else None, public_url=public_url, data_dir=folder)
    await mail.send(chosen, to=to, locale="fr", template="lot_withdrawn", lot=lot)


def at(verb: str, reply: bytes) -> Callable[[str], bytes | None]:
    return lambda heard: reply if heard == verb else None


async def test_a_mail_is_delivered_with_its_headers_and_both_bodies(logs: Logs) -> None:
    async with SmtpServer() as server:
        await send(server.url)

    received = read_mail(server.mails[0])
    assert server.recipients == ["amina@example.org"]
    assert received.subject == "Votre réservation est annulée"
    assert "Pain & brioche" in received.text
    assert "Pain &amp; brioche" in received.html
    assert b"From: EcoPanier <no-reply@ecopanier.example>" in server.mails[0]
    assert b"Auto-Submitted: auto-generated" in server.mails[0]
    assert "amina" not in str(logs)


async def test_a_mail_is_delivered_in_ascii_to_a_seven_bit_server() -> None:
    async with SmtpServer(at("EHLO", b"250 localhost")) as server:
        await send(server.url)

    assert server.mails[0].isascii()
    assert read_mail(server.mails[0]).subject == "Votre réservation est annulée"


async def test_a_mail_to_an_international_domain_is_addressed_in_ascii() -> None:
    async with SmtpServer() as server:
        await send(server.url, to="amina@épicerie.example")

    assert server.recipients == ["amina@xn--picerie-9xa.example"]
    assert read_mail(server.mails[0]).to == "amina@xn--picerie-9xa.example"


@pytest.mark.parametrize(
    ("public_url", "host"),
    [
        ("https://ecopanier.example", "ecopanier.example"),
        ("https://panier.épicerie.example:8443", "panier.xn--picerie-9xa.example"),
        ("http://127.0.0.1:8000", "[127.0.0.1]"),
        ("http://[::1]:8000", "[IPv6:::1]"),
    ],
)
async def test_the_relay_is_greeted_with_the_public_host(public_url: str, host: str) -> None:
    async with SmtpServer() as server:
        await send(server.url, public_url=public_url)

    assert server.commands[0] == f"EHLO {host}"
    assert server.commands[1].startswith(f"MAIL FROM:<no-reply@{host}>")


@pytest.mark.parametrize("title", ["é" * 2000, "mot " * 1000, "漢" * 700])
@pytest.mark.parametrize("bits", [8, 7])
async def test_no_line_of_a_mail_is_longer_than_998_bytes(title: str, bits: int) -> None:
    async with SmtpServer(at("EHLO", b"250 localhost") if bits == 7 else lambda _: None) as server:
        await send(server.url, lot=replace(LOT, title=title))

    assert max(len(line) for line in server.mails[0].split(b"\r\n")) <= 998
    received = read_mail(server.mails[0])
    assert " ".join(title.split()) in received.text
    assert " ".join(title.split()) in received.html


@pytest.mark.parametrize(
    ("verb", "reply", "blamed", "code"),
    [
        ("CONNECT", b"421 too many mails", "relay", 421),
        ("CONNECT", b"554 no service for you", "relay", 554),
        ("CONNECT", b"HTTP/1.1 400 Bad Request", "relay", None),
        ("CONNECT", HANG_UP, "relay", None),
        ("EHLO", HANG_UP, "relay", None),
        ("MAIL", b"550 who are you?", "relay", 550),
        ("RCPT", b"450 amina@example.org is busy", "address", 450),
        ("RCPT", b"550 no amina@example.org here", "address", 550),
        ("RCPT", HANG_UP, "relay", None),
        ("DATA", b"451 later", "address", 451),
        ("DOT", b"452 disk full", "address", 452),
        ("DOT", b"554 looks like spam", "address", 554),
    ],
)
async def test_a_failure_says_whether_it_is_about_the_relay_or_the_mail(
    verb: str, reply: bytes, blamed: str, code: int | None
) -> None:
    async with SmtpServer(at(verb, reply)) as server:
        with pytest.raises(mail.MailNotSent) as caught:
            await send(server.url)

    assert server.mails == []
    assert (caught.value.blamed, caught.value.smtp_code) == (blamed, code)
    assert "amina" not in str(caught.value)
    assert caught.value.__suppress_context__


async def test_an_address_with_accents_is_blamed_where_the_relay_takes_none() -> None:
    async with SmtpServer() as server:
        with pytest.raises(mail.MailNotSent) as caught:
            await send(server.url, to="amélie@example.org")

    assert (caught.value.blamed, caught.value.smtp_code) == ("address", 553)


async def test_an_unreachable_server_raises_mail_not_sent() -> None:
    async with SmtpServer() as server:
        url = server.url
    with pytest.raises(mail.MailNotSent):
        await send(url)


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "RCPT", "DOT"])
async def test_a_silent_server_is_given_up_after_the_timeout(monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    monkeypatch.setattr(mail, "SECONDS_AN_ANSWER", 0.2)
    async with SmtpServer(silent_at=verb) as server, asyncio.timeout(10):
        with pytest.raises(mail.MailNotSent):
            await send(server.url)


async def test_a_delivery_is_given_up_after_the_total_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each single wait is within its limit; the whole delivery is not."""
    monkeypatch.setattr(mail, "SECONDS_IN_ALL", 0.2)
    async with SmtpServer(silent_at="RCPT") as server, asyncio.timeout(10):
        with pytest.raises(mail.MailNotSent):
            await send(server.url)


async def test_the_password_is_not_sent_without_encryption() -> None:
    async with SmtpServer() as server:
        with pytest.raises(mail.MailNotSent):
            await send(f"smtp://postman:s3cret@127.0.0.1:{server.port}")

    assert not [command for command in server.commands if command.startswith(("AUTH", "MAIL"))]


async def test_the_password_is_not_sent_to_a_self_signed_server(tmp_path: Path) -> None:
    async with SmtpServer(tls=_self_signed(tmp_path)) as server:
        with pytest.raises(mail.MailNotSent):
            await send(f"smtp://postman:s3cret@127.0.0.1:{server.port}")

    assert "STARTTLS" in server.commands
    assert not [command for command in server.commands if command.startswith(("AUTH", "MAIL"))]


async def test_control_the_password_is_sent_to_a_trusted_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with SmtpServer(tls=_self_signed(tmp_path)) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        await send(f"smtp://postman:s3cret@127.0.0.1:{server.port}")

    assert [command.split()[:2] for command in server.commands if command.startswith("AUTH")] == [["AUTH", "PLAIN"]]
    assert len(server.mails) == 1


async def test_without_a_server_mails_are_written_to_operator_only_files(tmp_path: Path, logs: Logs) -> None:
    await send(None, tmp_path)

    (file,) = (tmp_path / "mails").iterdir()
    assert read_mail(file.read_bytes()).to == "amina@example.org"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [(log["event"], log["file"]) for log in logs] == [("mail.written", file.name)]
    assert "amina" not in str(logs)


async def test_a_mail_whose_confirmation_was_lost_is_resent_with_its_token(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server takes the mail, and the connection breaks before the server can confirm it."""
    amina = Visitor(town)
    lost = 1

    def answer(verb: str) -> bytes | None:
        nonlocal lost
        if verb == "DOT" and lost:
            lost -= 1
            return HANG_UP
        return None

    async with SmtpServer(answer) as server:
        monkeypatch.setenv("SMTP_URL", server.url)
        settings.cache_clear()
        await amina.registers()
        await town.worker_runs()
        waiting = await town.value(
            "select count(*) from jobs.procrastinate_jobs where status = 'todo' and attempts = 1"
        )
        await town.changes("update jobs.procrastinate_jobs set scheduled_at = null where status = 'todo'")
        await town.worker_runs()

    first, second = (read_mail(raw) for raw in server.mails)
    assert waiting == 1
    assert (first.code, first.token) == (second.code, second.token)
    assert first.message_id == second.message_id
    await amina.posts("/auth/verify-email", {"token": first.token})


async def test_registering_succeeds_while_the_mail_server_is_down(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async with SmtpServer() as server:
        url = server.url
    monkeypatch.setenv("SMTP_URL", url)
    settings.cache_clear()
    amina = Visitor(town)
    await amina.registers()
    await town.worker_runs()

    job = await town.rows("select status::text, attempts, scheduled_at > now() as later from jobs.procrastinate_jobs"
                          " where task_name = 'notices.deliver'")  # fmt: skip
    assert [tuple(row) for row in job] == [("todo", 1, True)]
    assert not (town.folder / "mails").exists()


async def test_after_an_outage_only_the_latest_mail_is_sent_and_its_token_works(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    amina = Visitor(town)
    await amina.joins()
    async with SmtpServer(at("CONNECT", b"421 not now")) as server:
        monkeypatch.setenv("SMTP_URL", server.url)
        settings.cache_clear()
        for _ in range(2):
            await amina.posts("/auth/forgot-password", {"email": "amina@example.org"})
            await town.worker_runs()
        await town.changes("update jobs.procrastinate_jobs set scheduled_at = null where status = 'todo'")

    async with SmtpServer() as server:
        monkeypatch.setenv("SMTP_URL", server.url)
        settings.cache_clear()
        await town.worker_runs()

    # The second request superseded the first mail, which is no longer sent.
    (mail,) = (read_mail(raw) for raw in server.mails)
    await amina.posts("/auth/reset-password", {"token": mail.token, "password": "trois chats dorment au soleil"})


# A relay that refuses everybody, and an address that is wrong


def _self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = folder / "key.pem"
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, secret)
    return context
