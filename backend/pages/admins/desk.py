"""Parts of every page of the admins: the menu, and a reason that is asked for before an act."""

from typing import Any

from starlette.responses import Response

from backend.pages.side_menu import side_menu
from backend.pages.visit import Visit

ROLES = ("admin",)
MENU = (
    ("to_decide", "/admin", "check"),
    ("accounts", "/admin/accounts", "people"),
    ("lots", "/admin/lots", "box"),
    ("tours", "/admin/tours", "route"),
    ("points", "/admin/points", "pin"),
    ("all_collections", "/admin/collections", "truck"),
    ("problem_reports", "/admin/reports", "bell-alert"),
    ("recalls", "/admin/recalls", "bell"),
    ("money", "/admin/money", "page"),
    ("organisations", "/admin/organisations", "home"),
    ("funds", "/admin/funds", "file"),
    ("zones", "/admin/zones", "map"),
    ("platform_figures", "/admin/figures", "chart"),
    ("neighbours", "/admin/neighbours", "give"),
    ("audit", "/admin/audit", "list"),
    ("settings", "/admin/settings", "settings"),
    ("mails", "/admin/mails", "page"),
)


def desk_page(visit: Visit, template: str, here: str, status: int = 200, /, **values: Any) -> Response:
    """Return a page of the admins. here: its entry in the menu."""
    return visit.page(
        f"admins/{template}",
        status,
        menu=MENU,
        side_menu=side_menu,
        house=visit.t("admin.house"),
        here=here,
        **values,
    )
