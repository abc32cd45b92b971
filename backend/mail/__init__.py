"""Mails to people: rendered in their language, sent by SMTP, or written to the data directory where none is set."""

import asyncio
import hashlib
import os
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog

from backend.mail.rendering import rendered
from backend.settings import Settings

SECONDS_AN_ANSWER = 15
SECONDS_IN_ALL = 60

log = structlog.get_logger("ecopanier.mail")


class MailNotSent(Exception):
    """The mail could not be handed over now and may be later. Its text names the cause, no address and no answer."""


async def send(
    settings: Settings, *, to: str, locale: str, template: str, message_id: str | None = None, **values: Any
) -> None:
    """Send one mail: `await send(settings, to=…, locale="fr", template="lot_withdrawn", title=…)`.

    `template` is a file in templates/, `values` are what it shows. `message_id` marks a mail that may be sent again
    after a lost answer as the same one. Raises MailNotSent when a later try may succeed; a mailbox that is refused
    for good is logged and left alone.
    """
    message = _message(settings, to, locale, template, message_id, values)
    if settings.smtp_url is None:
        await asyncio.to_thread(_write, settings.data_dir / "mails", template, message)
        return
    try:
        async with asyncio.timeout(SECONDS_IN_ALL):
            await _hand_over(settings.smtp_url.get_secret_value(), message)
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        code = _refused_for_good(error)
        if code is None:
            # Not chained: what a server answers often repeats the address.
            raise MailNotSent(type(error).__name__) from None
        log.warning("mail.refused", template=template, smtp_code=code)
        return
    log.info("mail.sent", template=template)


def _message(
    settings: Settings, to: str, locale: str, template: str, message_id: str | None, values: dict[str, Any]
) -> EmailMessage:
    mail = rendered(template, locale, public_url=settings.public_url, **values)
    message = EmailMessage(policy=SMTP)
    message["From"] = settings.mail_sender
    message["To"] = to
    message["Subject"] = mail.subject
    message["Date"] = datetime.now(UTC)
    # The identifier is hashed: it may be told to strangers, what it is made from need not.
    unique = hashlib.sha256(message_id.encode()).hexdigest()[:32] if message_id else os.urandom(16).hex()
    message["Message-ID"] = f"<{unique}@{urlsplit(settings.public_url).hostname}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = locale
    message.set_content(mail.text, cte="8bit")
    message.add_alternative(mail.html, subtype="html", cte="8bit")
    return message


async def _hand_over(url: str, message: EmailMessage) -> None:
    parts = urlsplit(url)
    at_once = parts.scheme == "smtps"
    user = unquote(parts.username) if parts.username else None
    server = aiosmtplib.SMTP(
        hostname=parts.hostname,
        port=parts.port or (465 if at_once else 587 if user else 25),
        username=user,
        password=unquote(parts.password) if parts.password else None,
        use_tls=at_once,
        # With a password encryption is a must; without, it is used where the server has it (mailpit has none).
        start_tls=None if at_once or user is None else True,
        local_hostname="localhost",  # aiosmtplib would look our own name up, blocking
        timeout=SECONDS_AN_ANSWER,
    )
    try:
        await server.connect()
        await server.send_message(message)
        with suppress(aiosmtplib.SMTPException):
            await server.quit()  # the mail is theirs, however they say goodbye
    finally:
        server.close()  # as a context manager it would take its leave first, and wait for an answer


def _refused_for_good(error: Exception) -> int | None:
    """Give the SMTP code when this mailbox or mail is refused whatever we do (5xx, RFC 5321 4.2.1)."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        codes = [recipient.code for recipient in error.recipients]
        return codes[0] if codes and min(codes) >= 500 else None
    if isinstance(error, aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError) and error.code >= 500:
        return error.code
    # A refused login or sender is ours to mend; the mail waits.
    return None


def _write(folder: Path, template: str, message: EmailMessage) -> None:
    """Write a mail where the person who runs this reads it: a token stands in it, so nobody else may."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{template}.eml"
    draft = folder / f".{name}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(message.as_bytes())
    draft.rename(folder / name)
    log.info("mail.written", file=name)
