"""Every mail with sample values, to look at: `scripts/ecopanier mails --folder F`."""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.mail.links import LINKS
from backend.mail.rendering import LANGUAGES, Rendered, rendered
from backend.reservations.passes import png

PUBLIC_URL = "https://ecopanier.example"
SENDER = {
    "fr": "EcoPanier Strasbourg, 1 quai des Bateliers, 67000 Strasbourg. Pour nous écrire : bonjour@ecopanier.example",
    "en": "EcoPanier Strasbourg, 1 quai des Bateliers, 67000 Strasbourg. To write to us: bonjour@ecopanier.example",
}
LOT = {
    "title": "Panier du soir",
    "shop": "Boulangerie du Marché",
    "address": "12 place du Marché, 67000 Strasbourg",
    "pickup_start": "2026-11-30T17:30:00+00:00",
    "pickup_end": "2026-11-30T18:45:00+00:00",
    "batch": "L2447A",
    "zone": "Europe/Paris",
}
HARSH_LOT = {
    "title": "Lot surprise « tout compris » du jour : pains spéciaux, viennoiseries 🥐🥖, tartes & gâteaux <frais>",
    "shop": "Pâtisserie-Chocolaterie-Confiserie-Glacerie Traditionnelle Vandenbroucke-Deschamps & Filles 🧁 مخبز السوق",
    "address": "12 Anticonstitutionnellementeriedonaudampfschifffahrtsgesellschaft, bâtiment C, escalier 4, 3e étage, "
    "zone commerciale des Trois-Fontaines, 97115 Sainte-Rose",
    "pickup_start": "2026-12-01T02:30:00+00:00",
    "pickup_end": "2026-12-01T03:45:00+00:00",
    "batch": "LOT-2447-A/33 B-20261130-0007-XX",
    "zone": "America/Guadeloupe",
}
LONG_REASON = (
    "Présence possible de fragments de verre et de Listeria monocytogenes. "
    "https://exemple.fr/une/tres/longue/adresse/sans/espace/qui/ne/se/coupe/pas/" + "0123456789" * 12 + " "
) * 20
LONG_REASON = LONG_REASON[:5000]


