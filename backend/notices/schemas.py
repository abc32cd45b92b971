"""Bodies of requests and answers about notices."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from backend.accounts.schemas import Token
from backend.http.schemas import In, Out

Channel = Literal["app", "mail"]
State = Literal["queued", "sent", "failed"]


class DeliveryOut(Out):
    """The state of a notice on a channel outside the app."""

    channel: Literal["mail"] = Field(examples=["mail"])
    state: State = Field(description="`failed`: the mail server refuses your address for good.", examples=["sent"])


class NoticeOut(Out):
    """Something that concerns you."""

    id: UUID = Field(examples=["01980c5e-a412-7e3b-8c55-2f0a6b7d9e13"])
    event: str = Field(examples=["lot_withdrawn"])
    title: str = Field(description="In your account's language.", examples=["Votre réservation est annulée"])
    text: str = Field(
        description="Plain text; blank lines separate paragraphs.",
        examples=["Le lot que vous aviez réservé a été retiré."],
    )
    link: str | None = Field(description="The page where you can act on it.", examples=[None])
    at: datetime = Field(examples=["2026-11-22T16:02:11Z"])
    read_at: datetime | None = Field(examples=[None])
    deliveries: list[DeliveryOut]


class ReadOut(Out):
    """Notices that were marked as read."""

    read: int = Field(examples=[3])


class PreferenceIn(In):
    """Whether you want an event on a channel."""

    event: str = Field(max_length=60, examples=["pickup_reminder"])
    channel: Channel = Field(examples=["mail"])
    wanted: bool = Field(examples=[False])


class PreferencesIn(In):
    """The preferences to change; those that you leave out stay as they are."""

    preferences: list[PreferenceIn] = Field(min_length=1, max_length=100)


class PreferenceOut(Out):
    """An event on a channel, and whether you get it."""

    event: str = Field(examples=["pickup_reminder"])
    title: str = Field(description="The event in your account's language.", examples=["Rappel avant un retrait"])
    channel: Channel = Field(examples=["mail"])
    wanted: bool = Field(examples=[True])
    optional: bool = Field(
        description="False if it cannot be turned off: it is about money, safety or sign-in.", examples=[True]
    )


class PreferencesOut(Out):
    """Which events you get on which channel."""

    preferences: list[PreferenceOut]
    address_refused_at: datetime | None = Field(
        description="Since when the mail server refuses your address for good; null if it does not.", examples=[None]
    )


class UnsubscribeIn(In):
    """The token from the link of a mail."""

    token: Token
    language: Literal["fr", "en"] = Field(default="fr", description="Of the answer.")


class UnsubscribeOut(Out):
    """The mails that a link stops."""

    event: str = Field(examples=["pickup_reminder"])
    title: str = Field(description="The event in words.", examples=["Rappel avant un retrait"])


class DeliverySeen(Out):
    """A delivery as admins see it: not what was said, nor the address."""

    id: UUID = Field(examples=["01980c5e-b412-7e3b-8c55-2f0a6b7d9e13"])
    account_id: UUID | None = Field(
        description="Null where no account is known to have the address, such as that of a registration.",
        examples=["01980c5e-0002-7c11-9d35-0d6d1ad1a2f4"],
    )
    channel: Literal["mail"] = Field(examples=["mail"])
    state: State = Field(examples=["failed"])
    smtp_code: int | None = Field(description="The mail server's last answer.", examples=[550])
    queued_at: datetime = Field(examples=["2026-11-22T16:02:11Z"])
    ended_at: datetime | None = Field(examples=["2026-11-22T16:03:11Z"])
