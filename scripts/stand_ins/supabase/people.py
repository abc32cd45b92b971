"""The people, sessions and mails of the stand-in, which live as long as its process."""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pyotp

TOKEN_SECONDS = 3600
MAIL_SECONDS = 3600
REUSE_SECONDS = 10


class Refusal(Exception):
    """Raised for what Supabase Auth refuses: its status, its code and its message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass
class Mail:
    """A mail that Supabase would have sent. token: the `TokenHash` of its template; code: its `Token`."""

    kind: str
    email: str
    code: str
    token: str


@dataclass
class Factor:
    """A TOTP factor. used: codes that were accepted, which count once."""

    id: str
    name: str
    secret: str
    verified: bool = False
    used: set[str] = field(default_factory=set)

    def described(self) -> dict[str, Any]:
        """Return the factor as a user's `factors` shows it."""
        now = datetime.now(UTC).isoformat()
        status = "verified" if self.verified else "unverified"
        named = {"id": self.id, "friendly_name": self.name, "factor_type": "totp", "status": status}
        return {**named, "created_at": now, "updated_at": now}


@dataclass
class Person:
    """Somebody with a sign-in. pending: the unspent one-time tokens by their purpose."""

    email: str
    password: str
    metadata: dict[str, Any]
    id: str = field(default_factory=lambda: str(uuid4()))
    confirmed: bool = False
    banned: bool = False
    factors: list[Factor] = field(default_factory=list)
    pending: dict[str, tuple[Mail, float]] = field(default_factory=dict)
    new_email: str | None = None

    def described(self) -> dict[str, Any]:
        """Return the user object."""
        now = datetime.now(UTC).isoformat()
        return {
            "id": self.id,
            "aud": "authenticated",
            "role": "authenticated",
            "email": self.email,
            "email_confirmed_at": now if self.confirmed else None,
            "phone": "",
            "app_metadata": {"provider": "email", "providers": ["email"]},
            "user_metadata": {**self.metadata, "email": self.email, "email_verified": self.confirmed},
            "identities": [{"provider": "email", "user_id": self.id}],
            "created_at": now,
            "updated_at": now,
            "is_anonymous": False,
            **({"factors": [factor.described() for factor in self.factors]} if self.factors else {}),
            **({"new_email": self.new_email} if self.new_email else {}),
        }


@dataclass
class Session:
    """A sign-in. spent: refresh tokens that were exchanged, and when."""

    person: Person
    id: str = field(default_factory=lambda: str(uuid4()))
    assurance: str = "aal1"
    refresh_token: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    spent: dict[str, float] = field(default_factory=dict)


