"""Signed sheets of tours: a PDF or a photo, who uploads and reads them, and when their files are removed."""

import io
from pathlib import Path
from uuid import uuid4

import httpx2
import pypdfium2
import pytest
from PIL import Image

from backend.settings import settings
from backend.tours.signed_sheets import remove_sheets
from backend.worker import working
from tests.town import Town
from tests.town.answers import refusal_in
from tests.town.people import Person
from tests.town.rounds import Round, a_round

PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"


async def signs(person: Person, tour: Round, sheet: bytes) -> httpx2.Response:
    form = httpx2.Request("PUT", "http://form", files={"sheet": ("sheet", sheet, "application/octet-stream")})
    headers = {"Content-Type": form.headers["content-type"]}
    return await person.asks("PUT", f"/tours/{tour.id}/signed-sheet", content=form.read(), headers=headers)


async def reads(person: Person, tour: Round) -> httpx2.Response:
    return await person.asks("GET", f"/tours/{tour.id}/signed-sheet")


def sheets_in(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "documents").rglob("*.signed.pdf"))


def a_photo() -> bytes:
    made = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "A phone of Karim"
    Image.new("RGB", (1200, 900), "white").save(made, "JPEG", exif=exif)
    return made.getvalue()


async def test_a_collector_uploads_a_sheet_and_its_operator_reads_it(town: Town) -> None:
    tour = await a_round(town)
    assert refusal_in(await reads(tour.collector, tour)).code == "tour.no_signed_sheet"
    assert (await tour.collector.gets(f"/tours/{tour.id}/sheet"))["signed"] is False

    assert (await signs(tour.collector, tour, PDF)).status_code == 204

    for person in (tour.collector, tour.association, await town.an_admin()):
        answer = await reads(person, tour)
        assert (answer.status_code, answer.content) == (200, PDF)
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["cache-control"] == "no-store"
    assert (await tour.collector.gets(f"/tours/{tour.id}/sheet"))["signed"] is True
    assert sheets_in(town.folder) == [f"{tour.id}.signed.pdf"]
    other = PDF.replace(b"%%EOF", b"%again\n%%EOF")
    assert (await signs(tour.association, tour, other)).status_code == 204
    assert (await reads(tour.collector, tour)).content == other


async def test_a_photo_becomes_a_page_without_its_metadata(town: Town) -> None:
    tour = await a_round(town)
    assert (await signs(tour.collector, tour, a_photo())).status_code == 204
    made = (await reads(tour.collector, tour)).content
    assert b"Karim" not in made
    document = pypdfium2.PdfDocument(made)
    assert len(document) == 1
    document.close()


async def test_others_neither_upload_nor_read_a_sheet(town: Town) -> None:
    tour, other = await a_round(town), await a_round(town)
    await signs(tour.collector, tour, PDF)
    for person in (other.collector, other.association):
        assert refusal_in(await signs(person, tour, PDF)).code == "tour.not_found"
        assert refusal_in(await reads(person, tour)).code == "tour.no_signed_sheet"
    customer = await town.a_customer()
    assert (await signs(customer, tour, PDF)).status_code == (await reads(customer, tour)).status_code == 403
    assert await town.value("select count(*) from app.signed_sheets") == 1


@pytest.mark.parametrize(
    ("sheet", "code"),
    [
        (b"<html>%PDF-1.7 %%EOF", "photo.wrong_type"),
        (b"%PDF-1.7 cut off", "document.not_pdf"),
        (b"%PDF-1.7\n" + b"0" * (10 * 1024 * 1024) + b"%%EOF", "document.too_large"),
    ],
)
async def test_anything_else_than_a_sheet_is_refused(town: Town, sheet: bytes, code: str) -> None:
    tour = await a_round(town)
    assert refusal_in(await signs(tour.collector, tour, sheet)).code == code
    assert await town.value("select count(*) from app.signed_sheets where bytes is not null") == 0
    assert sheets_in(town.folder) == []


async def test_a_tour_that_has_not_begun_has_no_signed_sheet(town: Town) -> None:
    tour = await a_round(town, status="accepted")
    assert refusal_in(await signs(tour.collector, tour, PDF)).code == "tour.not_begun"


async def test_a_sheet_s_file_goes_with_its_tour(town: Town) -> None:
    kept, gone = await a_round(town), await a_round(town)
    for tour in (kept, gone):
        await signs(tour.collector, tour, PDF)
    await town.changes("delete from app.tours where id = $1", gone.id)
    await town.changes("insert into app.signed_sheets values ($1, now() - interval '2 days')", uuid4())
    async with working(settings()) as (work, _):
        assert await remove_sheets(work) == 2
    assert sheets_in(town.folder) == [f"{kept.id}.signed.pdf"]
    assert await town.value("select array_agg(tour_id) from app.signed_sheets") == [kept.id]
