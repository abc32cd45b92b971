"""The requests and answers of accounts."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from backend.accounts import passwords
from backend.accounts.addresses import EmailAddress
from backend.accounts.confirmations import CODE_DIGITS, plain_code
from backend.accounts.tokens import LONGEST_TOKEN
from backend.http.schemas import In, Out, if_sent
from backend.identity.tokens import Role
from backend.terms.schemas import TermsToAcceptOut, Version

_PASSWORD = "un vélo bleu sous la pluie"  # noqa: S105  an example
_TOKEN = "c2hvd24gaW4gdGhlIGRvY3VtZW50YXRpb24gb25seSE"  # noqa: S105  an example

OpenRole = Literal["customer", "merchant", "collector", "association"]
Locale = Annotated[Literal["fr", "en"], Field(description="The language of your mails.", examples=["fr"])]
# Field(repr=False) keeps secrets out of logs; Pydantic allows it on a whole field only, not on a part of a union.
_PasswordText = Annotated[
    str, StringConstraints(strip_whitespace=False, min_length=passwords.SHORTEST, max_length=passwords.LONGEST)
]
Password = Annotated[
    _PasswordText,
    Field(
        description="Any characters. Length counts more than variety; passwords that are easy to guess are refused.",
        examples=[_PASSWORD],
        json_schema_extra={"format": "password", "writeOnly": True},
        repr=False,
    ),
]
MailedToken = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TOKEN)]
Token = Annotated[MailedToken, Field(examples=[_TOKEN], repr=False)]
MailedCode = Annotated[
    str,
    StringConstraints(pattern=rf"^[0-9]{{{CODE_DIGITS}}}$"),
    BeforeValidator(lambda written: plain_code(written) if isinstance(written, str) else written),
]
Device = Annotated[
    Annotated[str, StringConstraints(min_length=32, max_length=200, pattern=r"^[A-Za-z0-9_-]+$")] | None,
    Field(
        description="A secret of this device: random text that the client makes once, keeps and sends with each "
        "sign-in. An account knows the devices that it signed in from: a stranger's wrong passwords do not lock them. "
        "Without a secret, a device is known by its network address and user agent.",
        examples=["Zk9qpW2vB1mX7tR4nL8sY3cF6hJ0dG5aEuTiOoPw"],
        json_schema_extra={"writeOnly": True},
        repr=False,
    ),
]
# No control characters, line breaks or marks that change the direction of text: mails and lists show it in one line.
DisplayName = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+$"
    ),
    Field(description="How others see you.", examples=["Amina B."]),
]


class Consents(In):
    """The texts that a person agrees to by registering."""

    terms: Version = Field(description="The current version of the terms of use, which you have read.")


class RegistrationWithSupabaseIn(In):
    """An account for somebody who has signed up with Supabase Auth; id and address come from the access token."""

    role: OpenRole = Field(examples=["customer"])
    display_name: DisplayName
    locale: Locale | None = Field(default=None, description="By default, the language of Accept-Language.")
    consents: Consents
    invitation: str | None = Field(
        default=None,
        max_length=LONGEST_TOKEN,
        description="The token of the link with which another shop invited yours. One that is over changes nothing.",
        examples=[None],
        repr=False,
    )
    invitation_named: bool = Field(
        default=False,
        description="Whether the shop that invited you may be told your shop's name when it publishes its first lot.",
        examples=[False],
    )


class RegistrationIn(RegistrationWithSupabaseIn):
    """A new account."""

    email: EmailAddress
    password: Password
    device: Device = None


class RegisteredOut(Out):
    """The account as it will be once its address is confirmed; the same whether the address is already known or not."""

    id: UUID
    role: OpenRole = Field(examples=["customer"])
    email: str | None = Field(examples=["amina@example.org"])
    email_verified: bool = Field(examples=[False])
    display_name: str = Field(examples=["Amina B."])
    locale: Locale
    created_at: datetime


class SignInForm(In):
    """The OAuth2 password form (RFC 6749, 4.3.2)."""

    username: str = Field(
        max_length=1000, description="E-mail address or beneficiary code.", examples=["amina@example.org"]
    )
    password: Annotated[str, StringConstraints(strip_whitespace=False)] = Field(
        max_length=1000, examples=[_PASSWORD], repr=False, json_schema_extra={"format": "password"}
    )
    device: Device = None
    accepted_terms: Version | None = Field(
        default=None, description="Agree to this version of the terms, after `terms_to_accept` asked you to."
    )
    grant_type: Literal["password"] = Field(default="password", examples=["password"])
    # OAuth2 clients send these; they have no meaning here.
    scope: str = Field(default="", max_length=1000, examples=[""])
    client_id: str = Field(default="", max_length=1000, examples=[""])
    client_secret: str = Field(default="", max_length=1000, examples=[""], repr=False)


class TokensOut(Out):
    """The tokens of a session."""

    access_token: str = Field(
        description="Send it as `Authorization: Bearer …`.", examples=["eyJhbGciOiJFZERTQSJ9.eyJ.c2ln"]
    )
    token_type: Literal["bearer"] = Field(default="bearer", examples=["bearer"])
    expires_in: int = Field(description="Seconds until the access token expires.", examples=[900])
    refresh_token: str = Field(description="Valid for one refresh within 30 days.", examples=[_TOKEN])


class SignedInOut(TokensOut):
    """The tokens of a session that was opened with a password."""

    terms_to_accept: TermsToAcceptOut | None = Field(
        default=None,
        description="A version of the terms that you have not agreed to yet. Agree with `accepted_terms` "
        "at your next sign-in, or with `PUT /v1/me/consents`.",
    )


class KeySetOut(Out):
    """A JWK Set (RFC 7517)."""

    keys: list[dict[str, str]] = Field(
        examples=[[{"kty": "OKP", "crv": "Ed25519", "x": "…", "kid": "8145d909ad64881b", "use": "sig", "alg": "EdDSA"}]]
    )


class RefreshTokenIn(In):
    """The refresh token of a session."""

    refresh_token: Token


class RefreshIn(RefreshTokenIn):
    """The refresh token of a session, and the device that refreshes."""

    device: Device = None


class ConfirmationIn(In):
    """The address and its code, or the token from the mail's link."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["email", "code"]}, {"required": ["token"]}],
            "examples": [{"email": "amina@example.org", "code": "482913", "password": _PASSWORD}],
        }
    )

    email: EmailAddress | None = None
    code: MailedCode | None = Field(default=None, description="The six digits from the mail.", repr=False)
    token: MailedToken | None = Field(default=None, description="The end of the mail's link.", repr=False)
    password: _PasswordText | None = Field(
        default=None,
        repr=False,
        description="The password that the person who confirms wants. Only the device that registered may leave it out "
        "and keep the one of the registration: a stranger may have registered the same address. For a beneficiary's "
        "address: the password that they have.",
    )
    device: Device = None

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if (self.token is None) == (self.email is None) or (self.email is None) != (self.code is None):
            raise PydanticCustomError("one_of", "Either a token, or an address and a code")
        return self


