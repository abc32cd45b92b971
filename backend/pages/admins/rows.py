"""The rows of long tables at the admins' desk, written in Python instead of templates: they were half of a page's work.

What many rows have in common, such as an action with its link, is kept.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup, escape

from backend.pages.amounts import Amounts
from backend.pages.texts import PageLanguage, Texts, texts

MOST_KEPT = 4096
_LOT_STATES = {"published": "done", "paused": "running", "recalled": "running"}


def entry_rows(entries: Iterable[Mapping[str, Any]], t: Texts, write: Amounts) -> Markup:
    """Return the rows of the audit log."""
    language, colon, rows = t.language, escape(t("forms.colon")), []
    subject, detail = (f'data-titre="{escape(t(key))}"' for key in ("admin.subject", "admin.detail"))
    for one in entries:
        about, facts = one["subject_id"], one["detail"]
        which = f' <span class="muted small figures">{about[:8]}</span>' if about else ""
        cell = "<td"
        if facts:
            told = " · ".join([f"{escape(name)}{colon} {escape(value)}" for name, value in facts.items()])
            cell = f"<td {detail}"
        else:
            told = ""
        rows.append(
            f'<tr><th scope="row"><span class="capital">{escape(write.moment(one["at"]))}</span></th>'
            f"{_action(one['action'], language)}\n{_actor(one['actor_id'], one['actor_role'], language)}\n"
            f'<td {subject}>{escape(one["subject"])}{which}</td>\n{cell} class="small">{told}</td></tr>'
        )
    return _markup(rows)


@lru_cache(MOST_KEPT)
def _action(action: str, language: PageLanguage) -> Markup:
    return Markup('<td data-titre="{}"><a class="link" href="/admin/audit?action={}">{}</a></td>').format(
        texts(language)("admin.action"), action, action
    )


@lru_cache(MOST_KEPT)
def _actor(actor_id: str | None, role: str, language: PageLanguage) -> Markup:
    """Return the cell with who acted: an account by its role, or what acted without one, such as the worker."""
    t, key = texts(language), f"admin.roles.{role}"
    if actor_id is None:
        return Markup('<td data-titre="{}">{}</td>').format(t("admin.by_whom"), role)
    return Markup(
        '<td data-titre="{}"><a class="link" href="/admin/audit?actor_id={}">{}<span class="visually-hidden"> {}</span>'
        "</a></td>"
    ).format(t("admin.by_whom"), actor_id, t(key) if key in t else role, actor_id)


def account_rows(accounts: Iterable[Mapping[str, Any]], t: Texts, write: Amounts, own_id: str) -> Markup:
    """Return the rows of accounts. own_id: the admin's own, which has no acts here."""
    language, since, state, rows = t.language, escape(t("admin.since")), escape(t("admin.state")), []
    for one in accounts:
        code, email, role = one["code"], one["email"], one["role"]
        name = escape(code or one["display_name"] or email or t(f"admin.roles.{role}"))
        who = [f'<span class="figures">{name}</span>']
        if email:
            unsure = "" if one["email_verified"] else f" ({escape(t('admin.not_confirmed'))})"
            who.append(f'<span class="muted small">{escape(email)}{unsure}</span>')
        who += [f'<span class="small">{escape(shop["name"])}</span>' for shop in one["shops"]]
        if one["association"] and escape(one["association"]) != name:
            who.append(f'<span class="small">{escape(one["association"])}</span>')
        why = one["status_reason"]
        reason = f'<br><span class="muted small">{escape(why)}</span>' if why else ""
        active = one["status"] == "active"
        acts = "" if one["id"] == own_id else _acts(one["id"], name, email or code or "", role, active, language)
        rows.append(
            f'<tr><th scope="row">{"<br>".join(who)}</th>\n{_role(role, language)}\n'
            f'<td data-titre="{since}" class="moment">{escape(write.day(one["created_at"], year=True))}</td>\n'
            f'<td data-titre="{state}">{_standing(active, language)}{reason}</td>\n'
            f'<td class="action-column">{acts}</td></tr>\n'
        )
    return _markup(rows)


@lru_cache(MOST_KEPT)
def _role(role: str, language: PageLanguage) -> Markup:
    t = texts(language)
    return Markup('<td data-titre="{}">{}</td>').format(t("admin.role"), t(f"admin.roles.{role}"))


@lru_cache(MOST_KEPT)
def _standing(active: bool, language: PageLanguage) -> Markup:
    t = texts(language)
    return _state(t("admin.active"), "done") if active else _state(t("admin.suspended"), "running")


def _acts(id_: str, name: str, found_by: str, role: str, active: bool, language: PageLanguage) -> str:
    query = escape(urlencode({"q": found_by}))

    def link(act: str, key: str) -> str:
        hidden = f'<span class="visually-hidden"> {name}</span>'
        return f'<a class="link" href="/admin/accounts/{id_}/{act}?{query}">{_word(key, language)}{hidden}</a>'

    first = link("suspend", "admin.suspend") if active else link("restore", "admin.restore")
    return first if role == "beneficiary" else f"{first}<br>{link('reset-factor', 'admin.reset_factor')}"


def lot_rows(lots: Iterable[Mapping[str, Any]], t: Texts, write: Amounts, with_shop: bool) -> Markup:
    """Return the rows of lots. with_shop: whether each row names its shop."""
    language, window, left, rows = t.language, escape(t("admin.window")), escape(t("admin.left")), []
    for one in lots:
        title = escape(one["title"])
        when = escape(write.window(one["pickup_start"], one["pickup_end"], one["time_zone"]))
        shop = _shop(one["shop_id"], one["shop"], one["address"]) if with_shop else ""
        hidden = f'<span class="visually-hidden"> {title}</span>'
        rows.append(
            f'<tr><th scope="row">{title}{shop}</th>'
            f'<td data-titre="{window}" class="moment"><span class="capital">{when}</span></td>'
            f'<td class="number" data-titre="{left}">{one["remaining"]} / {one["quantity"]}</td>'
            f'{_lot_state(one["status"], language)}<td class="action-column">'
            f'<a class="link" href="/admin/lots/{one["id"]}">{_word("admin.open", language)}{hidden}</a></td></tr>\n'
        )
    return _markup(rows)


@lru_cache(MOST_KEPT)
def _shop(id_: str, name: str, address: str) -> Markup:
    return Markup(
        '<br><a class="link small" href="/admin/shops/{}/lots">{}</a><br><span class="muted small">{}</span>'
    ).format(id_, name, address)


@lru_cache(MOST_KEPT)
def _lot_state(status: str, language: PageLanguage) -> Markup:
    t = texts(language)
    state = _state(t(f"admin.lot_states.{status}"), _LOT_STATES.get(status, "later"))
    return Markup('<td data-titre="{}">{}</td>').format(t("admin.state"), state)


def _state(words: str, kind: str) -> Markup:
    return Markup('<span class="state state-{}">{}</span>').format(kind, words)


@lru_cache(MOST_KEPT)
def _word(key: str, language: PageLanguage) -> Markup:
    return escape(texts(language)(key))


def _markup(rows: list[str]) -> Markup:
    return Markup("".join(rows))  # noqa: S704  texts of people are escaped above, and ids are the database's
