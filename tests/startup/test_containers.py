"""The containers, without a docker daemon: what reaches the image suffices to start, and every setting arrives."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import pytest
import yaml

from backend.settings import Settings
from scripts.places import ROOT
from tests.production import SAFE_SETTINGS
from tests.startup.running import OURS

DOCKERFILE = ROOT / "scripts" / "Dockerfile"
IGNORED = ROOT / "scripts" / "Dockerfile.dockerignore"
DIGEST = re.compile(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}")
SECRETS = {
    "ECOPANIER_API_PASSWORD": "password-of-the-api",
    "ECOPANIER_WORKER_PASSWORD": "password-of-the-worker",
    "POSTGRES_PASSWORD": "password-of-the-owner",
}

# Settings that compose does not pass to the API and the worker, and why.
ELSEWHERE = {
    "ECOPANIER_DATA_DIR": "the Dockerfile sets it to the folder of the volume",
    "ECOPANIER_DEMO": "heeded by scripts/run alone",
    "ECOPANIER_PGBOUNCER": "the programs reach the database of the same file directly",
    "ECOPANIER_LISTEN_DATABASE_URL": "of use with PgBouncer alone",
    "ECOPANIER_OWNER_DATABASE_URL": "known to `migrate` alone",
    "ECOPANIER_CONFIRMED": "heeded by `migrate` alone",
    "ECOPANIER_WORKER_DATABASE_URL": "known to the worker and `migrate` alone",
}


def as_regex(pattern: str) -> re.Pattern[str]:
    """Translate a pattern of an ignore file, which also matches whatever is below a folder that it matches."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern.strip("/"))
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(wild.get(part, re.escape(part)) for part in parts) + "(?:/.*)?")


def is_let_through(path: str, patterns: list[str]) -> bool:
    """Whether Docker's builder sees a file: the last pattern that matches it decides."""
    seen = True
    for pattern in patterns:
        if as_regex(pattern.removeprefix("!")).fullmatch(path):
            seen = pattern.startswith("!")
    return seen


