"""Importing beneficiaries from CSV: one outcome a line, encodings and dialects, interrupted and failed imports."""

import asyncio
import json
import threading
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from backend.beneficiaries import imports
from backend.beneficiaries.actions import enrol_together
from backend.problems.common import NotAllowed
from tests.town import Association, Town
from tests.town.answers import accepted, refusal_in

HEADER = "prénom;nom;date de naissance;foyer;éligible jusqu'au;courriel;téléphone\n"
UNTIL = (date.today() + timedelta(days=200)).strftime("%d/%m/%Y")  # noqa: DTZ011  far from midnight's edge
PEOPLE = ("Amélie", "Lefèvre", "Chloé", "Noël", "D’Ûrban", "Zoé", "01/05", "1990-05", "amelie@")


async def sends(who: Association, content: str | bytes, *, key: str | None = None, **headers: str) -> httpx2.Response:
    body = content.encode() if isinstance(content, str) else content
    sent = {"Content-Type": "text/csv", **headers}
    return await who.asks("POST", "/beneficiaries/import", content=body, headers=sent, key=key)


async def imported(who: Association, content: str | bytes) -> dict[str, Any]:
    answer: dict[str, Any] = accepted(await sends(who, content)).json()
    return answer


async def test_each_line_has_an_outcome_and_bad_lines_do_not_stop_others(town: Town) -> None:
    relais, other = await town.an_association(), await town.an_association("Autre")
    await imported(other, HEADER + f"Zoé;Martin;01/02/1980;;{UNTIL};;\n")
    sheet = (
        "sep=;\n"
        + HEADER
        + "".join(
            (
                f"Amélie;Lefèvre;01/05/1990;3;{UNTIL};amelie@example.org;'+33 6 12 34 56 78\n",  # 3
                f"Chloé;Noël;1/5/90;;{UNTIL};;\n",  # 4
                "\n",
                f'"Chloé";"Noël";1985-05-01;;"{UNTIL}";;\n',  # 6
                f'"Paul;Jamais;01/05/1990;;{UNTIL};;\n',  # 7: never closed
                f"AMELIE;LEFEVRE;1990-05-01;2;{UNTIL};;\n",  # 8: line 3 again
                f"Zoe;MARTIN;01.02.1980;;{UNTIL};;\n",  # 9: the other association's
                "Luc;Tard;01/05/1990;;01/01/2020;;\n",  # 10
                f"Nina;Demain;01/01/2999;0;{UNTIL};nowhere;call me\n",  # 11
                f"Anna;;31/02/1990;deux;{UNTIL};;\n",  # 12
                f"Jean\x07;Dupont;01/05/1990;;{UNTIL};;\n",  # 13
                ";;;;;;\n",
                f"Ana;Ortiz;01/05/1990;;{UNTIL};;;surplus\n",  # 15
                f'"Marie\nClaire";D’Ûrban;01-05-1990;4;{UNTIL};;\n',
            )
        )
    )
    answer = await imported(relais, sheet)

    assert {one["line"]: one["outcome"] for one in answer["outcomes"]} == {
        3: "enrolled", 4: "refused", 6: "enrolled", 7: "refused", 8: "already_enrolled", 9: "already_enrolled",
        10: "refused", 11: "refused", 12: "refused", 13: "refused", 15: "refused", 16: "enrolled",
    }  # fmt: skip
    of = {one["line"]: one for one in answer["outcomes"]}
    assert {line: [(e["field"], e["code"]) for e in one["errors"]] for line, one in of.items() if "errors" in one} == {
        4: [("birth_date", "year_of_two_digits")],
        7: [("line", "quotes_wrong")],
        10: [("eligible_until", "beneficiary.right_in_the_past")],
        11: [("birth_date", "beneficiary.born_in_the_future")],
        12: [("birth_date", "sheet_day"), ("last_name", "missing")],
        13: [("first_name", "control_character")],
        15: [("line", "cell_without_column")],
    }  # fmt: skip
    warned = {line: [(w["field"], w["code"]) for w in one["warnings"]] for line, one in of.items() if "warnings" in one}
    assert warned == {
        11: [("household_size", "greater_than_equal"), ("email", "email"), ("phone", "string_pattern_mismatch")],
        12: [("household_size", "int_parsing")],
    }
    # The own association gets the beneficiary back; any other only learns that the person is enrolled.
    assert {**of[8], "line": 3, "outcome": "enrolled"} == of[3]
    assert of[9].keys() == {"line", "outcome"}
    assert of[3].keys() == {"line", "outcome", "id", "code", "activation_token"}
    assert {k: answer[k] for k in ("lines", "enrolled", "already_enrolled", "refused")} == {
        "lines": 12, "enrolled": 3, "already_enrolled": 2, "refused": 7,
    }  # fmt: skip
    assert not any(name in json.dumps(answer, ensure_ascii=False) for name in PEOPLE)

    amelie = (await relais.gets(f"/beneficiaries/{of[3]['id']}"))["person"]
    assert amelie == {
        "first_name": "Amélie", "last_name": "Lefèvre", "birth_date": "1990-05-01", "household_size": 3,
        "email": "amelie@example.org", "phone": "+33 6 12 34 56 78",
    }  # fmt: skip
    marie = (await relais.gets(f"/beneficiaries/{of[16]['id']}"))["person"]
    assert (marie["first_name"], marie["last_name"]) == ("Marie Claire", "D’Ûrban")
    tokens = {"activation_token": of[6]["activation_token"], "password": "un long mot de passe"}
    assert (await town.request("POST", "/v1/auth/activate", json=tokens)).status_code == 200

    # The sender and admins can read the import later: it holds only numbers.
    kept = await relais.gets(f"/beneficiaries/imports/{answer['import_id']}")
    assert (kept["status"], kept["lines"], kept["enrolled"], kept["refused"]) == ("done", 12, 3, 7)
    assert [one["id"] for one in (await relais.gets("/beneficiaries/imports"))["data"]] == [answer["import_id"]]
    assert refusal_in(await other.asks("GET", f"/beneficiaries/imports/{answer['import_id']}")).code == (
        "import.not_found"
    )
    assert len((await (await town.an_admin()).gets("/beneficiaries/imports"))["data"]) == 2
    noted = await town.rows("select action, detail from app.audit_entries where subject = 'import' order by id")
    assert [row["action"] for row in noted[2:]] == ["import.begun", "import.done"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252", "iso8859-15", "mac-roman", "cp850"])
async def test_names_are_read_correctly_in_every_encoding(town: Town, encoding: str) -> None:
    relais = await town.an_association()
    separator = {"utf-16": "\t", "mac-roman": ","}.get(encoding, ";")
    end = "\r" if encoding == "mac-roman" else "\r\n"
    lines = [
        ["Nom de famille", "PRÉNOM", "Né(e) le", "Fin de droits"],
        ["Lefèvre", "Amélie", "01/05/1990", UNTIL],
        ["Muñoz", "Zoé", "02/05/1990", UNTIL],
        ["GARÇON", "RENÉE", "03/05/1990", UNTIL],
    ]
    answer = await imported(relais, end.join(separator.join(line) for line in lines).encode(encoding))
    assert answer["enrolled"] == 3
    page = (await relais.gets("/beneficiaries"))["data"]
    assert sorted((one["person"]["last_name"], one["person"]["first_name"]) for one in page) == [
        ("GARÇON", "RENÉE"), ("Lefèvre", "Amélie"), ("Muñoz", "Zoé"),
    ]  # fmt: skip


async def test_an_unreadable_optional_cell_is_left_out_with_a_warning(town: Town) -> None:
    relais = await town.an_association()
    sheet = HEADER + "".join(
        (
            f"Ana;Un;01/05/1990;3;{UNTIL};ana@example.org;06 12 34 56 78\n",  # 2
            f"Ana;Deux;01/05/1990;3;{UNTIL};ana@example.org;demander à sa fille\n",  # 3
            f"Ana;Trois;01/05/1990;trois;{UNTIL};ana@@example.org;6,12346E+08\n",  # 4
            f"Ana;Quatre;01/05/1990;0;{UNTIL};ana at example.org;0612345678\n",  # 5
            f"Ana;Cinq;01/05/1990;2;{UNTIL};a\x07na@example.org;\n",  # 6
            f"Ana;Six;01/05/1990;2;{UNTIL};ana@example..org;\n",  # 7, which registration refuses, too
            f"Ana;Sept;01/05/1990;2;{UNTIL};Ana@EXAMPLE.org;\n",  # 8
            f"ana;deux;01/05/1990;3;{UNTIL};;néant\n",  # 9: line 3 again
        )
    )
    answer = await imported(relais, sheet)

    assert (answer["enrolled"], answer["already_enrolled"], answer["refused"]) == (7, 1, 0)
    warned = {one["line"]: [w["field"] for w in one.get("warnings", ())] for one in answer["outcomes"]}
    assert warned == {
        2: [], 3: ["phone"], 4: ["household_size", "email", "phone"], 5: ["household_size", "email"], 6: ["email"],
        7: ["email"], 8: [], 9: ["phone"],
    }  # fmt: skip
    assert all("errors" not in one for one in answer["outcomes"])
    assert not any(text in json.dumps(answer, ensure_ascii=False) for text in ("fille", "ana at", "E+08", "néant"))
    kept = {}
    for one in answer["outcomes"][:7]:
        person = (await relais.gets(f"/beneficiaries/{one['id']}"))["person"]
        kept[one["line"]] = (person["household_size"], person["email"], person["phone"])
    assert kept == {
        2: (3, "ana@example.org", "06 12 34 56 78"), 3: (3, "ana@example.org", None), 4: (None, None, None),
        5: (None, None, "0612345678"), 6: (2, None, None), 7: (2, None, None), 8: (2, "Ana@example.org", None),
    }  # fmt: skip


async def test_an_address_is_checked_as_at_registration_by_every_door(town: Town) -> None:
    relais = await town.an_association()
    amina = await relais.enrols(email="Amina@EXAMPLE.org")
    path = f"/beneficiaries/{amina['id']}"
    assert (await relais.gets(path))["person"]["email"] == "Amina@example.org"
    for wrong in ("amina@example..org", "amina@", "a@b@example.org", "amina@exa mple.org", "amina@-example.org"):
        body = {**await town.person_fields(), "email": wrong}
        for method, where, sent in (("POST", "/beneficiaries", body), ("PATCH", path, {"email": wrong})):
            answer = await relais.asks(method, where, sent)
            assert (answer.status_code, [e["code"] for e in answer.json()["errors"]]) == (422, ["email"]), wrong
    accepted(await relais.asks("PATCH", path, {"email": None}))
    assert (await relais.gets(path))["person"]["email"] is None


async def test_a_declared_charset_is_used_for_a_body_and_for_a_form(town: Town) -> None:
    relais = await town.an_association()
    sheet = f"prenom;nom;naissance;fin de droit\nŁukasz;Żak {{}};01/05/1990;{UNTIL}\n"
    body = await sends(relais, sheet.format("A").encode("cp1250"), **{"Content-Type": "text/csv; charset=windows-1250"})
    part = ("liste.csv", sheet.format("B").encode("iso8859-2"), 'text/csv; charset="ISO-8859-2"')
    form = httpx2.Request("POST", "http://form", files={"file": part})
    sent = await sends(relais, form.read(), **{"Content-Type": form.headers["content-type"]})
    # Nothing declares this apostrophe; it is the only character beyond ASCII.
    alone = f"prenom;nom;naissance;fin de droit\nAwa;N’DIAYE;01/05/1990;{UNTIL}\n".encode("cp1252")
    undeclared = await sends(relais, alone, **{"Content-Type": "text/csv; charset=no-such-charset"})

    for answer in (body, sent, undeclared):
        assert accepted(answer).json()["enrolled"] == 1
    page = (await relais.gets("/beneficiaries"))["data"]
    assert sorted(one["person"]["last_name"] for one in page) == ["N’DIAYE", "Żak A", "Żak B"]
    assert {one["person"]["first_name"] for one in page} == {"Awa", "Łukasz"}


async def test_an_export_with_titles_and_headers_over_two_lines_is_imported(town: Town) -> None:
    relais = await town.an_association()
    sheet = (
        "Épicerie sociale – export du 29/11/2026;;;\r\n"
        ";;;\r\n"
        '"Prénom";"Nom de\nnaissance";"Date de\nnaissance";"Fin de\ndroits"\r\n'
        "Awa;N’DIAYE;1979-11-03 00:00:00.000;2030-06-30T00:00:00Z\r\n"
        "Zoé;Martin;3/11/1979 0:00;30/06/2030 0:00\r\n"
    ).encode("cp1252")
    answer = await imported(relais, sheet)

    assert [(one["line"], one["outcome"]) for one in answer["outcomes"]] == [(7, "enrolled"), (8, "enrolled")]
    page = (await relais.gets("/beneficiaries"))["data"]
    assert {(one["person"]["last_name"], one["person"]["birth_date"], one["eligible_until"]) for one in page} == {
        ("N’DIAYE", "1979-11-03", "2030-06-30"), ("Martin", "1979-11-03", "2030-06-30"),
    }  # fmt: skip


async def test_an_invalid_file_is_refused_with_its_errors(town: Town) -> None:
    relais = await town.an_association()
    for content, headers, status, code in (
        ("prénom;nom;taille\nAmina;Diallo;3\n", {}, 422, "import.columns_wrong"),
        ("Amina;Diallo;01/05/1990\n", {}, 422, "import.columns_wrong"),
        ("", {}, 422, "import.not_csv"),
        (b"PK\x03\x04" + bytes(90), {}, 422, "import.not_csv"),
        (HEADER, {"Content-Type": "application/json"}, 415, "body.wrong_type"),
        (b"x" * (21 * 2**20), {}, 413, "import.too_large"),
    ):
        refusal = refusal_in(await sends(relais, content, **headers))
        assert (refusal.status, refusal.code) == (status, code)
    wrong = (await sends(relais, "prénom;nom;taille;Prénom\n")).json()["errors"]
    assert [(error["field"], error["code"]) for error in wrong] == [
        ("birth_date", "column_missing"), ("eligible_until", "column_missing"),
        ("column.C", "column_unknown"), ("column.D", "column_twice"),
    ]  # fmt: skip
    assert "Amina" not in (await sends(relais, "Amina;Diallo;01/05/1990\n")).text
    for nobody in (await town.an_association("Neuve", status="pending"), await town.a_merchant()):
        refusal = refusal_in(
            await nobody.asks(
                "POST", "/beneficiaries/import", content=HEADER.encode(), headers={"Content-Type": "text/csv"}
            )
        )
        assert (refusal.status, refusal.code) == (403, "access.forbidden")
    assert await town.value("select count(*) from app.imports") == 0

    template = await relais.asks("GET", "/beneficiaries/import/template.csv")
    assert template.headers["content-type"] == "text/csv; charset=utf-8"
    form = httpx2.Request("POST", "http://form", files={"file": ("liste.csv", template.content, "text/csv")})
    sent = await relais.asks(
        "POST", "/beneficiaries/import", content=form.read(), headers={"Content-Type": form.headers["content-type"]}
    )
    assert accepted(sent).json()["enrolled"] == 1


async def test_a_repeated_file_enrols_nobody_twice(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "AT_ONCE", 4)
    relais = await town.an_association()
    sheet = HEADER + "".join(f"Amina;Nom {n};01/05/1990;;{UNTIL};;\n" for n in range(10))
    first = await sends(relais, sheet, key="juin")
    again = await sends(relais, sheet, key="juin")
    assert first.content == again.content
    assert first.json()["enrolled"] == 10
    other = refusal_in(await sends(relais, sheet + f"Zoé;Nom;01/05/1990;;{UNTIL};;\n", key="juin"))
    assert other.code == "idempotency.mismatch"

    anew = await imported(relais, sheet)
    assert (anew["enrolled"], anew["already_enrolled"]) == (0, 10)
    # The answer repeats unused tokens, in case the first answer was lost, but no token that was used or replaced.
    told = first.json()["outcomes"]
    assert anew["outcomes"] == [{**one, "outcome": "already_enrolled"} for one in told]
    used = {"activation_token": told[0]["activation_token"], "password": "un long mot de passe"}
    assert (await town.request("POST", "/v1/auth/activate", json=used)).status_code == 200
    await relais.posts(f"/beneficiaries/{told[1]['id']}/activation")
    later = (await imported(relais, sheet))["outcomes"]
    assert ["activation_token" in one for one in later] == [False, False] + [True] * 8
    assert await town.value("select count(*) from app.beneficiaries") == 10


async def test_an_interrupted_import_is_finished_by_the_same_file(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "AT_ONCE", 4)
    relais = await town.an_association()
    sheet = HEADER + "".join(f"Amina;Nom {n};01/05/1990;;{UNTIL};;\n" for n in range(10))
    times, buried = iter(range(3)), threading.Event()

    async def dies_at_the_third(*given: Any) -> Any:
        if next(times) == 2:
            await asyncio.to_thread(buried.wait, 30)
            raise NotAllowed
        return await enrol_together(*given)

    monkeypatch.setattr(imports, "enrol_together", dies_at_the_third)
    sending = asyncio.ensure_future(sends(relais, sheet, key="juin"))
    while not (seen := (await relais.gets("/beneficiaries/imports"))["data"]) or seen[0]["enrolled"] < 8:
        await asyncio.sleep(0.01)
    assert (seen[0]["status"], seen[0]["lines"], seen[0]["enrolled"]) == ("running", 10, 8)
    assert refusal_in(await sends(relais, sheet, key="juin")).code == "idempotency.in_progress"

    await town.clock((await town.now()) + timedelta(seconds=61))
    assert (await relais.gets("/beneficiaries/imports"))["data"][0]["status"] == "interrupted"
    monkeypatch.setattr(imports, "enrol_together", enrol_together)
    finished = (await sends(relais, sheet, key="juin")).json()
    assert (finished["enrolled"], finished["already_enrolled"]) == (2, 8)
    assert all(one["id"] and one["code"] and one["activation_token"] for one in finished["outcomes"])
    buried.set()
    await sending
    assert (await sends(relais, sheet, key="juin")).json() == finished


async def test_a_failed_import_keeps_its_enrolments_and_is_marked_failed(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "AT_ONCE", 4)
    relais, batches = await town.an_association(), iter(range(9))

    async def loses_its_right(*given: Any) -> Any:
        if next(batches) == 1:
            raise NotAllowed
        return await enrol_together(*given)

    monkeypatch.setattr(imports, "enrol_together", loses_its_right)
    sheet = HEADER + "".join(f"Amina;Nom {n};01/05/1990;;{UNTIL};;\n" for n in range(10))
    assert refusal_in(await sends(relais, sheet, key=str(uuid4()))).code == "access.forbidden"
    [kept] = await town.rows("select status, enrolled from app.imports")
    assert (kept["status"], kept["enrolled"]) == ("failed", 4)
    assert await town.value("select count(*) from app.beneficiaries") == 4
    assert await town.value("select count(*) from app.idempotency_keys where status is null") == 0
