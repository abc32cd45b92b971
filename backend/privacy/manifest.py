"""The contents of a person's data export: each file, its description in French, and the tables it is made from.

A test fails if a table is neither in PARTS nor in LEFT_OUT, so that none is forgotten.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One JSON file of the export."""

    says: str
    """A description of the file's contents, for the person."""
    tables: tuple[str, ...]


PARTS = {
    "account": Part(
        "Votre compte : rôle, adresse e-mail, nom affiché, langue, dates.", ("accounts", "sealed_addresses")
    ),
    "consents": Part("Ce que vous avez accepté ou retiré, dans quelle version et quand.", ("consents",)),
    "terms_asked": Part("Les versions des conditions qui vous ont été proposées, et depuis quand.", ("terms_asked",)),
    "undelivered_mails": Part(
        "Les courriels qui n'ont pas pu vous être remis : lequel, quand, et la réponse du serveur.",
        ("undelivered_mails",),
    ),
    "notices": Part("Ce dont vous avez été informé, et si le courriel est parti.", ("notices", "notice_deliveries")),
    "notice_preferences": Part("Ce que vous voulez recevoir, et par quel moyen.", ("notice_preferences",)),
    "diet": Part("Les allergènes que vous évitez, ouverts pour cette copie.", ("diets",)),
    "quiet_hours": Part("Les heures où vous ne voulez pas de courriel sur de nouveaux lots.", ("quiet_hours",)),
    "refused_address": Part(
        "Si le serveur de courriel refuse votre adresse : depuis quand, et sa réponse.", ("refused_addresses",)
    ),
    "favourites": Part("Les commerces que vous voulez retrouver.", ("favourites",)),
    "saved_places": Part(
        "Les lieux que vous avez enregistrés : leur nom, leurs coordonnées et leur alerte.",
        ("saved_places", "place_alerts", "alerts_due"),
    ),
    "sessions": Part("Vos connexions et leur fin.", ("sessions",)),
    "second_factor": Part(
        "Si vous avez une double authentification, depuis quand, et les codes de secours déjà utilisés ; ni le secret "
        "ni les codes.",
        ("second_factors", "recovery_codes"),
    ),
    "devices": Part("Les appareils d'où vous vous êtes connecté : depuis quand, et le dernier jour.", ("devices",)),
    "calendar": Part(
        "Depuis quand votre agenda des tournées a son adresse, et les tournées que vous avez quittées.", ("calendars",)
    ),
    "email_changes": Part(
        "Vos changements d'adresse e-mail qui attendent ou qui peuvent encore être annulés.", ("email_changes",)
    ),
    "right": Part("Votre code et votre droit aux lots offerts, et la taille de votre foyer.", ("beneficiaries",)),
    "person": Part(
        "Votre nom, votre date de naissance et vos coordonnées, ouverts pour cette copie.", ("beneficiary_persons",)
    ),
    "cards": Part("Vos cartes et leur état.", ("cards",)),
    "free_portions": Part("Les portions offertes comptées par jour.", ("free_portions",)),
    "right_reminders": Part("Les rappels de fin de droit.", ("right_reminders",)),
    "transfers": Part("Les passages d'une association à une autre.", ("transfers",)),
    "reservations": Part(
        "Vos réservations, avec l'état de leur laissez-passer, et si vous l'avez confié.",
        ("reservations", "passes", "handed_passes"),
    ),
    "problem_reports": Part(
        "Ce que vous avez signalé après un retrait, et les réponses ; la photo est dans le dossier photos/.",
        ("problem_reports",),
    ),
    "problem_reports_answered": Part(
        "Ce qui a été signalé à vos commerces, sans les mots ni la photo de la personne, et vos réponses.",
        ("problem_reports",),
    ),
    "payments": Part("Vos paiements et remboursements, en centimes d'euro.", ("payments",)),
    "subscription": Part("Votre abonnement Premium, tel que Stripe le connaît.", ("subscriptions",)),
    "waiting": Part("Vos places sur des listes d'attente.", ("waiting",)),
    "suspended_lots": Part("Les lots suspendus que vous avez offerts.", ("suspended_lots", "suspended_portions")),
    "impact": Part("Ce que vos retraits ont sauvé.", ("impact_entries",)),
    "members": Part("Les commerces où vous travaillez, et votre rôle.", ("members",)),
    "shops": Part("Vos commerces.", ("shops",)),
    "shop_invitations": Part(
        "Les commerces que vous avez invités, sans leur adresse, et l'invitation avec laquelle vous vous êtes inscrit.",
        ("shop_invitations",),
    ),
    "stations": Part("Les appareils au comptoir de vos commerces.", ("stations",)),
    "payout_accounts": Part(
        "Les comptes de versement de vos commerces ; leurs détails sont chez Stripe.", ("payout_accounts",)
    ),
    "lots": Part("Vos lots.", ("lots", "lot_stock")),
    "recurring_listings": Part(
        "Vos annonces récurrentes et leurs jours différents.", ("recurring_listings", "recurring_days")
    ),
    "photos": Part("Vos photos ; les images sont dans le dossier photos/.", ("photos",)),
    "listing_drafts": Part("Les brouillons faits d'après vos photos.", ("listing_drafts",)),
    "model_calls": Part("Combien de fois le modèle a été interrogé pour vos commerces.", ("model_calls",)),
    "agreements": Part("Vos conventions de don ; les documents sont dans le dossier documents/.", ("agreements",)),
    "association": Part("Votre association, telle que vous l'avez déclarée.", ("associations",)),
    "beneficiaries": Part(
        "Les codes et les droits des personnes que vous avez inscrites. Leurs noms n'y sont pas : ce sont leurs "
        "données, que vous lisez dans la liste de vos bénéficiaires.",
        ("beneficiaries",),
    ),
    "external_ids": Part(
        "Les identifiants par lesquels le logiciel d'une collectivité vous connaît, ouverts pour cette copie.",
        ("partner_enrolments",),
    ),
    "imports": Part("Vos importations : des nombres, sans le fichier.", ("imports",)),
    "kiosks": Part("Vos bornes.", ("kiosks",)),
    "collector": Part(
        "Votre inscription comme collecteur, votre véhicule, vos horaires et d'où vous partez.",
        ("collectors", "collector_profiles"),
    ),
    "tours": Part("Vos tournées et ce que vous avez signalé en route.", ("tours", "tour_steps")),
    "collections_asked": Part("Les collectes que vous avez demandées.", ("collections",)),
    "decisions_about_me": Part("Les décisions d'administration à votre sujet, avec leur motif.", ("decisions",)),
    "decisions_by_me": Part("Les décisions que vous avez prises.", ("decisions",)),
    "recalls": Part("Les rappels de produits que vous avez lancés.", ("recalls",)),
    "recall_decisions": Part(
        "Vos décisions sur des lots que des avis publics de rappel pouvaient concerner.", ("recall_matches",)
    ),
    "setting_changes": Part("Les paramètres que vous avez changés.", ("setting_changes",)),
    "audit_about_me": Part(
        "Qui a ouvert ou changé vos données, quand et pourquoi (journal d'un an).", ("audit_entries",)
    ),
    "audit_by_me": Part("Ce que vous avez fait vous-même et que le journal garde.", ("audit_entries",)),
}