def patterns() -> list[str]:
    lines = (line.strip() for line in IGNORED.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def copied() -> Iterator[tuple[str, str]]:
    """Yield what the Dockerfile copies: source in the project and destination in the image's working directory."""
    for line in DOCKERFILE.read_text().splitlines():
        if line.startswith("COPY "):
            *sources, destination = line.split()[1:]
            for source in sources:
                yield source, f"{destination}{source}" if destination.endswith("/") else destination


def files(source: str) -> list[str]:
    """Return the files of something that is copied, by their paths in the project."""
    found = [ROOT / source] if (ROOT / source).is_file() else (ROOT / source).rglob("*")
    return [str(path.relative_to(ROOT)) for path in found if path.is_file() and "__pycache__" not in path.parts]


def image(folder: Path, ignored: list[str]) -> Path:
    """Copy into a folder what the Dockerfile copies and the ignore file lets through."""
    for source, destination in copied():
        for path in files(source):
            if is_let_through(path, ignored):
                copy_of(ROOT / path, folder / destination / Path(path).relative_to(source))
    return folder


def copy_of(file: Path, target: Path) -> None:
    """Copy a file; and the code that Python has compiled from it here, which spares the image's programs that work."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(file, target)  # compiled code is used for the same time of change
    compiled = Path(cache_from_source(file))
    if file.suffix == ".py" and compiled.is_file():
        kept = Path(cache_from_source(target))
        kept.parent.mkdir(exist_ok=True)
        shutil.copyfile(compiled, kept)


def in_image(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command as the image's entry point does, with nothing but the image's files."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith((*OURS, "PYTHON"))}
    command = [sys.executable, "-m", "backend.cli", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_ignore_file_hides_no_file_that_the_image_needs() -> None:
    hidden = [path for source, _ in copied() for path in files(source) if not is_let_through(path, patterns())]
    assert hidden == []
    assert [source for source, _ in copied() if not files(source)] == []


@pytest.mark.parametrize(
    "path", [".env", ".git/config", ".data/secret.key", ".venv/bin/python", "tests/conftest.py", "ai/__pycache__/a.pyc"]
)
def test_the_ignore_file_keeps_secrets_and_ballast_out(path: str) -> None:
    assert not is_let_through(path, patterns())


def test_the_image_has_what_its_programs_need(tmp_path: Path) -> None:
    whole = image(tmp_path / "whole", patterns())
    served = in_image(whole, "openapi")
    assert served.returncode == 0, served.stderr
    assert json.loads(served.stdout)["info"]["title"] == "EcoPanier"
    migration = in_image(whole, "migrate", "--sql")
    assert migration.returncode == 0, migration.stderr
    assert "create policy" in migration.stdout

    without_ai = [pattern for pattern in patterns() if pattern != "!ai"]
    control = in_image(image(tmp_path / "control", without_ai), "openapi")
    assert "No module named 'ai'" in control.stderr


def test_the_image_brings_tesseract_and_its_french() -> None:
    assert re.search(r"apt-get install .*\btesseract-ocr tesseract-ocr-fra\b", DOCKERFILE.read_text())


def test_the_image_runs_as_nobody() -> None:
    lines = DOCKERFILE.read_text().splitlines()
    assert lines.index("USER nobody") < lines.index('ENTRYPOINT ["python", "-m", "backend.cli"]')


def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return read


def interpolated(value: str, environment: Mapping[str, str]) -> str:
    """Fill in the variables of a value as docker compose does."""

    def filled(found: re.Match[str]) -> str:
        name, how, otherwise = found.groups()
        if given := environment.get(name):
            return given
        assert how == ":-", f"{name} is required: {otherwise}"
        return str(otherwise)

    return re.sub(r"\$\{(\w+)(?:(:-|:\?)([^}]*))?\}", filled, value)


def environment_of(service: str, given: Mapping[str, str]) -> dict[str, str]:
    named = compose()["services"][service]["environment"]
    return {name: interpolated(str(value), given) for name, value in named.items()}


@pytest.mark.parametrize("service", ["api", "worker"])
def test_every_setting_reaches_the_containers(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    names = {str(field.validation_alias) for field in Settings.model_fields.values()}
    passed = compose()["services"][service]["environment"]
    known_elsewhere = ELSEWHERE.keys() - passed.keys()
    assert names - passed.keys() == known_elsewhere, "pass a new setting on in x-settings of docker-compose.yml"
    assert passed.keys() <= names
    for name, value in passed.items():
        if name not in ("DATABASE_URL", "ECOPANIER_WORKER_DATABASE_URL"):
            assert value.startswith(f"${{{name}:"), f"{name} is not read from the variable of that name"

    # Left alone, each setting has the program's own default.
    keys = {"ECOPANIER_SECRET_KEY": "k" * 32, "ECOPANIER_MASTER_KEY": "m" * 32}
    for name in names:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment_of(service, {**keys, **SECRETS}).items():
        monkeypatch.setenv(name, value)
    chosen = Settings.checked()
    named = {name for name, field in Settings.model_fields.items() if field.validation_alias in {*keys, *passed}}
    urls = {"database_url", "worker_database_url", "secret_key", "master_key"}
    assert chosen.model_dump(include=named - urls) == Settings.model_construct().model_dump(include=named - urls)
    assert "password-of-the-api" in (chosen.database_url or pytest.fail("none")).get_secret_value()


def test_production_starts_with_compose_s_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {**SAFE_SETTINGS, **SECRETS, "ECOPANIER_TRUSTED_PROXIES": "1", "ECOPANIER_LOG_LEVEL": "warning"}
    for name, value in environment_of("api", given).items():
        monkeypatch.setenv(name, value)
    chosen = Settings.checked()
    assert chosen.production
    assert (chosen.trusted_proxies, chosen.log_level) == (1, "warning")
    assert chosen.smtp_url is not None
    assert "mailpit" not in chosen.smtp_url.get_secret_value()


def test_each_secret_is_required_and_the_owner_s_stays_with_migrate() -> None:
    required = set(re.findall(r"\$\{(\w+):\?", (ROOT / "docker-compose.yml").read_text()))
    assert required == {"ECOPANIER_SECRET_KEY", "ECOPANIER_MASTER_KEY", *SECRETS}
    for service in ("api", "worker", "mailpit"):
        assert "POSTGRES_PASSWORD" not in str(compose()["services"][service])


def test_images_are_pinned_by_digest() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE.read_text(), re.MULTILINE)
    others = [service["image"] for service in compose()["services"].values() if "build" not in service]
    assert len(bases) + len(others) == 3
    for image_ in (*bases, *others):
        assert DIGEST.fullmatch(image_), image_


def test_services_restart_report_their_health_and_bound_their_logs() -> None:
    for name, service in compose()["services"].items():
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}, name
        if name != "migrate":
            assert service["restart"] == "unless-stopped", name
            assert service["healthcheck"]["test"], name


def test_mailpit_is_for_development_alone() -> None:
    services = compose()["services"]
    assert services["mailpit"]["profiles"] == ["development"]
    for name, service in services.items():
        assert "mailpit" not in service.get("depends_on", {}), name
        assert "mailpit" not in str(service.get("environment")), name
