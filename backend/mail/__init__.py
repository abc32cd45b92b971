"""Mails: rendered in the recipient's language and sent by SMTP, or written to the data directory without SMTP_URL."""

import asyncio
import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog

from backend.mail.rendering import rendered
from backend.settings import Settings

SECONDS_AN_ANSWER = 15
NOWHERE = "nowhere.invalid"  # a name that never exists (RFC 6761)
SECONDS_IN_ALL = 60  # for one mail, from connecting to its acceptance
NOT_ALLOWED = 553  # RFC 5321 4.2.3: mailbox name not allowed
LONGEST_LINE_BYTES = 998  # RFC 5322 2.1.1, without the line break

log = structlog.get_logger("ecopanier.mail")


@dataclass(frozen=True)
class File:
    """A file that a mail brings: a name, a media type and its bytes. inline: the id by which the HTML shows it."""

    name: str
    kind: str
    content: bytes
    inline: str | None = None


@dataclass(frozen=True)
class Enclosed:
    """Values that are made right before a mail is sent, and the files that go along with it."""

    values: Mapping[str, Any]
    files: tuple[File, ...] = ()


class MailNotSent(Exception):
    """Raised when the relay did not take a mail. The message names the cause, but repeats neither address nor answer.

    blamed: `relay` if it would have treated every mail alike (unreachable, our login or sender refused); `address` if
    it answered about this recipient or this text. Even then the fault may be the relay's: a relay that is set up wrong
    refuses each recipient. smtp_code: its answer; None if there was none; 500 and more are refusals for good.
    """

    def __init__(self, cause: str, blamed: Literal["relay", "address"], smtp_code: int | None = None) -> None:
        super().__init__(cause)
        self.blamed = blamed
        self.smtp_code = smtp_code


async def send(
    settings: Settings,
    *,
    to: str | None,
    locale: str,
    template: str,
    message_id: str | None = None,
    enclosed: Enclosed | None = None,
    unsubscribe: str | None = None,
    **values: Any,
) -> None:
    """Send one mail: `await send(settings, to=…, locale="fr", template="lot_withdrawn", lot=…)`.

    `to`: None makes the mail and sends it to nobody, where the work must not tell whether somebody gets one.
    `template` names a file in templates/; `values` are its variables. `message_id` identifies the mail: sent again
    after a lost answer, it has the same Message-ID. `unsubscribe` is the link that stops such mails, for those that can
    be stopped. Raises MailNotSent.
    """
    if enclosed is not None:
        values |= enclosed.values
    files = enclosed.files if enclosed is not None else ()
    message = _message(settings, to or f"nobody@{NOWHERE}", locale, template, message_id, files, unsubscribe, values)
    if to is None:
        return
    if settings.smtp_url is None:
        await asyncio.to_thread(_write, settings.data_dir / "mails", template, message)
        return
    try:
        async with asyncio.timeout(SECONDS_IN_ALL):
            await _hand_over(settings.smtp_url.get_secret_value(), settings.mail_host, message)
    except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
        # Not chained: servers often repeat the address in their answers.
        raise MailNotSent(type(error).__name__, *_blamed(error, message["To"])) from None
    log.info("mail.sent", template=template)


