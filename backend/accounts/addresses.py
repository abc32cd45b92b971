"""E-mail addresses: one way of writing each, so that one mailbox is one account."""

from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

LONGEST_ADDRESS = 254


def normalised(address: str) -> str:
    """Write an address in its one form: domain in lower case and ASCII (IDNA). No look-up is made.

    The part before the @ keeps its case, as its server may care; accounts are told apart without it (`lower(email)`).
    It must be ASCII: few servers take anything else. Raises EmailNotValidError.
    """
    return str(validate_email(address, check_deliverability=False, allow_smtputf8=False).ascii_email)


def username(written: str) -> str:
    """Write what somebody typed as e-mail address or beneficiary code in the one form that tries are counted by.

    Different forms of one name would each have tries of their own. What cannot be a name of ours gives "".
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
