"""All tables: importing this module fills `metadata`, which Alembic compares with the database."""

from backend.accounts import models as accounts
from backend.administration import models as administration
from backend.api_clients import models as api_clients
from backend.associations import models as associations
from backend.audit import models as audit
from backend.beneficiaries import models as beneficiaries
from backend.calendars import models as calendars
from backend.cards import models as cards
from backend.chat_hooks import models as chat_hooks
from backend.collection_points import models as collection_points
from backend.collections import models as collections
from backend.custody import models as custody
from backend.database.columns import Table
from backend.diets import models as diets
from backend.documents import models as documents
from backend.drafts import models as drafts
from backend.email_changes import models as email_changes
from backend.favourites import models as favourites
from backend.figures import models as figures
from backend.funds import models as funds
from backend.handed_passes import models as handed_passes
from backend.impact import models as impact
from backend.kiosks import models as kiosks
from backend.ledger import models as ledger
from backend.lots import models as lots
from backend.members import models as members
from backend.needs import models as needs
from backend.neighbours import models as neighbours
from backend.notices import models as notices
from backend.organisations import models as organisations
from backend.partners import models as partners
from backend.payments import models as payments
from backend.payouts import models as payouts
from backend.photos import models as photos
from backend.places import models as places
from backend.privacy import models as privacy
from backend.problem_reports import models as problem_reports
from backend.recalls import models as recalls
from backend.recurring import models as recurring
from backend.reservations import models as reservations
from backend.second_factors import models as second_factors
from backend.shops import models as shops
from backend.stations import models as stations
from backend.subscriptions import models as subscriptions
from backend.suspended_lots import models as suspended_lots
from backend.terms import models as terms
from backend.territories import models as territories
from backend.tours import models as tours
from backend.waiting import models as waiting
from backend.webhooks import models as webhooks

__all__ = ["metadata"]

TABLES = (
    accounts,
    administration,
    api_clients,
    associations,
    audit,
    beneficiaries,
    calendars,
    cards,
    chat_hooks,
    collection_points,
    collections,
    custody,
    diets,
    documents,
    drafts,
    email_changes,
    favourites,
    figures,
    funds,
    handed_passes,
    impact,
    kiosks,
    ledger,
    lots,
    members,
    needs,
    neighbours,
    notices,
    organisations,
    partners,
    payments,
    payouts,
    photos,
    places,
    privacy,
    problem_reports,
    recalls,
    recurring,
    reservations,
    second_factors,
    shops,
    stations,
    subscriptions,
    suspended_lots,
    terms,
    territories,
    tours,
    waiting,
    webhooks,
)
metadata = Table.metadata