def _message(
    settings: Settings,
    to: str,
    locale: str,
    template: str,
    message_id: str | None,
    files: tuple[File, ...],
    unsubscribe: str | None,
    values: dict[str, Any],
) -> EmailMessage:
    pictures = {file.inline for file in files if file.inline is not None}
    mail = rendered(
        template,
        locale,
        pictures=pictures,
        unsubscribe=unsubscribe,
        sender=_sender(settings, locale),
        public_url=settings.public_url,
        **values,
    )
    message = EmailMessage(policy=SMTP)
    message["From"] = settings.mail_sender
    name, _, host = to.rpartition("@")
    message["To"] = f"{name}@{host if host.isascii() else host.encode('idna').decode()}"
    message["Subject"] = mail.subject
    message["Date"] = datetime.now(UTC)
    # Message-IDs may be seen by strangers, so they get only the identifier's hash.
    unique = hashlib.sha256(message_id.encode()).hexdigest()[:32] if message_id else os.urandom(16).hex()
    message["Message-ID"] = f"<{unique}@{settings.mail_host}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = locale
    if unsubscribe is not None:
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text, cte=_encoding(mail.text))
    message.add_alternative(mail.html, subtype="html", cte=_encoding(mail.html))
    html = message.get_body(("html",))
    assert isinstance(html, EmailMessage)  # noqa: S101  it was added just now
    for file in files:
        kind, _, subtype = file.kind.partition("/")
        if file.inline is not None:
            html.add_related(
                file.content, kind, subtype, cid=f"<{file.inline}>", disposition="inline", filename=file.name
            )
        elif file.kind == "text/calendar":
            message.add_attachment(file.content.decode(), subtype="calendar", filename=file.name)
        else:
            message.add_attachment(file.content, kind, subtype, filename=file.name)
    return message


def _sender(settings: Settings, locale: str) -> str | None:
    """Return who sends a mail and where to write to; None if the operator has set neither."""
    about = [settings.operator_name, settings.operator_address]
    told = [", ".join(part for part in about if part)] if settings.operator_name else []
    if settings.mail_from:
        told.append(
            f"To write to us: {settings.mail_from}" if locale == "en" else f"Pour nous écrire : {settings.mail_from}"
        )
    return ". ".join(told) or None


def _encoding(body: str) -> str:
    """Return how a body is sent: as it is, so that a mail file can be read; folded if a line is too long for that."""
    longest = max(len(line.encode()) for line in body.split("\n"))
    return "8bit" if longest <= LONGEST_LINE_BYTES else "quoted-printable"


async def _hand_over(url: str, greeting: str, message: EmailMessage) -> None:
    parts = urlsplit(url)
    at_once = parts.scheme == "smtps"
    user = unquote(parts.username) if parts.username else None
    server = aiosmtplib.SMTP(
        hostname=parts.hostname,
        port=parts.port or (465 if at_once else 587 if user else 25),
        username=user,
        password=unquote(parts.password) if parts.password else None,
        use_tls=at_once,
        # With a password, encryption is required. Without one, it is used if the server offers it (mailpit does not).
        start_tls=None if at_once or user is None else True,
        local_hostname=greeting,  # otherwise aiosmtplib looks up our host name, which blocks the event loop
        timeout=SECONDS_AN_ANSWER,
    )
    try:
        await server.connect()
        await server.send_message(message)
        with suppress(aiosmtplib.SMTPException):
            await server.quit()  # the server has accepted the mail, whatever it answers to QUIT
    finally:
        server.close()  # not `async with`, which sends QUIT after an error too, and waits for the answer


def _blamed(error: Exception, to: str) -> tuple[Literal["relay", "address"], int | None]:
    """Return whether an error is about the relay or about the recipient (or the text), and the relay's code if any."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused) and error.recipients:
        return "address", error.recipients[0].code
    if isinstance(error, aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError):
        return "address", error.code
    if isinstance(error, ValueError) or (isinstance(error, aiosmtplib.SMTPNotSupported) and not to.isascii()):
        return "address", NOT_ALLOWED  # aiosmtplib found it malformed, or the relay takes no accents in addresses
    # aiosmtplib's code is negative where the relay did not answer in SMTP.
    return "relay", error.code if isinstance(error, aiosmtplib.SMTPResponseException) and error.code > 0 else None


def _write(folder: Path, template: str, message: EmailMessage) -> None:
    """Write a mail to a file that only the user running the server can read, because it may contain a token."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{template}.eml"
    draft = folder / f".{name}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(message.as_bytes())
    draft.rename(folder / name)
    log.info("mail.written", file=name)
