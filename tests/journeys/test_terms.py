"""The terms, the privacy notice and the help: reading them, and being asked to agree to a new version."""

import json
import re
from datetime import timedelta
from uuid import UUID

import pytest

from backend.help.questions import help_for
from backend.identity.tokens import Role
from backend.terms.texts import TEXTS
from tests.town import Town
from tests.visitors import Visitor


async def _signs_in(visitor: Visitor, email: str, **fields: str) -> tuple[int, dict[str, object]]:
    answer = await visitor.sends_sign_in(email, **fields)
    return answer.status_code, answer.json()


async def test_anybody_reads_each_text_in_both_languages(town: Town) -> None:
    visitor = Visitor(town)
    texts = (await visitor.asks("GET", "/terms")).json()["items"]
    assert [text["kind"] for text in texts] == ["diet", "notifications", "privacy", "terms"]
    listed = {(text["kind"], one["version"]) for text in texts for one in text["versions"]}
    # Each version has its two files, and each file its version.
    assert {(f.parent.parent.name, f.parent.name) for f in TEXTS.glob("*/*/*.md")} == listed

    for kind, version in listed:
        titles = set()
        for language in ("fr", "en"):
            answer = await visitor.asks("GET", f"/terms/{kind}/{version}", headers={"Accept-Language": language})
            text = answer.json()
            assert (answer.status_code, text["language"], answer.headers["Content-Language"]) == (
                200,
                language,
                language,
            )
            assert text["markdown"].strip()
            assert "{" not in text["markdown"]  # every gap is filled
            titles.add(text["title"])
        assert len(titles) == 2
    for path in ("/terms/terms/1999-01", "/terms/privacy/2031-12"):
        refused = await visitor.asks("GET", path)
        assert (refused.status_code, refused.json()["code"]) == (404, "terms.not_found")
    assert (await visitor.asks("GET", "/terms/cookies/2026-01")).status_code == 422
    assert (await visitor.asks("GET", "/terms/terms/%2E%2E")).status_code == 422


async def test_registering_with_an_old_version_says_which_is_current(town: Town) -> None:
    nour = Visitor(town)
    wanted = nour.registration("nour@example.org") | {"consents": {"terms": "2025-01"}}
    refused = await nour.asks("POST", "/auth/register", wanted)
    assert (refused.status_code, refused.json()["code"]) == (422, "consent.version_unknown")
    assert refused.json()["current_version"] == "2026-01"
    assert await town.rows("select from app.confirmations") == []


