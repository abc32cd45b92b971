"""Request and response bodies for changing one's e-mail address."""

from datetime import datetime
from typing import Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from backend.accounts.addresses import EmailAddress
from backend.accounts.schemas import MailedCode, MailedToken, Token
from backend.http.schemas import In, Out
from backend.second_factors.schemas import FactorCode, Password, RecoveryCode

_PASSWORD = "un vélo bleu sous la pluie"  # noqa: S105  an example


class EmailChangeIn(In):
    """The new address, the password and, if the account has a second factor, a code."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "amina@example.net", "password": _PASSWORD}]})

    email: EmailAddress
    password: Password
    code: FactorCode | None = Field(
        default=None, description="The six digits of your authenticator, if you have one.", repr=False
    )
    recovery_code: RecoveryCode | None = Field(
        default=None, description="A recovery code, instead of the digits.", examples=[None], repr=False
    )

    @model_validator(mode="after")
    def _at_most_one(self) -> Self:
        if self.code is not None and self.recovery_code is not None:
            raise PydanticCustomError("one_of", "Either a code or a recovery code")
        return self


class EmailConfirmationIn(In):
    """The code from the mail to the new address, or the token from its link."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["code"]}, {"required": ["token"]}],
            "examples": [{"code": "482913"}],
        }
    )

    code: MailedCode | None = Field(default=None, description="The six digits from the mail.", repr=False)
    token: MailedToken | None = Field(default=None, description="The end of the mail's link.", repr=False)

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if (self.token is None) == (self.code is None):
            raise PydanticCustomError("one_of", "Either a code or a token")
        return self


class RevocationIn(In):
    """The token from a mail to the old address."""

    token: Token


class RevokedOut(Out):
    """The outcome of the change."""

    restored: bool = Field(
        description="Whether the address had changed already, and is the old one again. "
        "Otherwise the change was only stopped.",
        examples=[True],
    )


class WaitingChange(Out):
    """A change that waits for the confirmation of the new address."""

    email: str = Field(description="The new address, as you typed it.", examples=["amina@example.net"])
    asked_at: datetime
    ends_at: datetime = Field(description="Until when the mail's link confirms it.")


class OwnEmailOut(Out):
    """The change of your address that waits."""

    waiting: WaitingChange | None
