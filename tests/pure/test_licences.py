"""The project's licence, and the check of its dependencies' licences."""

import tomllib
from email.message import Message
from importlib.metadata import PackageMetadata
from pathlib import Path
from typing import cast

import pytest

from scripts.licences import EXCEPTIONS, complaints, declared, is_compatible, locked

ROOT = Path(__file__).parents[2]
EXCEPTED = dict.fromkeys(EXCEPTIONS, "Proprietary")


def package(**fields: str) -> PackageMetadata:
    message = Message()
    for name, text in fields.items():
        for line in text.split("|"):
            message[name.replace("_", "-")] = line
    return cast(PackageMetadata, message)


def test_the_project_is_under_eupl_1_2_with_its_whole_text() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "EUPL-1.2"
    [file] = project["license-files"]
    text = (ROOT / file).read_text()
    assert text.startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2\n")
    assert [line for article in range(1, 16) for line in text.splitlines() if line.startswith(f"{article}. ")] == [
        "1. Definitions",
        "2. Scope of the rights granted by the Licence",
        "3. Communication of the Source Code",
        "4. Limitations on copyright",
        "5. Obligations of the Licensee",
        "6. Chain of Authorship",
        "7. Disclaimer of Warranty",
        "8. Disclaimer of Liability",
        "9. Additional agreements",
        "10. Acceptance of the Licence",
        "11. Information to the public",
        "12. Termination of the Licence",
        "13. Miscellaneous",
        "14. Jurisdiction",
        "15. Applicable Law",
    ]
    assert text.endswith(
        "All other changes or additions to this Appendix require the production of a new EUPL version.\n"
    )


@pytest.mark.parametrize(
    ("expression", "compatible"),
    [
        ("MIT", True),
        ("MIT AND PSF-2.0", True),
        ("Proprietary OR MIT", True),
        ("GPL-3.0-only", False),
        ("MIT AND Proprietary", False),
        ("MIT AND Proprietary OR GPL-3.0-only", False),
        ("(Proprietary OR MIT OR ISC) AND Proprietary", False),  # an unread parenthesis would hide the AND
        ("none", False),
    ],
)
def test_an_expression_needs_one_choice_that_is_compatible(expression: str, compatible: bool) -> None:
    assert is_compatible(expression) is compatible


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        (package(License_Expression="MIT", License="Proprietary"), "MIT"),
        (package(Classifier="License :: OSI Approved :: MIT License|Typing :: Typed", License="Copyright"), "MIT"),
        (
            package(Classifier="License :: OSI Approved :: BSD License|License :: Other/Proprietary License"),
            "BSD-3-Clause AND Other/Proprietary License",
        ),
        (package(License="Apache 2.0"), "Apache-2.0"),
        (package(Name="unlicensed"), "none"),
    ],
)
def test_a_declared_licence_is_read_from_the_best_field(metadata: PackageMetadata, licence: str) -> None:
    assert declared(metadata) == licence


def test_an_incompatible_dependency_is_reported_by_name() -> None:
    assert complaints(EXCEPTED | {"good": "MIT"}) == []
    [line] = complaints(EXCEPTED | {"good": "MIT", "bad": "AGPL-3.0-only"})
    assert line.startswith("bad: AGPL-3.0-only ")


def test_an_exception_that_is_not_needed_is_reported() -> None:
    name = next(iter(EXCEPTIONS))
    assert complaints(EXCEPTED | {name: "MIT"}) == [f"{name}: needs no exception any more"]


def test_packages_of_other_systems_are_marked_in_the_lock() -> None:
    lock = "a-b==1.0 \\\n    --hash=sha256:00\n    # via c==2\ncolorama==0.4.6 ; sys_platform == 'win32' \\\n"
    assert locked(lock) == {"a-b": False, "colorama": True}
