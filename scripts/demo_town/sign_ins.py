"""The list of the demo town's sign-ins, printed for the person who runs it."""

from collections.abc import Iterator, Mapping
from uuid import UUID

from scripts.demo_town.members import HELPERS, PROGRAM, TOWN
from scripts.demo_town.people import ADMIN, BENEFICIARIES, NEIGHBOURS, PASSWORD, address
from scripts.demo_town.shops import FOURNIL, JOUR_ET_NUIT, SHOPS

SHOWN = (FOURNIL.merchant, JOUR_ET_NUIT.merchant)


def sign_ins(codes: Mapping[int, str], client: UUID | None = None) -> str:
    """Return the first accounts of each role, one per line: role, e-mail address or code, password, description.

    codes: the beneficiaries' codes by their numbers. client: the id of the town's API client, if it has one.
    """
    rows = [("role", "e-mail or code", "password", "who"), *_rows(codes)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)).rstrip() for row in rows
    ]
    others = dict.fromkeys(shop.merchant.login for shop in SHOPS if shop.merchant not in SHOWN)
    return "\n".join(
        [
            "Demo sign-ins. The password is public: for this machine only.",
            "",
            *lines,
            "",
            f"The other shops' merchants have the same password, and the e-mail addresses {address('…')} with",
            f"{', '.join(others)}.",
            "",
            *_program(client),
        ]
    )


def _program(client: UUID | None) -> list[str]:
    if client is None:
        return []
    return [
        f"API client of {TOWN.name} ({PROGRAM.name}, all scopes), for POST /v1/oauth/token:",
        f"client_id      {client}",
        f"client_secret  {PROGRAM.secret}",
        "",
    ]


def _rows(codes: Mapping[int, str]) -> Iterator[tuple[str, str, str, str]]:
    yield "admin", address(ADMIN), PASSWORD, "verifies shops, associations and collectors"
    for merchant in SHOWN:
        shops = ", ".join(shop.name for shop in SHOPS if shop.merchant == merchant)
        yield "merchant", address(merchant.login), PASSWORD, shops
    for role in ("customer", "association", "collector"):
        for neighbour in [neighbour for neighbour in NEIGHBOURS if neighbour.role == role][: len(SHOWN)]:
            yield role, address(neighbour.login), PASSWORD, neighbour.name
    for helper in HELPERS:
        yield "customer", address(helper.login), PASSWORD, helper.does
    yield "customer", address(TOWN.login), PASSWORD, TOWN.does
    for person in BENEFICIARIES:
        if person.about:
            yield "beneficiary", codes[person.number], PASSWORD, person.about
