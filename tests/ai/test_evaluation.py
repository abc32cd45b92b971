"""`scripts/eval_ai` run on folders of photos, its scoring and drawing, and the Gemini stand-in's checks."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image, ImageFont

from ai import ListingDraft
from scripts.ai_evaluation.cases import Case, UnfitFolder, cases_in, drawn_cases, keep
from scripts.ai_evaluation.drawing import font
from scripts.ai_evaluation.scoring import Score, scored
from scripts.stand_ins.gemini import GeminiStandIn, RefusedInProduction

ROOT = Path(__file__).parents[2]


def test_a_folder_is_evaluated_with_the_configured_model(gemini: GeminiStandIn, tmp_path: Path) -> None:
    Image.new("RGB", (60, 40), "orange").save(tmp_path / "bread.jpg")
    Image.new("RGB", (40, 60), "blue").save(tmp_path / "tin.png")
    (tmp_path / "expected.toml").write_text(
        "today = 2026-11-22\n"
        '["bread.jpg"]\ntitle = ["BAGUETTE"]\nportions = 5\nsuspected_allergens = ["gluten"]\nabsent = ["food_date"]\n'
        '["tin.png"]\ncategory = "canned"\ngtin = "3453120000011"\noriginal_price_cents = 150\n'
        'absent = ["weight_grams"]\n'
    )
    asked = subprocess.run(
        [sys.executable, "-m", "scripts.ai_evaluation", str(tmp_path)],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "GEMINI_API_KEY": gemini.api_key,
            "GEMINI_MODEL": "gemini-test",
            "GEMINI_BASE_URL": gemini.base_url,
            "COLUMNS": "120",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    rows = {line.split("│")[1].strip(): line.split("│")[2:-1] for line in asked.stdout.splitlines() if "│" in line}
    counted = {field: [cell.strip() for cell in cells] for field, cells in rows.items()}
    #                             right wrong silent empty invented accuracy
    assert counted["title"] == ["1", "0", "0", "0", "0", "100%"]
    assert counted["portions"] == ["1", "0", "0", "0", "0", "100%"]
    assert counted["suspected_allergens"] == ["1", "0", "0", "0", "0", "100%"]
    assert counted["food_date"] == ["0", "0", "0", "1", "0", "100%"]
    assert counted["category"] == ["0", "1", "0", "0", "0", "0%"]
    assert counted["gtin"] == ["0", "0", "1", "0", "0", "0%"]
    assert counted["original_price_cents"] == ["1", "0", "0", "0", "0", "100%"]
    assert counted["weight_grams"] == ["0", "0", "0", "0", "1", "0%"]
    assert "model gemini-test" in asked.stdout
    assert [request.model for request in gemini.requests] == ["gemini-test"] * 2
    assert asked.stderr == ""


def test_a_folder_without_valid_expectations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnfitFolder, match=r"expected\.toml"):
        cases_in(tmp_path)
    for told in ('["absent.jpg"]\ncategory = "dairy"\n', "= nonsense"):
        (tmp_path / "expected.toml").write_text(told)
        with pytest.raises(UnfitFolder):
            cases_in(tmp_path)
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    (tmp_path / "expected.toml").write_text('["a.png"]\nprize = 5\n')
    with pytest.raises(UnfitFolder, match="prize"):
        cases_in(tmp_path)


def test_drawn_cases_can_be_saved_and_read_back(tmp_path: Path) -> None:
    drawn = [replace(case, picture=cache(case.picture)) for case in drawn_cases()]
    photos = keep(drawn, tmp_path / "labels")

    again = cases_in(tmp_path / "labels")

    assert [(case.expected, case.absent, case.today) for case in again] == [
        (case.expected, case.absent, case.today) for case in drawn
    ]
    assert [case.picture().size for case in again] == [case.picture().size for case in drawn]
    assert all(photo.is_file() for photo in photos)


def test_scores_count_missing_and_invented_values() -> None:
    case = Case("x", lambda: Image.new("RGB", (1, 1)), {"portions": 10, "category": "dairy"}, ("batch",))
    assert scored([(case, ListingDraft(portions=11, batch="L1"))]) == {
        "category": Score(silent=1),
        "portions": Score(right=1),
        "batch": Score(invented=1),
    }


def test_labels_are_drawn_without_an_installed_font(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: object, size: float, **more: Any) -> Any:
        if isinstance(name, str):
            raise OSError("cannot open resource")
        return ImageFont.FreeTypeFont(name, size, **more)  # type: ignore[arg-type]  # Pillow's own, from memory

    monkeypatch.setattr(ImageFont, "truetype", none)
    assert font(40).getbbox("À consommer jusqu'au")[2] > 100


def test_the_stand_in_refuses_the_same_requests_as_gemini(
    gemini: GeminiStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": "_-8"}}

    def ask(parts: list[object], path: str = "m:generateContent", key: str | None = None, **more: object) -> int:
        headers = {"x-goog-api-key": gemini.api_key if key is None else key}
        body = {"contents": [{"parts": parts}], **more}
        with httpx2.Client(trust_env=False, base_url=gemini.base_url) as client:
            response = client.post(f"/v1beta/models/{path}", headers=headers, content=json.dumps(body))
        if response.status_code != 200:
            error = response.json()["error"]
            assert set(error) == {"code", "message", "status"}
            assert error["code"] == response.status_code
        return response.status_code

    assert ask([picture]) == 200, "the control"
    assert ask([picture], store=False, system_instruction={"parts": []}) == 200, "both spellings of field names"
    assert ask([picture], key="wrong") == 400
    assert ask([picture], path="m:streamGenerateContent") == 404
    assert ask([picture], stores=False) == 400
    assert ask([picture], store="no") == 400
    assert ask([picture], generationConfig={"responseSchema": {}}) == 400
    assert ask([{"inlineData": {"mimeType": "image/png", "data": "*"}}]) == 400
    assert ask([{"inlineData": {"mimeType": "application/x-sh", "data": "_-8"}}]) == 400
    monkeypatch.setenv("ECOPANIER_ENV", "production")
    with pytest.raises(RefusedInProduction):
        GeminiStandIn()