async def test_a_new_version_is_asked_at_sign_in_and_needed_after_thirty_days(town: Town) -> None:
    nour, ines = Visitor(town), Visitor(town)
    account = await nour.joins("nour@example.org")
    other = await ines.joins("ines@example.org")
    assert (await _signs_in(nour, "nour@example.org"))[1]["terms_to_accept"] is None

    await town.changes(
        "insert into app.text_versions (kind, version, since)"
        " values ('terms', '2027-01', app.paris_day(app.clock()) + 1), ('terms', '2031-01', '2031-01-01')"
    )
    # A version that begins tomorrow is announced, and asks nothing yet.
    assert (await _signs_in(nour, "nour@example.org"))[1]["terms_to_accept"] is None
    terms = (await nour.asks("GET", "/terms")).json()["items"][-1]
    assert terms["current_version"] == "2026-01"
    assert [one["version"] for one in terms["versions"]] == ["2031-01", "2027-01", "2026-01"]

    await town.clock(await town.now() + timedelta(days=1))
    status, tokens = await _signs_in(nour, "nour@example.org")
    asked = tokens["terms_to_accept"]
    assert (status, asked["version"]) == (200, "2027-01")  # type: ignore[index]
    await town.clock(await town.now() + timedelta(days=29))
    assert (await _signs_in(nour, "nour@example.org"))[1]["terms_to_accept"] == asked  # 30 days from the first time

    await town.clock(await town.now() + timedelta(days=2))
    status, problem = await _signs_in(nour, "nour@example.org")
    assert (status, problem["code"], problem["current_version"]) == (403, "consent.terms_to_accept", "2027-01")
    before = await town.rows("select from app.sessions where account_id = $1", UUID(str(account["id"])))
    for wrong, code in (("2026-01", "consent.version_unknown"), ("2031-01", "consent.version_unknown")):
        status, problem = await _signs_in(nour, "nour@example.org", accepted_terms=wrong)
        assert (status, problem["code"]) == (422, code)
    assert len(await town.rows("select from app.sessions where account_id = $1", UUID(str(account["id"])))) == len(
        before
    )

    status, tokens = await _signs_in(nour, "nour@example.org", accepted_terms="2027-01")
    assert (status, tokens["terms_to_accept"]) == (200, None)
    consents = (await nour.asks("GET", "/me/consents", token=str(tokens["access_token"]))).json()
    assert (consents["terms"]["status"], consents["terms"]["version"]) == ("given", "2027-01")
    (written,) = await town.rows("select subject_id, detail from app.audit_entries where action = 'consent.given'")
    assert (str(written["subject_id"]), json.loads(written["detail"])["version"]) == (account["id"], "2027-01")
    assert (await _signs_in(nour, "nour@example.org"))[0] == 200

    # Agreeing through one's consents does the same.
    token = await town.token_for(UUID(str(other["id"])))
    outdated = (await ines.asks("GET", "/me/consents", token=token)).json()["terms"]
    assert (outdated["status"], outdated["asked_at"]) == ("outdated", None)
    given = {"terms": {"version": "2027-01", "given": True}}
    assert (await ines.asks("PUT", "/me/consents", given, token=token)).status_code == 200
    assert (await _signs_in(ines, "ines@example.org"))[1]["terms_to_accept"] is None


async def test_asking_for_the_terms_does_not_count_as_a_wrong_password(town: Town) -> None:
    nour = Visitor(town)
    await nour.joins("nour@example.org")
    await town.changes(
        "insert into app.text_versions (kind, version, since) values ('terms', '2027-01', app.paris_day(app.clock()))"
    )
    assert (await _signs_in(nour, "nour@example.org"))[0] == 200
    await town.clock(await town.now() + timedelta(days=31))

    for visitor in (nour, Visitor(town)):  # on a device that the account knows, and on another
        for _ in range(6):
            assert (await _signs_in(visitor, "nour@example.org"))[0] == 403
            assert (await _signs_in(visitor, "nour@example.org", accepted_terms="2026-01"))[0] == 422
    assert (await _signs_in(nour, "nour@example.org", accepted_terms="2027-01"))[0] == 200


async def test_a_wrong_password_learns_nothing_of_the_terms(town: Town) -> None:
    nour = Visitor(town)
    await nour.joins("nour@example.org")
    answer = await nour.sends_sign_in("nour@example.org", "not the password", accepted_terms="2031-01")
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.wrong_credentials")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_help_answers_eight_to_twelve_questions_per_role(language: str) -> None:
    for role in Role:
        found = help_for(role, language)
        assert 8 <= len(found.questions) <= 12
        assert len({one.question for one in found.questions}) == len(found.questions)


async def test_terms_and_help_have_pages(town: Town) -> None:
    for path, fr, en in (
        ("/terms/terms", "Conditions d’utilisation", "Terms of use"),
        ("/terms/privacy/2026-01", "Vos données", "Your data"),
        ("/terms/privacy", "régime", "diet"),
        ("/terms/diet", "Votre régime", "Your diet"),
        ("/help/beneficiary", "Aide", "Help"),
    ):
        for language, title in (("fr", fr), ("en", en)):
            page = await town.request("GET", path, headers={"Accept-Language": language})
            assert page.status_code == 200
            assert title in page.text
            assert f'<html lang="{language}">' in page.text
    linked = re.findall(r'href="(/(?:help|terms)/[^"]+)"', (await town.request("GET", "/")).text)
    assert len(linked) == 3
    for path in linked:
        assert (await town.request("GET", path)).status_code == 200
    for path in ("/terms/cookies", "/terms/terms/1999-01", "/help/mayor"):
        assert (await town.request("GET", path)).status_code == 404
