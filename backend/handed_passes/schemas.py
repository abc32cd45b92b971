"""Bodies of requests and answers about handed passes."""

from datetime import datetime

from pydantic import Field

from backend.accounts.schemas import Token
from backend.http.schemas import In, Out

_TOKEN = "c2hvd24gaW4gdGhlIGRvY3VtZW50YXRpb24gb25seSE"  # noqa: S105  an example


class HandedPassOut(Out):
    """The link to give to the friend. It is shown once, because only a hash of the token is stored."""

    token: str = Field(examples=[_TOKEN])
    link: str = Field(
        description="A page that shows the pass. The token stands after the #, so that no server logs it.",
        examples=[f"https://ecopanier.example/pass#{_TOKEN}"],
    )
    until: datetime = Field(description="The end of the pickup window.", examples=["2026-11-22T18:30:00Z"])


class HandedPassIn(In):
    """The token from the link."""

    token: Token
