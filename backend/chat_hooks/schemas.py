"""Request and response bodies for chat hooks."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from backend.http.public_addresses import Why, https_address
from backend.http.schemas import In, Out

Kind = Literal["slack", "teams"]
Event = Literal["asked", "incident"]
Language = Literal["fr", "en"]

_NAME: dict[str, Any] = {"description": "In your own words, such as the channel's name.", "examples": ["#collectes"]}
_EVENTS: dict[str, Any] = {
    "description": "What is posted: requests that are new or offered to you, and incidents on the way.",
    "examples": [["asked", "incident"]],
}
_LANGUAGE: dict[str, Any] = {"description": "The language of the messages.", "examples": ["fr"]}


class ChatHookIn(In):
    """A chat to post to."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(**_NAME)
    kind: Kind = Field(description="`teams`: a webhook of a Workflow.", examples=["slack"])
    url: Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(https_address)] = Field(
        description="The webhook's address, as Slack or Teams shows it. It is kept sealed and never shown again.",
        examples=["https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"],
        repr=False,
    )
    events: Annotated[list[Event], Field(min_length=1, max_length=2)] = Field(**_EVENTS)
    language: Language = Field(default="fr", **_LANGUAGE)


class ChatHookOut(Out):
    """A chat that is posted to, without its address."""

    id: UUID = Field(examples=["01980c5e-6a10-7a53-b7f4-2f0d7c1e9d51"])
    name: str = Field(**_NAME)
    kind: Kind = Field(examples=["slack"])
    events: list[Event] = Field(**_EVENTS)
    language: Language = Field(**_LANGUAGE)
    host: str = Field(examples=["hooks.slack.com"])
    ends_with: str = Field(description="The last 4 characters of the address.", examples=["XXXX"])
    created_at: datetime = Field(examples=["2026-11-29T08:15:00Z"])
    posted_at: datetime | None = Field(description="When a message last got through.", examples=[None])
    failures: int = Field(description="Failures since then.", examples=[0])
    failing_since: datetime | None = Field(examples=[None])
    problem: Why | None = Field(
        description=(
            "Why the last message failed. `address`: no public address; `unreachable`: no connection or no valid"
            " certificate; `timeout`: no answer within 5 seconds; `redirect`, `too_large`: an answer that is none of a"
            " chat; `gone`: the chat says that the webhook is removed; `status`: any other refusal."
        ),
        examples=[None],
    )
    off_at: datetime | None = Field(
        description="Switched off after 5 days of failures. A test that gets through switches it on again.",
        examples=[None],
    )


class ChatHooks(Out):
    """The chats that are posted to, in the order in which they were added."""

    data: list[ChatHookOut]
