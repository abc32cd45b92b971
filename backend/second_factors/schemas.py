"""Request and response bodies for second factors."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from backend.accounts.schemas import Device, Token
from backend.http.scans import typed
from backend.http.schemas import In, Out
from backend.second_factors.codes import DIGITS
from backend.terms.schemas import Version

_CODE = "492039"
_PASSWORD = "un vélo bleu sous la pluie"  # noqa: S105  an example
_TOKEN = "c2hvd24gaW4gdGhlIGRvY3VtZW50YXRpb24gb25seSE"  # noqa: S105  an example
_RECOVERY_CODE = "7K3M-9QXT-4BZ0-WRH8"
_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105  an example

FactorCode = Annotated[
    str,
    StringConstraints(pattern=rf"^[0-9]{{{DIGITS}}}$"),
    BeforeValidator(lambda written: typed(written) if isinstance(written, str) else written),
]
RecoveryCode = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Password = Annotated[
    str,
    StringConstraints(strip_whitespace=False, max_length=1000),
    Field(
        description="Your password.",
        examples=[_PASSWORD],
        json_schema_extra={"format": "password", "writeOnly": True},
        repr=False,
    ),
]


def _one_code(**others: str) -> ConfigDict:
    """Return the description of a body with either code, with an example that has `others` too."""
    return ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["code"]}, {"required": ["recovery_code"]}],
            "examples": [{**others, "code": _CODE}],
        }
    )


class OneCode(In):
    """A code of the authenticator, or a recovery code."""

    model_config = _one_code()

    code: FactorCode | None = Field(
        default=None, description="The six digits that the authenticator shows now.", examples=[_CODE], repr=False
    )
    recovery_code: RecoveryCode | None = Field(
        default=None,
        description="One of the recovery codes, with or without dashes; each works once.",
        examples=[None],
        repr=False,
    )

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if (self.code is None) == (self.recovery_code is None):
            raise PydanticCustomError("one_of", "Either a code or a recovery code")
        return self


class SecondFactorIn(OneCode):
    """The code that finishes a sign-in."""

    model_config = _one_code(challenge_token=_TOKEN)

    challenge_token: Token = Field(
        description="The one of `auth.second_factor_needed`.",
        examples=[_TOKEN],
        repr=False,
    )
    device: Device = None
    accepted_terms: Version | None = Field(
        default=None, description="Agree to this version of the terms, after `terms_to_accept` asked you to."
    )


class EnrolmentIn(In):
    """The password that allows a second factor to be added."""

    password: Password


class EnrolmentOut(Out):
    """The secret to put into an authenticator app. It is shown only now."""

    secret: str = Field(description="To type, if the QR cannot be scanned; base 32.", examples=[_SECRET])
    otpauth_uri: str = Field(
        examples=[f"otpauth://totp/EcoPanier:sophie%40example.org?secret={_SECRET}&issuer=EcoPanier"]
    )
    qr_svg: str = Field(description="`otpauth_uri` as a QR, an SVG document.", examples=["<svg …></svg>"])
    expires_in: int = Field(description="Seconds within which a code must confirm it.", examples=[600])


class ConfirmedCodeIn(In):
    """The first code of a new authenticator."""

    code: FactorCode = Field(description="The six digits that it shows now.", examples=[_CODE], repr=False)


class RecoveryCodesOut(Out):
    """The recovery codes of a new second factor. They are shown only now."""

    activated_at: datetime
    recovery_codes: list[str] = Field(
        description="Each finishes one sign-in without the authenticator. Keep them apart from it.",
        examples=[[_RECOVERY_CODE]],
    )


class RemovalIn(OneCode):
    """The password, and a code, that allow the second factor to be removed."""

    model_config = _one_code(password=_PASSWORD)

    password: Password


class SecondFactorOut(Out):
    """A second factor of the caller."""

    kind: Literal["totp"] = Field(default="totp", examples=["totp"])
    activated_at: datetime
    recovery_codes_left: int = Field(examples=[10])
    reset_at: datetime | None = Field(
        description="When it goes because an admin was told that it is lost. Signing in with it ends that.",
        examples=[None],
    )


class SecondFactorsOut(Out):
    """The second factors of the caller; there is one at most."""

    required: bool = Field(description="Whether your account cannot do its work without one.", examples=[True])
    passed: bool = Field(description="Whether this sign-in has passed it.", examples=[True])
    data: list[SecondFactorOut]
