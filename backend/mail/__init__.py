"""Mails: rendered in the recipient's language and sent by SMTP, or written to the data directory without SMTP_URL."""

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
SECONDS_IN_ALL = 60  # for one mail, from connecting to its acceptance

log = structlog.get_logger("ecopanier.mail")


class MailNotSent(Exception):
    """Raised when a mail could not be sent now; a later try may succeed.

    The message names the cause, but repeats neither the address nor the server's answer.
    """


async def send(
    settings: Settings, *, to: str, locale: str, template: str, message_id: str | None = None, **values: Any
) -> None:
    """Send one mail: `await send(settings, to=…, locale="fr", template="lot_withdrawn", title=…)`.

    `template` names a file in templates/; `values` are its variables. `message_id` identifies the mail: sent again
    after a lost answer, it has the same Message-ID. Raises MailNotSent if a later try may succeed. If the server
    refuses the mailbox or the mail for good, that is logged and nothing is raised.
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
            # Not chained: servers often repeat the address in their answers.
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
    # Message-IDs may be seen by strangers, so they get only the identifier's hash.
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
        # With a password, encryption is required. Without one, it is used if the server offers it (mailpit does not).
        start_tls=None if at_once or user is None else True,
        local_hostname="localhost",  # otherwise aiosmtplib looks up our host name, which blocks the event loop
        timeout=SECONDS_AN_ANSWER,
    )
    try:
        await server.connect()
        await server.send_message(message)
        with suppress(aiosmtplib.SMTPException):
            await server.quit()  # the server has accepted the mail, whatever it answers to QUIT
    finally:
        server.close()  # not `async with`, which sends QUIT after an error too, and waits for the answer


def _refused_for_good(error: Exception) -> int | None:
    """Return the SMTP code if this mailbox or mail is refused for good (5xx, RFC 5321 4.2.1), otherwise None."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        codes = [recipient.code for recipient in error.recipients]
        return codes[0] if codes and min(codes) >= 500 else None
    if isinstance(error, aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError) and error.code >= 500:
        return error.code
    # A refused login or sender is a mistake in our settings: the mail waits until it is corrected.
    return None


def _write(folder: Path, template: str, message: EmailMessage) -> None:
    """Write a mail to a file that only the user running the server can read, because it may contain a token."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{template}.eml"
    draft = folder / f".{name}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(message.as_bytes())
    draft.rename(folder / name)
    log.info("mail.written", file=name)