@dataclass(frozen=True)
class Sample:
    """A mail of an event with values; `variant` tells several of one event apart."""

    event: str
    variant: str
    values: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name of its files, without language and suffix."""
        return f"{self.event}-{self.variant}" if self.variant else self.event

    def in_language(self, language: str, unsubscribe: str | None = None) -> Rendered:
        """Return the mail in a language."""
        return rendered(
            self.event,
            language,
            pictures={"pass"} if "pass_code" in self.values else frozenset(),
            unsubscribe=unsubscribe,
            sender=SENDER[language],
            public_url=PUBLIC_URL,
            **self.values,
        )


_PASS = {"portions": 2, "pass_code": "7K3M9QXT4B", "pass_pin": "048213", "secret_token": "t0k3n-of-the-mail"}
_PAPER = {"last_day": "2026-11-30", "year": 2026}
_RECALL = {"gtin": "3017620422003", "recalled_batch": "L2447A", "reason": "Présence possible de Listeria."}
_FUND = {"fund": "Paniers solidaires 2026", "organisation": "Ville de Strasbourg", "fund_id": "f"}
_CODE = {"secret_code": "482913", "secret_token": "t0k3n-of-the-mail", "valid_minutes": 15, "valid_hours": 24}
_REPORT = {"by_shop": True, "waits": False, "words": "Nous sommes désolés : le four est tombé en panne."}
_MANDATE = {"association": "Le Relais", "organisation": "Ville de Strasbourg", "client": "Logiciel du CCAS"}
_TRANSFER = {"code": "2026-BEN-00042", "giver": "Le Relais", "receiver": "Les Paniers du Port"}
_TO = {"to_receiver": True, "to_admin": False}


_COLLECTION = {
    "receiver": "Le Relais",
    "access": "Sonner à la porte de service, cour de gauche.",
    "carrier": "volunteer",
    "vehicle": "cargo_bike",
    "arrives_at": "2026-11-30T17:40:00+00:00",
    "delivers_at": "2026-11-30T18:10:00+00:00",
    "cold": "chilled",
    "notes": "Six caisses à rapporter.",
    "grams": 12500,
    "crates": 3,
    "portions": 8,
    "items": [
        {"title": "Pains spéciaux", "grams": 4500, "crates": 1, "portions": None},
        {"title": "Quiches lorraines", "grams": None, "crates": None, "portions": 8},
    ],
    "more": 2,
}
_OF_COLLECTION = {"collection_id": "01980c5e-6a10-7a53-b7f4-2f0d7c1e9a11", "reason": None, "kind": None, "next": None}


def _plain(lot: Mapping[str, Any]) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Return the values of each event and variant; lot: the one that they are about."""
    about, shop = {"lot": lot}, {"shop": lot["shop"], "address": lot["address"]}
    collection = {**_COLLECTION, "giver": lot["shop"], "address": lot["address"], "zone": lot["zone"]}
    collection |= {"window_start": lot["pickup_start"], "window_end": lot["pickup_end"]}
    carried = {"collection": collection, **_OF_COLLECTION}
    tour = {
        "tour_id": "01980c5e-9a10-7a53-b7f4-2f0d7c1e9c01",
        "day": "2026-11-30",
        "begins_at": "2026-11-30T17:20:00+00:00",
        "ends_at": "2026-11-30T19:05:00+00:00",
        "zone": "Europe/Paris",
        "metres": 8240,
        "reason": None,
        "soon": True,
        "collections": 5,
    }
    nobody = {**carried, "collection": {**collection, "receiver": None, "arrives_at": None, "vehicle": None}}
    offers = [{**lot, "price_cents": cents, "free": cents == 0} for cents in (405, 0)]
    return {
        "reservation_confirmed": {"": {**about, **_PASS}, "one": {**about, **_PASS, "portions": 1}},
        "pickup_reminder": {"": {**about, **_PASS}},
        "reservation_cancelled": {"": about},
        "lot_withdrawn": {"": about},
        "lot_recalled": {"": {**about, **_RECALL}, "any-batch": {**about, **_RECALL, "recalled_batch": None}},
        "reservation_refunded": {"": about},
        "portion_kept": {
            "": {**about, "portions": 2, "until": lot["pickup_start"]},
            "one": {**about, "portions": 1, "until": lot["pickup_start"]},
        },
        "pass_handed": {"": about},
        "suspended_lot_moved": {"": about},
        "suspended_lot_over": {
            "": {**about, "quantity": 3, "collected": 2, "kept": 0, "refund_cents": 405},
            "all": {**about, "quantity": 1, "collected": 1, "kept": 0, "refund_cents": None},
            "none": {**about, "quantity": 2, "collected": 0, "kept": 0, "refund_cents": 810},
            "kept": {**about, "quantity": 2, "collected": 0, "kept": 1, "refund_cents": 405},
        },
        "suspended_lot_refunded": {"": {**about, "quantity": 1, "refund_cents": 405}},
        "address_to_confirm": {"": {**_CODE, "page": "confirm"}},
        "already_registered": {"": {}},
        "address_wanted": {"": {}},
        "email_change_asked": {"": {"secret_token": "t0k3n-of-the-mail", "valid_days": 7}},
        "email_changed": {"": {"secret_token": "t0k3n-of-the-mail", "valid_days": 7}},
        "reset_password": {"": {"valid_minutes": 60, "secret_token": "t0k3n-of-the-mail"}},
        "invitation": {
            "": {"shop": lot["shop"], "association": None, "role": "staff", "secret_token": "t0k3n-of-the-mail"},
            "reader": {"shop": None, "association": "Le Relais", "role": "reader", "secret_token": "t0k3n-of-the-mail"},
        },
        "right_ends": {"": {"until": "2026-11-30"}},
        "transfer_of_yours": {
            "": {"accepted": True, "receiver": "Les Paniers du Port", "waits_for": None},
            "asked": {"accepted": False, "receiver": "Les Paniers du Port", "waits_for": "giver"},
        },
        "new_access": {"": {}},
        "new_card": {"": {}},
        "shop_decided": {
            "": {**shop, "verified": True, "reason": None},
            "rejected": {**shop, "verified": False, "reason": "Le SIRET est celui d'une autre entreprise."},
        },
        "shop_invitation": {"": {"shop": lot["shop"], "secret_token": "t0k3n-of-the-mail"}},
        "invited_shop_publishes": {"": {"shop": lot["shop"]}},
        "first_reservation": {"": about},
        "sold_out": {"": about},
        "papers_ready": {
            "": {**_PAPER, "shop": lot["shop"], "paper": "statement", "first_day": "2026-11-01"},
            "year": {**_PAPER, "shop": lot["shop"], "paper": "year", "first_day": "2026-01-01"},
        },
        "day_summary": {"": {"shop": lot["shop"], "day": "2026-11-30", "offered": 12, "collected": 9}},
        "portions_back": {"": {**about, "portions": 2}},
        "agreement_proposed": {"": {"association": "Le Relais", "shop": lot["shop"]}},
        "lot_taken_down": {"": {**about, "reason": "La photo montre un autre produit."}},
        "recall_for_shop": {"": {**_RECALL, "lots": [lot, {**lot, "title": "Panier du matin"}], "more": 1}},
        "recall_to_pass_on": {
            "": {**about, **_RECALL, "codes": ["2026-BEN-00042", "2026-BEN-00043"]},
            "one": {**about, **_RECALL, "codes": ["2026-BEN-00042"]},
        },
        "association_decided": {
            "": {"association": "Le Relais", "verified": True, "reason": None},
            "rejected": {"association": "Le Relais", "verified": False, "reason": "Le numéro RNA est inconnu."},
        },
        "import_ended": {
            "": {"done": True, "enrolled": 8, "already_enrolled": 2, "refused": 1},
            "stopped": {"done": False, "enrolled": 8, "already_enrolled": 2, "refused": 0},
        },
        "chat_hook_off": {"": {"name": "#collectes", "kind": "slack", "host": "hooks.slack.com"}},
        "webhook_off": {
            "": {"host": "caisse.example.org", "description": "Caisse", "gone": False, "shop_id": None},
            "gone": {"host": "caisse.example.org", "description": "", "gone": True, "shop_id": None},
        },
        "rights_end": {
            "": {"rights": 12, "first": "2026-11-30", "last": "2026-12-05"},
            "one": {"rights": 1, "first": "2026-11-30", "last": "2026-11-30"},
        },
        "transfer": {
            "": {**_TRANSFER, **_TO, "accepted": False, "waits_for": "receiver"},
            "accepted": {**_TRANSFER, **_TO, "accepted": True, "waits_for": None},
            "to-giver": {**_TRANSFER, "accepted": False, "waits_for": "giver", "to_receiver": False, "to_admin": False},
            "to-admin": {**_TRANSFER, "accepted": False, "waits_for": "admin", "to_receiver": False, "to_admin": True},
        },
        "collector_decided": {
            "": {"verified": True, "reason": None},
            "rejected": {"verified": False, "reason": "Le document est illisible."},
        },
        "fund_decided": {
            "": {**_FUND, "confirmed": True, "reason": None},
            "rejected": {**_FUND, "confirmed": False, "reason": "La convention n'est pas signée."},
        },
        "fund_used": {"": {**_FUND, "percent": 80}, "all": {**_FUND, "percent": 100}},
        "fund_statement_ready": {"": {**_FUND, "first_day": "2026-11-01", "granted_cents": 4500}},
        "fund_ends": {"": {**_FUND, "last_day": "2026-12-31"}},
        "to_decide": {
            "": {"what": "shop", "name": lot["shop"]},
            "association": {"what": "association", "name": "Le Relais"},
            "collector": {"what": "collector", "name": None},
            "recall": {"what": "recall", "name": "Pâte à tartiner noisette"},
            "report": {"what": "problem_report", "name": lot["shop"]},
            "dispute": {"what": "dispute", "name": None},
            "fund": {"what": "fund", "name": "Paniers solidaires 2026"},
        },
        "tour_offered": {"": tour, "one": {**tour, "collections": 1}},
        "tour_cancelled": {"": {**tour, "reason": "Trop de neige."}, "no-reason": tour},
        "tour_open": {"": {**tour, "reason": "Vélo en panne."}, "later": {**tour, "soon": False}},
        "collection_asked": {"": carried, "for-nobody": nobody},
        "collection_accepted": {"": carried},
        "collection_refused": {"": {**carried, "reason": "Notre frigo est plein."}},
        "collection_scheduled": {"": carried},
        "collection_postponed": {"": {**carried, "reason": "La camionnette est en panne."}, "no-reason": carried},
        "collection_cancelled": {"": {**carried, "reason": "Tout est vendu."}, "no-reason": nobody},
        "collection_taken": {"": carried},
        "collection_delivered": {"": carried},
        "collection_failed": {"": {**carried, "reason": "Porte close, deux fois."}},
        "collection_recalled": {
            held_by: {**carried, **_RECALL, "held_by": held_by, "foods": ["Yaourts nature"]}
            for held_by in ("giver", "collector", "association")
        },
        "collection_incident": {
            kind: {**carried, "kind": kind, "next": "reassigned", "reason": "Rideau baissé."}
            for kind in ("closed", "nobody", "missing", "refused", "other")
        }
        | {"cold": {**carried, "kind": "cold", "next": "frozen"}, "failed": {**carried, "next": "failed"}},
        "refund_failed": {
            "": {
                "intent": "pi_3QxyzABC",
                "paid_on": "2026-11-30T17:45:00+00:00",
                "amount_cents": 805,
                "missing_cents": 405,
                "refunded_cents": 400,
            }
        },
        "report_undecided": {
            "": {
                **about,
                "reported_at": "2026-11-30T19:45:00+00:00",
                "holds_until": "2026-12-30T19:45:00+00:00",
            }
        },
        "ledger_differs": {"one": {"differences": 1}, "several": {"differences": 3}},
        "account_ends": {"": {}},
        "favourite_offers": {
            "": {"told": [{"name": lot["shop"], "lots": offers}]},
            "several": {"told": [{"name": lot["shop"], "lots": offers}, {"name": "Maison", "lots": offers[:1]}]},
        },
        "place_offers": {
            "": {"told": [{"name": "Maison", "lots": offers}]},
            "several": {"told": [{"name": "Maison", "lots": offers}, {"name": "Travail", "lots": offers[:1]}]},
        },
        "problem_reported": {
            "": {**about, "kind": "quality", "answer_by": "2026-12-03T17:45:00+00:00"},
            "missing": {**about, "kind": "missing", "answer_by": "2026-12-03T17:45:00+00:00"},
            "closed": {**about, "kind": "closed", "answer_by": "2026-12-03T17:45:00+00:00"},
        },
        "allergen_reported": {"": about},
        "shop_paused": {"": shop},
        "payout_account_changed": {
            "": {"shop": lot["shop"], "state": "active"},
            "restricted": {"shop": lot["shop"], "state": "restricted"},
            "closed": {"shop": lot["shop"], "state": "closed"},
        },
        "payout_failed": {"": {"shop": lot["shop"], "cents": 12050}},
        "premium_payment_failed": {"": {"cents": 2399, "until": "2026-12-06T17:45:00+00:00"}},
        "premium_ended": {"": {"unpaid": False}, "unpaid": {"unpaid": True}},
        "monthly_export": {"": {**shop, "shop_id": "01980c5e-6a10-7a53-b7f4-2f0d7c1e9a11", "month": "2026-10"}},
        "suspended_lot_given_back": {"": {**about, "refund_cents": 405}},
        "problem_report_answered": {
            "": {**about, **_REPORT, "outcome": "give_back", "share": 50},
            "waits": {**about, **_REPORT, "outcome": "give_back", "share": 100, "waits": True},
            "in-kind": {**about, **_REPORT, "outcome": "in_kind", "share": None},
            "sorry": {**about, **_REPORT, "outcome": "sorry", "share": None, "words": None},
            "decided": {**about, **_REPORT, "outcome": "give_back", "share": 100, "by_shop": False},
            "refused": {**about, **_REPORT, "outcome": "nothing", "share": None, "by_shop": False},
        },
        "new_owner": {
            "": {"place": "Au Fournil des Bateliers", "yours": True},
            "given": {"place": "Au Fournil des Bateliers", "yours": False},
        },
        "mandate_changed": {
            "": {"granted": True, **_MANDATE},
            "ended": {"granted": False, **_MANDATE},
        },
        "enrolled_elsewhere": {
            "": {"people": 3, "client": "Logiciel du CCAS", "organisation": "Ville de Strasbourg"},
            "one": {"people": 1, "client": "Logiciel du CCAS", "organisation": "Ville de Strasbourg"},
        },
        "api_client_ends": {"": {"name": "Logiciel du CCAS", "place": "Ville de Strasbourg", "day": "2026-12-29"}},
        "second_factor_added": {"": {}},
        "second_factor_removed": {"": {"by": "admin"}, "own": {"by": "person"}},
        "second_factor_reset": {"": {"reset_at": "2026-11-30T17:45:00+00:00"}},
        "recovery_code_used": {"": {"left": 9}},
    }


