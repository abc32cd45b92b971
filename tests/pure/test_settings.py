"""Settings: unsafe combinations are refused with the reason, secrets stay hidden, and keys are derived."""

from pathlib import Path

import pytest

from backend.settings import Settings, SettingsRefused
from tests.production import SAFE_SETTINGS

A_KEY = SAFE_SETTINGS["ECOPANIER_SECRET_KEY"]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.validation_alias), raising=False)
    return monkeypatch


def read(environment: pytest.MonkeyPatch, **given: str) -> Settings:
    for name, value in given.items():
        environment.setenv(name, value)
    return Settings.checked()


def test_safe_production_settings_are_accepted(environment: pytest.MonkeyPatch) -> None:
    settings = read(environment, **SAFE_SETTINGS)
    assert settings.production
    assert settings.public_url == "https://ecopanier.example"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"ECOPANIER_SECRET_KEY": ""}, "ECOPANIER_SECRET_KEY is missing"),
        ({"ECOPANIER_SECRET_KEY": "short"}, "ECOPANIER_SECRET_KEY is shorter than 32 bytes"),
        ({"ECOPANIER_MASTER_KEY": ""}, "ECOPANIER_MASTER_KEY is missing"),
        ({"ECOPANIER_MASTER_KEY": "short"}, "ECOPANIER_MASTER_KEY is shorter than 32 bytes"),
        ({"ECOPANIER_MASTER_KEY": "m" * 32 + ",m"}, "ECOPANIER_MASTER_KEY contains a comma"),
        ({"ECOPANIER_MASTER_KEY": A_KEY}, "ECOPANIER_MASTER_KEY is the secret key"),
        ({"ECOPANIER_PUBLIC_URL": "http://ecopanier.example"}, "ECOPANIER_PUBLIC_URL is not https"),
        ({"ECOPANIER_RATE_LIMITS": "off"}, "ECOPANIER_RATE_LIMITS=off"),
        ({"ECOPANIER_DEMO": "1"}, "ECOPANIER_DEMO is on"),
        ({"ECOPANIER_SECOND_FACTOR": "optional"}, "ECOPANIER_SECOND_FACTOR is optional"),
        ({"DATABASE_URL": ""}, "DATABASE_URL is missing"),
        ({"STRIPE_API_KEY": ""}, "STRIPE_API_KEY is missing"),
        ({"STRIPE_API_KEY": "sk_test_1"}, "STRIPE_API_KEY is not a live key"),
        ({"STRIPE_WEBHOOK_SECRET": ""}, "STRIPE_WEBHOOK_SECRET is missing"),
        ({"STRIPE_WEBHOOK_SECRET": " , "}, "STRIPE_WEBHOOK_SECRET is missing"),
        ({"SMTP_URL": ""}, "SMTP_URL is missing"),
        ({"STRIPE_API_BASE": "http://127.0.0.1:12111"}, "STRIPE_API_BASE is not"),
        ({"ECOPANIER_AUTH": "supabase"}, "needs SUPABASE_URL"),
        (
            {"ECOPANIER_AUTH": "supabase", "SUPABASE_URL": "https://project.supabase.co"},
            "needs SUPABASE_SECRET_KEY",
        ),
        ({"SUPABASE_JWT_SECRET": "short"}, "SUPABASE_JWT_SECRET is shorter"),
    ],
)
def test_unsafe_production_settings_are_refused(
    environment: pytest.MonkeyPatch, change: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingsRefused, match=named) as refused:
        read(environment, **{**SAFE_SETTINGS, **change})
    assert len(refused.value.reasons) == 1


def test_development_needs_no_settings(environment: pytest.MonkeyPatch) -> None:
    assert read(environment).environment == "development"


def test_a_second_factor_is_required_in_production_unless_set(environment: pytest.MonkeyPatch) -> None:
    assert read(environment).second_factor_rule == "optional"
    assert read(environment, **SAFE_SETTINGS).second_factor_rule == "required"
    assert read(environment, ECOPANIER_SECOND_FACTOR="admins").second_factor_rule == "admins"


def test_a_refusal_names_the_settings_but_not_their_values(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsRefused) as refused:
        read(environment, **{**SAFE_SETTINGS, "ECOPANIER_DB_CONNECTIONS": "hunter2", "ECOPANIER_PUBLIC_URL": "hunter2"})
    assert "ECOPANIER_DB_CONNECTIONS" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_secrets_are_not_shown_in_representations(environment: pytest.MonkeyPatch) -> None:
    settings = read(environment, **SAFE_SETTINGS)
    for shown in (repr(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert "hunter2" not in shown
        assert A_KEY not in shown


def test_every_setting_is_documented() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_derived_keys_differ_by_purpose_and_by_secret_key(environment: pytest.MonkeyPatch) -> None:
    one = read(environment, ECOPANIER_SECRET_KEY=A_KEY)
    other = read(environment, ECOPANIER_SECRET_KEY="o" * 32)
    assert one.derived_key("pins") == one.derived_key("pins")
    assert len({one.derived_key("pins"), one.derived_key("tokens"), other.derived_key("pins")}) == 3
    assert len(one.derived_key("pins")) == 32


def test_development_keeps_a_private_key_file_in_its_data_directory(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = read(environment, ECOPANIER_DATA_DIR=str(tmp_path / "new"))
    key = first.derived_key("tokens")
    assert Settings.checked().derived_key("tokens") == key
    assert (tmp_path / "new" / "secret.key").stat().st_mode & 0o077 == 0
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret.key"]


@pytest.mark.parametrize(
    "origins",
    ["app.example.org", "https://app.example.org/path", "*, https://a.example", "https://u@a.example", "null"],
)
def test_an_origin_that_no_browser_sends_is_refused(environment: pytest.MonkeyPatch, origins: str) -> None:
    with pytest.raises(SettingsRefused, match="ECOPANIER_ALLOWED_ORIGINS"):
        read(environment, ECOPANIER_ALLOWED_ORIGINS=origins)


def test_origins_are_separated_by_commas(environment: pytest.MonkeyPatch) -> None:
    assert read(environment, ECOPANIER_ALLOWED_ORIGINS="https://a.example/, http://localhost:5173").cors_origins == [
        "https://a.example",
        "http://localhost:5173",
    ]
