"""`scripts/prove containers` where no docker daemon is: it says so; its walk and the commands it gives are right."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from scripts.demo_town import build
from scripts.demo_town.people import PASSWORD
from scripts.places import ROOT
from scripts.proofs import containers
from scripts.proofs.catalogue import PROOFS
from tests.town import Town
from tests.town.serving import Served

HEALTHY = "\n".join(json.dumps({"Service": one, "Health": "healthy"}) for one in containers.SERVICES)
SIGN_INS = "role         e-mail or code  password\nbeneficiary  2026-BEN-04217  cigogne\n"


def install_docker(folder: Path, monkeypatch: pytest.MonkeyPatch, does: str) -> Path:
    """Install a `docker` that notes its arguments and runs the shell code `does`. Returns the file of notes."""
    notes = folder / "called"
    program = folder / "docker"
    program.write_text(f'#!/bin/sh\necho "$*" >> {notes}\n{does}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return notes


def test_without_a_docker_daemon_the_proof_says_that_nothing_was_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_docker(tmp_path, monkeypatch, "exit 1")

    command = [sys.executable, "-m", "scripts.proofs", "containers"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert said.returncode == 2
    assert "NOT TRIED: no docker daemon answers here" in said.stdout


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Put a walk that notes whose it was, and a mailbox that has every mail, in the place of the real ones."""
    by: list[str] = []

    def walk(url: str, beneficiary: str) -> dict[str, object]:
        by.append(beneficiary)
        return {"requests": 1, "printed": "2026-12-01", "read": "2026-12-01"}

    monkeypatch.setattr(containers, "walk", walk)
    monkeypatch.setattr(containers.Compose, "got_mail", lambda self, to: True)
    return by


async def test_the_proof_builds_starts_walks_restarts_and_removes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, walks: list[str]
) -> None:
    (tmp_path / "health").write_text(HEALTHY)
    (tmp_path / "sign-ins").write_text(SIGN_INS)
    answers = f"""case "$*" in
    *" ps "*) cat {tmp_path}/health ;;
    *" exec "*) echo eng; echo fra ;;
    *" seed") cat {tmp_path}/sign-ins ;;
    esac"""
    notes = install_docker(tmp_path, monkeypatch, answers)

    outcome = await PROOFS["containers"].runs(None, 0, hurried=True, seed=1)

    assert (outcome.violations, outcome.not_tried) == ([], "")
    assert walks == ["2026-BEN-04217"] * 2
    commands = [line.split("docker-compose.yml ")[-1].split()[0] for line in notes.read_text().splitlines()]
    assert commands == ["info", "compose", "build", "up", "ps", "exec", "run", "restart", "ps", "logs", "down"]


async def test_the_proof_removes_its_containers_when_a_step_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, walks: list[str]
) -> None:
    notes = install_docker(tmp_path, monkeypatch, "case \"$*\" in *' build') echo 'no space left'; exit 1 ;; esac")

    outcome = await PROOFS["containers"].runs(None, 0, hurried=True, seed=1)

    assert len(outcome.violations) == 1
    assert "docker compose build failed: no space left" in outcome.violations[0]
    assert notes.read_text().splitlines()[-1].endswith("down --volumes --remove-orphans")
    assert walks == []


@pytest.mark.needs_program("tesseract", "tesseract-ocr", "tesseract-ocr-fra")
async def test_the_walk_through_the_containers_works_on_this_machine(town: Town, served: Served) -> None:
    password_hash = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    beneficiary = containers.a_beneficiary(build(town.copy.url(), password_hash))
    await town.ensure_served()
    for _ in range(2):
        walked = await asyncio.to_thread(containers.walk, served.url, beneficiary)
        assert walked["read"] == walked["printed"]
