"""Request and response bodies for photos."""

from uuid import UUID

from pydantic import Field

from backend.http.schemas import In, Out


class NothingBeside(In):
    """The fields beside an uploaded photo: none."""


class PhotoTaken(Out):
    """A photo that was stored."""

    photo_id: UUID = Field(
        description="For a page or a problem report; a photo that none of them shows is removed after a day.",
        examples=["01980c5e-8d11-7a42-b0c1-2f6f4f1d9a10"],
    )
