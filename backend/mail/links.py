"""The one thing that each event asks for: a page of ours, and the words on the button that leads there."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Link:
    """A page and the words on its button. path: values of the mail stand in braces, `{secret_…}` in the mail alone."""

    path: str
    fr: str
    en: str

    @property
    def is_secret(self) -> bool:
        """Whether whoever has the link can act without a sign-in, so that it stands in no notice."""
        return "{secret_" in self.path


HOME = Link("/", "Ouvrir EcoPanier", "Open EcoPanier")
"""For what has no page of its own."""

_PASS = Link("/my-pass/{secret_token}", "Voir mon laissez-passer", "See my pass")
_PASSWORD = Link("/forgot-password", "Choisir un autre mot de passe", "Choose another password")

LINKS: Mapping[str, Link] = {
    "reservation_confirmed": _PASS,
    "pickup_reminder": _PASS,
    "reservation_cancelled": HOME,
    "lot_withdrawn": HOME,
    "lot_recalled": HOME,
    "reservation_refunded": HOME,
    "portion_kept": HOME,
    "favourite_offers": HOME,
    "place_offers": HOME,
    "pass_handed": HOME,
    "suspended_lot_moved": HOME,
    "suspended_lot_over": HOME,
    "suspended_lot_refunded": HOME,
    "suspended_lot_given_back": HOME,
    "problem_report_answered": HOME,
    "address_to_confirm": Link("/{page}/{secret_token}", "Confirmer mon adresse", "Confirm my address"),
    "already_registered": _PASSWORD,
    "reset_password": Link("/new-password/{secret_token}", "Choisir un mot de passe", "Choose a password"),
    "invitation": Link("/invitation/{secret_token}", "Voir l'invitation", "See the invitation"),
    "right_ends": Link("/help/beneficiary", "Lire l'aide", "Read the help"),
    "transfer_of_yours": Link("/help/beneficiary", "Lire l'aide", "Read the help"),
    "new_access": Link("/activate", "Utiliser le nouvel accès", "Use the new access"),
    "new_card": Link("/help/beneficiary", "Lire l'aide", "Read the help"),
    "second_factor_added": _PASSWORD,
    "second_factor_removed": _PASSWORD,
    "second_factor_reset": HOME,
    "recovery_code_used": _PASSWORD,
    "shop_decided": Link("/help/merchant", "Lire l'aide des commerces", "Read the help for shops"),
    "first_reservation": HOME,
    "sold_out": HOME,
    "day_summary": HOME,
    "portions_back": HOME,
    "agreement_proposed": HOME,
    "allergen_reported": Link("/help/merchant", "Lire l'aide des commerces", "Read the help for shops"),
    "problem_reported": Link("/help/merchant", "Lire l'aide des commerces", "Read the help for shops"),
    "shop_paused": Link("/help/merchant", "Lire l'aide des commerces", "Read the help for shops"),
    "lot_taken_down": Link("/help/merchant", "Lire l'aide des commerces", "Read the help for shops"),
    "recall_for_shop": HOME,
    "recall_to_pass_on": HOME,
    "association_decided": Link("/help/association", "Lire l'aide des associations", "Read the help for associations"),
    "import_ended": HOME,
    "rights_end": HOME,
    "transfer": HOME,
    "collector_decided": Link("/help/collector", "Lire l'aide des collecteurs", "Read the help for collectors"),
    "to_decide": HOME,
    "refund_failed": HOME,
    "account_ends": HOME,
}
"""By event. A test opens each page."""
