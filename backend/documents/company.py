"""The platform's own company, as invoices name it."""

from backend.documents.contents import Party
from backend.settings import Settings

# What the demo on a developer's machine prints.
_DEMO = Party(
    name="EcoPanier (démonstration)",
    address="4 quai des Bateliers, 67000 Strasbourg",
    siret="73282932000074",
    vat_number="FR44732829320",
)


def company_of(settings: Settings) -> Party | None:
    """Return the company that runs the platform; None if the settings lack what an invoice has to say of it.

    A demo in development has an invented one.
    """
    name, address = settings.operator_name, settings.operator_address
    siret, vat_number = settings.company_siret, settings.company_vat_number
    if name is None or address is None or siret is None or vat_number is None:
        return _DEMO if settings.environment == "development" and settings.demo else None
    return Party(name=name, address=address, siret=siret, vat_number=vat_number, legal_form=settings.company_form)