# The tables that the export leaves out, and why. Reviewed by hand.
LEFT_OUT = {
    "alembic_version": "The version of the schema.",
    "credentials": "Password hashes, which would only help somebody who steals the export.",
    "refresh_tokens": "Hashes of secrets. The sessions that they belong to are in the export.",
    "page_sessions": (
        "Hashes of secrets, sealed tokens, and a form that was sent without a session, until it is sent again. The "
        "sessions that they belong to are in the export."
    ),
    "one_time_tokens": "Hashes of secrets that were mailed.",
    "confirmations": "Registrations that nobody has confirmed, and hashes of secrets that were mailed, for a day.",
    "throttles": "Counters under keyed hashes that identify nobody; they last for minutes.",
    "idempotency_keys": "Sealed answers that the person has already received, for 48 hours.",
    "data_keys": "The key of sealed data, which the export contains opened.",
    "people_helped": "Only that a person was counted once, which follows from their impact.",
    "impact_factors": "Not about people.",
    "text_versions": "Not about people.",
    "collection_points": "Places of shops and associations, which their members read.",
    "chat_hooks": "Chats that collections are announced in. Their sealed addresses are secrets; they name no person.",
    "webhook_endpoints": "Programs that are told what happens. Their sealed addresses are secrets.",
    "webhook_secrets": "Sealed secrets that messages to programs are signed with.",
    "webhook_deliveries": "Messages to programs, with ids and no person, for 30 days; owners read them.",
    "cancellations_to_tell": "Ids of reservations that are in the export, for half an hour.",
    "organisations": "Municipalities, agglomerations and NGOs; no personal data.",
    "api_clients": "Programs of organisations, shops and associations, which their owners read.",
    "api_client_secrets": "Hashes of secrets, which belong to programs.",
    "mandates": "Decisions of associations, which their owners read.",
    "partner_batches": "Numbers about what a program sent.",
    "partner_people": "What a program sent, sealed until it is enrolled; afterwards only its outcome, for 30 days.",
    "association_needs": "What an association takes, which its members read.",
    "refused_invitations": "Keyed hashes of addresses that want no invitation, which identify nobody.",
    "shop_leftovers": "What shops regularly leave; it names no person.",
    "neighbour_dismissals": "Suggestions that shops and associations were not interested in; they name no person.",
    "point_reports": "How full containers are; who reported it is kept for the audit alone.",
    "temperature_limits": "The legal temperatures of kinds of food.",
    "custody_entries": "What became of food; they name no person.",
    "vehicle_factors": "What vehicles emit.",
    "collected_impact": "What collections saved, by shop and association; it names no person.",
    "collected_categories": "What collections saved, by category; it names no person.",
    "lot_ends": "What became of lots; it names no person.",
    "figure_days": "Sums by shop and day.",
    "releases": "Published figures.",
    "released_figures": "Published figures.",
    "unmet_days": "Numbers by commune and day.",
    "shop_sites": "Where shops were, which the export contains.",
    "collection_outcomes": "What associations did with food; it names no person.",
    "collection_papers": "Papers that the law keeps; a slip bears the names of those who signed at both ends.",
    "signed_sheets": "Whether a tour has a signed sheet; the sheet bears the signatures of whoever gave and received.",
    "donation_numbers": "Numbers of donation receipts.",
    "donated_collections": "Which receipt names a collection.",
    "custody_heads": "How long chains of custody are.",
    "collection_links": "Links of shops, of which only hashes are kept; their owners read the names.",
    "collection_link_uses": "Which form of a link was sent.",
    "collection_habits": "What shops do with what is left.",
    "unsold_lots_asked": "Not about people.",
    "recurring_collections": "Requests of shops, which their members read.",
    "recurring_collection_days": "Days of requests of shops.",
    "collection_occurrences": "Days of requests of shops.",
    "collection_items": "Food; the collections that the person asked for are in the export.",
    "collection_changes": "What happened to collections, which those whom they concern read.",
    "tour_plans": "Days that were planned; who asked is kept for a year.",
    "tour_stops": "Places and times of tours, which are in the export.",
    "stop_tasks": "Which collections a tour takes; the tours are in the export.",
    "territories": "Not about people.",
    "territory_names": "Not about people.",
    "map_changes": "Not about people.",
    "zone_shapes": "Not about people.",
    "places": "Not about people.",
    "place_names": "Not about people.",
    "shop_names": "What finds shops by their names, which the export contains.",
    "association_names": "What finds associations by their names, which the export contains.",
    "recall_notices": "Public notices about food.",
    "recall_items": "Public notices about food.",
    "recall_feed": "Not about people.",
    "impact_totals": "Totals over everybody.",
    "platform_days": "Sums over all shops.",
    "standing_counts": "Numbers of accounts and shops.",
    "impact_periods": "Totals over everybody.",
    "draws": "Ranks in waiting lists, together with other people's. The person's own entries are in the export.",
    "stripe_events": "Ids of Stripe's events. The payments that they belong to are in the export.",
    "lot_cards": "What a search shows of published lots, made from lots and shops, which the export contains.",
    "reservations_to_tell": "Ids of reservations that are in the export, for some minutes.",
    "reminded_lots": "Not about people.",
    "lots_to_close": "Not about people.",
    "lots_to_announce": "Lots that came on offer, for seconds.",
    "settings": "Not about people.",
    "retention_periods": "Not about people.",
    "mail_relay": "Not about people.",
    "spent_codes": "Beneficiary codes of erased people.",
    "erased_accounts": "Ids of erased accounts.",
    "accounting.payments": "Has no account ids.",
    "accounting.corrections": "Has no account ids.",
    "accounting.ledger_accounts": "Names no person.",
    "accounting.postings": "Names no person, and keeps no link to an account.",
    "accounting.lines": "Names no person.",
    "accounting.stripe_balance_transactions": "Names no person.",
    "accounting.balances_read": "Not about people.",
    "accounting.ledger_checks": "Not about people.",
    "accounting.ledger_differences": "Names no person.",
    "accounting.closed_lots": "Totals of lots over everybody.",
    "accounting.closed_lot_corrections": "Totals of lots over everybody.",
    "accounting.transfers": "Money of shops; names no person.",
    "accounting.transfer_lots": "Money of shops; names no person.",
    "accounting.reversals": "Money of shops; names no person.",
    "accounting.payouts": "Money of shops; names no person.",
    "accounting.payout_transfers": "Money of shops; names no person.",
    "accounting.disputes": "Names no person.",
    "accounting.documents": "Papers of shops, which their members read. A receipt keeps no link to an account; whoever "
    "paid reads it at GET /v1/reservations/{reservation_id}/receipt.pdf.",
    "accounting.document_numbers": "Not about people.",
    "accounting.stated_lots": "Not about people.",
    "accounting.stated_corrections": "Not about people.",
    "accounting.stated_postings": "Not about people.",
    "funds": "What organisations commit; names no person.",
    "accounting.grants": "Money of shops; keeps no link to an account.",
    "accounting.grant_corrections": "Money of shops; names no person.",
    "accounting.fund_statements": "Totals of shops over everybody.",
    "accounting.fund_lines": "Totals of shops over everybody.",
    "accounting.billed_periods": "Names no person, and keeps no link to an account.",
    "accounting.billed_refunds": "Names no person.",
    "accounting.erased_shops": "Only shops whose merchant's account was erased.",
}
