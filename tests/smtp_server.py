"""A mail server that speaks SMTP (RFC 5321) over TCP; a test decides what it answers, or that it stays silent."""

import asyncio
import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Self

HANG_UP = b""
Answer = Callable[[str], bytes | None]
"""Takes a command's verb (`CONNECT` first, `DOT` after a mail) or an address; returns the reply, None for the usual."""


class SmtpServer:
    """Records the mails and commands that it receives: `async with SmtpServer(answer) as server`.

    `recipient` answers RCPT by the address, before `answer` does by the verb.
    """

    def __init__(
        self,
        answer: Answer = lambda _: None,
        *,
        recipient: Answer = lambda _: None,
        silent_at: str | None = None,
        tls: ssl.SSLContext | None = None,
    ):
        self._answer = answer
        self._recipient = recipient
        self._silent_at = silent_at
        self._tls = tls
        self._mail = b""
        self.connections = 0
        self.mails: list[bytes] = []
        self.recipients: list[str] = []
        self.commands: list[str] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"smtp://127.0.0.1:{self.port}"
        self._serving: set[asyncio.Task[None]] = set()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        self.connections += 1
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError):
            pass  # the client hung up, or the test is over
        finally:
            writer.close()  # do not wait for it: after a failed handshake Python 3.11 would wait for ever
            self._serving.discard(task)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        verb, rest = "CONNECT", ""
        while True:
            if verb == self._silent_at:
                await asyncio.sleep(3600)
            address = rest.partition("<")[2].partition(">")[0] if verb == "RCPT" else ""
            reply = self._recipient(address) if address else None
            if reply is None:
                reply = self._answer(verb)
            if reply is None:
                reply = self._usual(verb)
            if verb == "DOT" and not reply.startswith((b"4", b"5")):
                self.mails.append(self._mail)
            if reply == HANG_UP:
                return
            writer.write(reply + b"\r\n")
            await writer.drain()
            if verb == "QUIT":
                return
            if verb == "RCPT" and reply.startswith(b"2"):
                self.recipients.append(address)
            if verb == "STARTTLS" and self._tls is not None:
                await writer.start_tls(self._tls)
            if verb == "DATA" and reply.startswith(b"354"):
                raw = await reader.readuntil(b"\r\n.\r\n")
                self._mail = raw[:-3].replace(b"\r\n..", b"\r\n.")
                verb = "DOT"
                continue
            line = (await reader.readuntil(b"\r\n")).decode().strip()
            verb, _, rest = line.partition(" ")
            verb = verb.upper()
            self.commands.append(line)

    def _usual(self, verb: str) -> bytes:
        starttls = b"250-STARTTLS\r\n" if self._tls is not None else b""
        return {
            "CONNECT": b"220 localhost ESMTP",
            "EHLO": b"250-localhost\r\n" + starttls + b"250-AUTH PLAIN LOGIN\r\n250 8BITMIME",
            "DATA": b"354 go on",
            "AUTH": b"235 welcome",
            "STARTTLS": b"220 go ahead",
            "QUIT": b"221 bye",
        }.get(verb, b"250 ok")
