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
"""The link of mails whose subject has no page of its own."""

_PASS = Link("/my-pass/{secret_token}", "Voir mon laissez-passer", "See my pass")
_PICKUPS = Link("/reservations", "Voir mes retraits", "See my pickups")
_GIFTS = Link("/gifts", "Voir mes dons", "See my gifts")
_RIGHT = Link("/my-right", "Voir mon droit", "See my right")
_SHOP = Link("/my-shops/now", "Ouvrir ma boutique", "Open my shop")
_PREMIUM = Link("/subscription", "Voir mon abonnement", "See my subscription")
_ASSOCIATION = Link("/association", "Ouvrir mon association", "Open my association")
_ADMIN = Link("/admin", "Voir ce qui est à décider", "See what there is to decide")
_NOT_ME = Link("/not-me/{secret_token}", "Ce n'était pas moi", "It was not me")
_TOURS = Link("/tours", "Voir mes tournées", "See my tours")
_COLLECTION = Link("/collections/{collection_id}", "Voir la collecte", "See the collection")
_FUND = Link("/organisation/funds/{fund_id}", "Voir le fonds", "See the fund")
_PASSWORD = Link("/forgot-password", "Choisir un autre mot de passe", "Choose another password")

LINKS: Mapping[str, Link] = {
    "reservation_confirmed": _PASS,
    "pickup_reminder": _PASS,
    "reservation_cancelled": _PICKUPS,
    "lot_withdrawn": _PICKUPS,
    "lot_recalled": _PICKUPS,
    "reservation_refunded": _PICKUPS,
    "portion_kept": _PICKUPS,
    "favourite_offers": Link("/favourites", "Voir mes commerces favoris", "See my favourite shops"),
    "place_offers": Link("/", "Voir les lots", "See the lots"),
    "pass_handed": _PICKUPS,
    "suspended_lot_moved": _GIFTS,
    "suspended_lot_over": _GIFTS,
    "suspended_lot_refunded": _GIFTS,
    "suspended_lot_given_back": _GIFTS,
    "problem_report_answered": _PICKUPS,
    "address_to_confirm": Link("/{page}/{secret_token}", "Confirmer mon adresse", "Confirm my address"),
    "already_registered": _PASSWORD,
    "email_change_asked": _NOT_ME,
    "email_changed": _NOT_ME,
    "address_wanted": Link("/account", "Voir mon compte", "See my account"),
    "reset_password": Link("/new-password/{secret_token}", "Choisir un mot de passe", "Choose a password"),
    "invitation": Link("/invitation/{secret_token}", "Voir l'invitation", "See the invitation"),
    "right_ends": _RIGHT,
    "transfer_of_yours": _RIGHT,
    "new_access": Link("/activate", "Utiliser le nouvel accès", "Use the new access"),
    "new_card": Link("/help/beneficiary", "Lire l'aide", "Read the help"),
    "second_factor_added": _PASSWORD,
    "second_factor_removed": _PASSWORD,
    "new_owner": Link("/account", "Voir mon compte", "See my account"),
    "mandate_changed": Link("/account", "Voir mon compte", "See my account"),
    "api_client_ends": Link("/account", "Voir mon compte", "See my account"),
    "second_factor_reset": Link("/account", "Voir mon compte", "See my account"),
    "recovery_code_used": _PASSWORD,
    "shop_invitation": Link("/join-shop/{secret_token}", "Voir l'invitation", "See the invitation"),
    "invited_shop_publishes": _SHOP,
    "shop_decided": _SHOP,
    "first_reservation": _SHOP,
    "sold_out": _SHOP,
    "day_summary": _SHOP,
    "portions_back": _SHOP,
    "papers_ready": _SHOP,
    "agreement_proposed": _SHOP,
    "allergen_reported": _SHOP,
    "problem_reported": _SHOP,
    "shop_paused": _SHOP,
    "payout_account_changed": _SHOP,
    "payout_failed": _SHOP,
    "premium_payment_failed": _PREMIUM,
    "premium_ended": _PREMIUM,
    "monthly_export": Link(
        "/my-shops/{shop_id}/money.csv?month={month}", "Télécharger l'export", "Download the export"
    ),
    "lot_taken_down": _SHOP,
    "recall_for_shop": _SHOP,
    "recall_to_pass_on": _ASSOCIATION,
    "association_decided": _ASSOCIATION,
    "import_ended": _ASSOCIATION,
    "enrolled_elsewhere": Link("/association/elsewhere", "Voir qui", "See whom"),
    "rights_end": _ASSOCIATION,
    "transfer": _ASSOCIATION,
    "chat_hook_off": _ASSOCIATION,
    "webhook_off": HOME,
    "tour_offered": _TOURS,
    "tour_cancelled": _TOURS,
    "tour_open": HOME,
    "collection_asked": _COLLECTION,
    "collection_accepted": _COLLECTION,
    "collection_refused": _COLLECTION,
    "collection_scheduled": _COLLECTION,
    "collection_postponed": _COLLECTION,
    "collection_cancelled": _COLLECTION,
    "collection_taken": _COLLECTION,
    "collection_delivered": _COLLECTION,
    "collection_failed": _COLLECTION,
    "collection_incident": _COLLECTION,
    "collection_recalled": _COLLECTION,
    "collector_decided": Link("/help/collector", "Lire l'aide des collecteurs", "Read the help for collectors"),
    "fund_decided": _FUND,
    "fund_used": _FUND,
    "fund_statement_ready": _FUND,
    "fund_ends": _FUND,
    "to_decide": _ADMIN,
    "refund_failed": _ADMIN,
    "report_undecided": _ADMIN,
    "ledger_differs": _ADMIN,
    "account_ends": HOME,
}
"""The links of mails, by event. A test opens each page."""
