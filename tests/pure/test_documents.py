"""The documents: every file that they name exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "policies").glob("*.md")])
FOLDERS = "ai|backend|docs|migrations|policies|scripts|tests"
_LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
_NAMED = re.compile(rf"`((?:{FOLDERS})/[\w./-]*)`")
_DECISION = re.compile(r"docs/decisions/[\w-]+\.md")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_named_in_a_document_exist(document: Path) -> None:
    text = document.read_text()
    linked = {target: document.parent / target for target in _LINK.findall(text) if "://" not in target}
    named = {target: ROOT / target for target in _NAMED.findall(text)}
    assert [target for target, path in (linked | named).items() if not path.exists()] == []


def test_decisions_named_in_the_code_exist() -> None:
    sources = [
        path for folder in FOLDERS.split("|") for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".sql"}
    ]
    # A comment may be broken anywhere, and goes on behind the marks of its next line.
    named = {name for path in sources for name in _DECISION.findall(re.sub(r"\n *(--|#) ", "", path.read_text()))}
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_the_architecture_names_every_folder_but_features() -> None:
    folders = [ROOT / name for name in FOLDERS.split("|")]
    folders += [path for name in ("backend", "policies", "tests") for path in (ROOT / name).iterdir() if path.is_dir()]
    # Git leaves folders of compiled files behind where a folder was renamed; features have tables or routes.
    kept = {path for path in folders if any(part.is_file() and part.suffix != ".pyc" for part in path.rglob("*"))}
    grounds = {path for path in kept if not (path / "models.py").exists() and not (path / "api.py").exists()}
    named = {ROOT / target for target in _NAMED.findall((ROOT / "docs" / "architecture.md").read_text())}
    assert {str(path.relative_to(ROOT)) for path in grounds - named} - {"docs"} == set()