class People:
    """The people who can sign in, and their sessions.

    confirms: whether addresses must be confirmed. mailing: called with each mail.
    """

    def __init__(self, confirms: bool, mailing: Callable[[Mail], object]) -> None:
        self.confirms = confirms
        self.mailing = mailing
        self.people: dict[str, Person] = {}
        self.sessions: dict[str, Session] = {}
        self.challenges: dict[str, tuple[str, float]] = {}

    def person(self, email: str) -> Person | None:
        """Return who has an address."""
        return self.people.get(email.strip().lower())

    def sign_up(self, email: str, password: str, metadata: dict[str, Any]) -> Person | Session:
        """Register an address. A confirmed one gets an answer that nobody can tell from that of a new one."""
        email = email.strip().lower()
        if "@" not in email:
            raise Refusal(400, "validation_failed", "Unable to validate email address: invalid format")
        _refuse_weak(password)
        known = self.person(email)
        if known is not None and known.confirmed:
            if not self.confirms:
                raise Refusal(422, "user_already_exists", "User already registered")
            return Person(email, "", metadata)
        person = known or Person(email, password, metadata)
        self.people[email] = person
        if self.confirms:
            self.mail(person, "signup")
            return person
        person.confirmed = True
        return self.open(person)

    def sign_in(self, email: str, password: str) -> Session:
        """Open a session by password."""
        person = self.person(email)
        if person is None or not secrets.compare_digest(person.password.encode(), password.encode()):
            raise Refusal(400, "invalid_credentials", "Invalid login credentials")
        if not person.confirmed:
            raise Refusal(400, "email_not_confirmed", "Email not confirmed")
        if person.banned:
            raise Refusal(400, "user_banned", "User is banned")
        return self.open(person)

    def open(self, person: Person) -> Session:
        """Open a session."""
        session = Session(person)
        self.sessions[session.id] = session
        return session

    def refresh(self, token: str) -> Session:
        """Exchange a refresh token. Using a spent one again, later than 10 seconds, ends the session."""
        for session in self.sessions.values():
            if token == session.refresh_token:
                session.spent[token] = time.monotonic()
                session.refresh_token = secrets.token_urlsafe(9)
                return session
            if token in session.spent:
                if time.monotonic() - session.spent[token] <= REUSE_SECONDS:
                    return session
                del self.sessions[session.id]
                raise Refusal(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")
        raise Refusal(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")

    def mail(self, person: Person, kind: str, email: str | None = None) -> None:
        """Send a mail with a code and the token of a link."""
        code = f"{secrets.randbelow(1_000_000):06}"
        address = email or person.email
        # As Supabase makes it: SHA-224 of address and code.
        mail = Mail(kind, address, code, hashlib.sha224((address + code).encode()).hexdigest())
        person.pending[kind] = (mail, time.monotonic())
        self.mailing(mail)

    def verify(self, kind: str, *, email: str = "", code: str = "", token: str = "") -> Session:
        """Spend the code or the token of a mail, and open a session."""
        kinds = {"email": ("signup", "magiclink"), "signup": ("signup",), "recovery": ("recovery",)}.get(kind, (kind,))
        for person in self.people.values():
            for one in kinds:
                mail, sent = person.pending.get(one, (None, 0.0))
                if mail is None or time.monotonic() - sent > MAIL_SECONDS:
                    continue
                by_code = code and mail.code == code and mail.email == email.strip().lower()
                if by_code or (token and token == mail.token):
                    del person.pending[one]
                    if one == "email_change":
                        self._move(person)
                    person.confirmed = True
                    return self.open(person)
        raise Refusal(403, "otp_expired", "Token has expired or is invalid" if code else "Email link is invalid")

    def _move(self, person: Person) -> None:
        del self.people[person.email]
        person.email, person.new_email = person.new_email or person.email, None
        self.people[person.email] = person

    def change(self, session: Session, password: str | None, email: str | None) -> None:
        """Change a password, or begin to change an address."""
        person = session.person
        if session.assurance == "aal1" and any(factor.verified for factor in person.factors):
            raise Refusal(
                401, "insufficient_aal", "AAL2 session is required to update email or password when MFA is on"
            )
        if password is not None:
            _refuse_weak(password)
            if password == person.password:
                raise Refusal(422, "same_password", "New password should be different from the old password.")
            person.password = password
        if email is not None and email.strip().lower() != person.email:
            if self.person(email) is not None:
                raise Refusal(422, "email_exists", "A user with this email address has already been registered")
            person.new_email = email.strip().lower()
            self.mail(person, "email_change", person.new_email)

    def end(self, session: Session, scope: str) -> None:
        """End a session, the other ones of its holder, or all."""
        for one in list(self.sessions.values()):
            if one.person is session.person and {
                "local": one is session,
                "others": one is not session,
                "global": True,
            }.get(scope, False):
                del self.sessions[one.id]

    def add_factor(self, session: Session, name: str) -> Factor:
        """Begin to add a TOTP factor."""
        if any(factor.name == name for factor in session.person.factors):
            raise Refusal(422, "mfa_factor_name_conflict", "A factor with the friendly name already exists")
        if session.assurance == "aal1" and any(factor.verified for factor in session.person.factors):
            raise Refusal(403, "insufficient_aal", "AAL2 required to enroll a new factor")
        factor = Factor(str(uuid4()), name, pyotp.random_base32())
        session.person.factors.append(factor)
        return factor

    def factor(self, session: Session, factor_id: str) -> Factor:
        """Return a factor of the session's holder."""
        for factor in session.person.factors:
            if factor.id == factor_id:
                return factor
        raise Refusal(404, "mfa_factor_not_found", "Factor not found")

    def challenge(self, factor: Factor) -> str:
        """Begin a challenge."""
        challenge = str(uuid4())
        self.challenges[challenge] = (factor.id, time.monotonic())
        return challenge

    def pass_factor(self, session: Session, factor: Factor, challenge: str, code: str) -> Session:
        """Pass a challenge. The first time verifies the factor, and ends sessions that have not passed it."""
        challenged, began = self.challenges.get(challenge, ("", 0.0))
        if challenged != factor.id or time.monotonic() - began > 300:
            raise Refusal(422, "mfa_challenge_expired", "MFA challenge has expired, verify against another challenge")
        if code in factor.used or not pyotp.TOTP(factor.secret).verify(code, valid_window=1):
            raise Refusal(422, "mfa_verification_failed", "Invalid TOTP code entered")
        factor.used.add(code)
        factor.verified, session.assurance = True, "aal2"
        session.refresh_token = secrets.token_urlsafe(9)
        for one in list(self.sessions.values()):
            if one.person is session.person and one.assurance == "aal1":
                del self.sessions[one.id]
        return session

    def remove_factor(self, session: Session, factor: Factor) -> None:
        """Remove a factor; a verified one needs a session that passed it."""
        if factor.verified and session.assurance != "aal2":
            raise Refusal(422, "insufficient_aal", "AAL2 required to unenroll verified factor")
        session.person.factors.remove(factor)


def _refuse_weak(password: str) -> None:
    if len(password) < 8:
        raise Refusal(422, "weak_password", "Password should be at least 8 characters.")
