"""Bring e-mail addresses into one form, so that one mailbox is one account."""

from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

LONGEST_ADDRESS = 254


def normalised(address: str) -> str:
    """Return an address with its domain in lower case and in ASCII (IDNA). No DNS look-up is made.

    The part before the @ keeps its case, because its server may distinguish case; accounts do not (`lower(email)`).
    That part must be ASCII, because few servers accept anything else. Raises EmailNotValidError.
    """
    return str(validate_email(address, check_deliverability=False, allow_smtputf8=False).ascii_email)


def username(written: str) -> str:
    """Return a typed e-mail address or beneficiary code in the form that sign-ins are counted by.

    Without it, each spelling of one name would have a limit of its own. The result is "" for a text that cannot be a
    name here.
    """
    name = written.strip()
    if "@" in name:
        try:
            name = normalised(name)
        except EmailNotValidError:
            return ""
    return name.lower() if name.isascii() and name.isprintable() and len(name) <= LONGEST_ADDRESS else ""


def _checked(address: str) -> str:
    try:
        return normalised(address)
    except EmailNotValidError:
        raise PydanticCustomError("email", "Not an e-mail address") from None


EmailAddress = Annotated[
    str,
    Field(max_length=LONGEST_ADDRESS, examples=["amina@example.org"], json_schema_extra={"format": "email"}),
    AfterValidator(_checked),
]
