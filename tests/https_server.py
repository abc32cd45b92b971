"""A local https server with certificates of its own authority, which answers as a test wants."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from backend.http.public_addresses import PublicHttps

NAME = "hooks.example.org"


class Authority:
    """A certificate authority, which signs one server certificate for NAME."""

    def __init__(self, folder: Path) -> None:
        key, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
        now = datetime.now(UTC)
        root = (
            self._signed(issuer, issuer, key, now)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        leaf = (
            self._signed(subject, issuer, own, now)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
            .sign(key, hashes.SHA256())
        )
        chain, secret, self.root = folder / "leaf.pem", folder / "leaf.key", folder / "root.pem"
        chain.write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
        secret.write_bytes(
            own.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        self.root.write_bytes(root.public_bytes(serialization.Encoding.PEM))
        self.serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.serving.load_cert_chain(chain, secret)

    @property
    def trusted(self) -> ssl.SSLContext:
        """A client's context that trusts this authority alone."""
        return ssl.create_default_context(cafile=str(self.root))

    def client_of_loopback(self) -> PublicHttps:
        """Return a client for which every name resolves to loopback, where it trusts this authority alone."""

        async def resolve(host: str, port: int) -> list[str]:
            return ["127.0.0.1"]

        return PublicHttps(resolve, lambda address: True, self.trusted)

    @staticmethod
    def _signed(
        subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
        )


@dataclass
class Received:
    """The requests that a server received, and its answer: raw bytes, None for silence, or a choice by the head."""

    answer: bytes | Callable[[str], bytes | None] | None = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    port: int = 0
    bodies: list[bytes] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)


@asynccontextmanager
async def serving(authority: Authority, address: str, port: int = 0) -> AsyncIterator[Received]:
    """Serve on this loopback address until the block ends."""
    received = Received()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            [length] = [line.split(":")[1] for line in head.split("\r\n") if line.lower().startswith("content-length")]
            received.bodies.append(await reader.readexactly(int(length)))
            received.heads.append(head)
            said = received.answer(head) if callable(received.answer) else received.answer
            if said is None:
                await reader.read()
                return
            writer.write(said)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # the client has gone
        finally:
            writer.close()

    server = await asyncio.start_server(answer, address, port, ssl=authority.serving)
    received.port = server.sockets[0].getsockname()[1]
    try:
        yield received
    finally:
        server.close()
