"""The company that issues invoices, from the settings."""

import pytest

from backend.documents.company import company_of
from backend.settings import Settings

COMPANY = {
    "ECOPANIER_OPERATOR_NAME": "EcoPanier SAS",
    "ECOPANIER_OPERATOR_ADDRESS": "4 quai des Bateliers, 67000 Strasbourg",
    "ECOPANIER_COMPANY_SIRET": "732 829 320 00074",
    "ECOPANIER_COMPANY_VAT_NUMBER": "fr 44 732829320",
}


def test_numbers_are_written_without_spaces() -> None:
    company = company_of(Settings.model_validate(COMPANY))
    assert company is not None
    assert (company.siret, company.siren, company.vat_number) == ("73282932000074", "732829320", "FR44732829320")


@pytest.mark.parametrize("name", ["ECOPANIER_COMPANY_SIRET", "ECOPANIER_COMPANY_VAT_NUMBER"])
@pytest.mark.parametrize("value", ["73282932000075", "FR45732829320", "-"])
def test_wrong_numbers_are_refused_at_start(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"SIRET|VAT number"):
        Settings.model_validate({**COMPANY, name: value})


@pytest.mark.parametrize("missing", COMPANY)
def test_an_incomplete_company_invoices_nobody(missing: str) -> None:
    known = {name: value for name, value in COMPANY.items() if name != missing}
    assert company_of(Settings.model_validate({**known, "ECOPANIER_ENV": "test"})) is None


def test_only_a_demo_in_development_has_an_invented_company() -> None:
    for environment, demo, invented in (("development", "1", True), ("development", "0", False), ("test", "1", False)):
        settings = Settings.model_validate({"ECOPANIER_ENV": environment, "ECOPANIER_DEMO": demo})
        assert (company_of(settings) is not None) == invented
