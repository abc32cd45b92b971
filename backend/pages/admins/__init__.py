"""The pages of admins. None of them shows who a beneficiary is: the API does not tell admins."""

from starlette.routing import BaseRoute

from backend.pages.admins import (
    accounts,
    collections,
    deciding,
    figures,
    funds,
    journal,
    lots,
    money,
    neighbours,
    organisations,
    parameters,
    recalls,
    reports,
    zones,
)

routes: list[BaseRoute] = [
    *funds.routes,  # before /admin/{kind}/{id}/reject
    *deciding.routes,
    *accounts.routes,
    *lots.routes,
    *collections.routes,
    *reports.routes,
    *recalls.routes,
    *figures.routes,
    *neighbours.routes,
    *money.routes,
    *organisations.routes,
    *zones.routes,
    *journal.routes,
    *parameters.routes,
]
