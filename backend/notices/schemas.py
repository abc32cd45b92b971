"""Bodies of requests and answers about notices."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from backend.accounts.schemas import Token
from backend.http.schemas import In, Out, if_sent

Channel = Literal["app", "mail"]
State = Literal["queued", "sent", "failed"]
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


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


class QuietHoursIn(In):
    """The hours in which you want no mail about new lots. They may go over midnight."""

    begins: TimeOfDay = Field(examples=["21:00"])
    ends: TimeOfDay = Field(examples=["08:00"])
    time_zone: Annotated[str, StringConstraints(min_length=1, max_length=60)] | None = Field(
        default=None,
        description="A name of the IANA time zone database. Null: the zone of your first saved place, else that of "
        "your association, else Paris.",
        examples=["Europe/Paris"],
    )


class PreferencesIn(In):
    """The preferences to change; those that you leave out stay as they are."""

    preferences: list[PreferenceIn] = if_sent(min_length=1, max_length=100)
    quiet_hours: QuietHoursIn | None = if_sent(description="Null: no quiet hours.")

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("give preferences or quiet_hours")
        return self


class PreferenceOut(Out):
    """An event on a channel, and whether you get it."""

    event: str = Field(examples=["pickup_reminder"])
    title: str = Field(description="The event in your account's language.", examples=["Rappel avant un retrait"])
    channel: Channel = Field(examples=["mail"])
    wanted: bool = Field(examples=[True])
    optional: bool = Field(
        description="False if it cannot be turned off: it is about money, safety or sign-in.", examples=[True]
    )


class QuietHoursOut(Out):
    """The hours in which you get no mail about new lots."""

    begins: str = Field(examples=["21:00"])
    ends: str = Field(examples=["08:00"])
    time_zone: str = Field(examples=["Europe/Paris"])


class PreferencesOut(Out):
    """Which events you get on which channel, and when mails wait."""

    preferences: list[PreferenceOut]
    quiet_hours: QuietHoursOut | None = Field(
        description="For mails about favourite shops and saved places, which then wait for the end. Mails about "
        "what you did, or that cannot wait, come at any hour. Null: none."
    )
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