def samples() -> Iterator[Sample]:
    """Yield every event in its variants, and once more (`harsh`) with long, foreign and hostile names and texts."""
    plain, harsh = _plain(LOT), _plain(HARSH_LOT)
    for event in LINKS:
        if event not in plain:
            continue  # a test says that it is missing
        for variant, values in plain[event].items():
            yield Sample(event, variant, values)
        hard = {
            name: LONG_REASON
            if name in ("reason", "words")
            else HARSH_LOT["shop"]
            if name in _NAMES and value
            else value
            for name, value in next(reversed(harsh[event].values())).items()
        }
        if hard:
            yield Sample(event, "harsh", hard)


_NAMES = ("association", "receiver", "giver", "name", "shop")


def optional_events() -> set[str]:
    """Return the events whose mails can be stopped, from the function that lists all events."""
    listed = (Path(__file__).parents[1] / "policies/functions/notices/notice_events.sql").read_text("utf-8")
    return {row[1] for row in re.finditer(r"\('(\w+)', '[^']*'\S*, (?:true|false), (?:true|false), false, ", listed)}


def write_samples(folder: Path) -> int:
    """Write every mail in both languages as HTML and text, with an index; return how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pass.png").write_bytes(png("EP1:7K3M9QXT4B:048213"))
    rows, optional = [], optional_events()
    for sample in samples():
        for language in LANGUAGES:
            stop = f"{PUBLIC_URL}/unsubscribe/t0k3n" if sample.event in optional else None
            mail = sample.in_language(language, unsubscribe=stop)
            name = f"{sample.name}.{language}"
            # In a mail the picture comes along; here it lies beside the page.
            (folder / f"{name}.html").write_text(mail.html.replace("cid:pass", "pass.png"), "utf-8")
            (folder / f"{name}.txt").write_text(f"{mail.subject}\n\n{mail.text}", "utf-8")
            rows.append(
                f'<li><a href="{name}.html">{name}</a> <a href="{name}.txt">.txt</a> {html.escape(mail.subject)}'
            )
    (folder / "index.html").write_text(f"<!doctype html><meta charset=utf-8><ul>{''.join(rows)}</ul>", "utf-8")
    return len(rows)