class EmailIn(In):
    """An e-mail address."""

    email: EmailAddress


class NewPasswordIn(In):
    """The token from a mail, and the new password."""

    token: Token
    password: Password
    device: Device = None


class ActivationIn(In):
    """A beneficiary's first sign-in."""

    activation_token: Token = Field(description="Given by the association that enrolled them.", examples=[_TOKEN])
    password: Password
    email: EmailAddress | None = Field(default=None, description="To sign in with instead of the code; optional.")
    device: Device = None


class SessionOut(Out):
    """One sign-in of yours that still goes on."""

    id: UUID = Field(examples=["01980c5e-a412-7e3b-8c55-2f0a6b7d9e13"])
    created_at: datetime = Field(description="When you signed in.", examples=["2026-11-22T16:02:11Z"])
    last_used_at: datetime = Field(
        description="When it last got new tokens, which it does at most every 15 minutes.",
        examples=["2026-11-22T18:02:11Z"],
    )
    at_kiosk: bool = Field(description="Whether it is at a kiosk, with a card.", examples=[False])
    current: bool = Field(description="Whether this request belongs to it.", examples=[True])


class SessionsOut(Out):
    """Your sign-ins that still go on, the newest first."""

    data: list[SessionOut]


class NoShows(Out):
    """Free portions that were not collected, and what follows from that."""

    count: int = Field(description="Number in the last 30 days; older ones no longer count.", examples=[0])
    lowered: bool = Field(description="Whether the quota is now one portion a day.", examples=[False])
    forgiven_on: date | None = Field(description="The day on which the quota rises again.", examples=[None])
    explanation: str | None = Field(description="In the account's language; null when `count` is 0.", examples=[None])


class BeneficiaryRight(Out):
    """The code and the right of a beneficiary."""

    code: str = Field(examples=["2026-BEN-00042"])
    status: str = Field(description="`pending`, `verified` or `suspended`.", examples=["verified"])
    eligible_until: date = Field(description="The last day of the right.", examples=["2027-06-30"])
    current: bool = Field(description="Whether free lots can be seen and reserved now.", examples=[True])
    quota_today: int = Field(description="Free portions that can be reserved in a day.", examples=[2])
    portions_left_today: int = Field(description="Free portions left today.", examples=[2])
    quota_renews_at: datetime = Field(
        description="When the next day begins: at midnight where the association is, in Paris if there is none.",
        examples=["2026-11-22T23:00:00Z"],
    )
    no_shows: NoShows


class MeOut(Out):
    """The caller's own account."""

    id: UUID
    role: Role = Field(examples=["beneficiary"])
    email: str | None = Field(examples=["amina@example.org"])
    email_verified: bool = Field(examples=[True])
    display_name: str = Field(examples=["Amina B."])
    locale: Locale
    created_at: datetime
    beneficiary: BeneficiaryRight | None = Field(default=None, description="For beneficiaries only.")


class MeIn(In):
    """The fields to change; fields that are left out stay as they are."""

    display_name: DisplayName = if_sent()
    locale: Locale = if_sent()
