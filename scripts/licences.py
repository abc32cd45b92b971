"""Check that the licence of every locked dependency is compatible with ours, EUPL-1.2."""

import re
import sys
from collections.abc import Mapping
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

LOCK = Path(__file__).resolve().parent.parent / "requirements.lock"

# Licences of libraries that a work under EUPL-1.2 may be distributed with, by their SPDX names: permissive ones, and of
# those that article 5 and the appendix of the EUPL call compatible, the ones that bind changes to the library alone.
# GPL and AGPL are in that appendix too, but they would have the whole program distributed under them, so they are not
# here: a development tool under one of them gets an exception below.
COMPATIBLE = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "EUPL-1.2",
        "ISC",
        "LGPL-2.1-or-later",
        "LGPL-3.0-only",
        "LGPL-3.0-or-later",
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "MPL-2.0",
        "OLDAP-2.8",
        "PSF-2.0",
        "Unlicense",
        "Zlib",
    }
)

# What packages wrote before metadata had a field for SPDX expressions: classifiers, and the free text of `License`.
# "BSD License" and "LGPLv2+" leave the exact licence open; each licence that they may mean is compatible.
SPDX_NAMES = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.1-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}

# Packages whose metadata is not enough, with what a person found in their licence files.
EXCEPTIONS = {
    "axe-playwright-python": "for tests only: MIT; it contains axe-core, which is MPL-2.0",
    "iso4217": "public domain: a table of currencies with a few lines of code",
    "pypdfium2": "for tests only: BSD-3-Clause and Apache-2.0, with permissive libraries inside PDFium",
    "qrcode": "BSD-3-Clause; the classifier 'Other/Proprietary' is for the MIT notice of code it was ported from",
    "saxonche": "for tests only: MPL-2.0, as its project page says; the package declares nothing",
}

_LOCKED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==\S+( *;)?", re.MULTILINE)


def locked(text: str) -> dict[str, bool]:
    """Return the packages of a lock file, each with whether a marker keeps it from some environments."""
    return {name: bool(marker) for name, marker in _LOCKED.findall(text)}


def declared(package: PackageMetadata) -> str:
    """Return the licence that a package declares, as an SPDX expression where its words are known."""
    classifiers = [text.rpartition(" :: ")[2] for text in _all(package, "Classifier") if text.startswith("License")]
    stated = _all(package, "License-Expression") or classifiers or _all(package, "License") or ["none"]
    return " AND ".join(SPDX_NAMES.get(text, text) for text in stated)


def _all(package: PackageMetadata, field: str) -> list[str]:
    found: list[str] | None = package.get_all(field)
    return found or []


def is_compatible(expression: str) -> bool:
    """Return whether an SPDX expression leaves a choice of compatible licences; False for one with parentheses."""
    if "(" in expression:
        return False
    return any(COMPATIBLE.issuperset(choice.split(" AND ")) for choice in expression.split(" OR "))


def complaints(licences: Mapping[str, str]) -> list[str]:
    """Return one line for each package whose licence is not compatible, and for each exception that is not needed."""
    refused = {name: licence for name, licence in licences.items() if not is_compatible(licence)}
    return [
        f"{name}: {licence} is not in the list of licences compatible with EUPL-1.2"
        for name, licence in refused.items()
        if name not in EXCEPTIONS
    ] + [f"{name}: needs no exception any more" for name in EXCEPTIONS if name not in refused]


def main() -> None:
    """Print what is wrong with the dependencies' licences; the exit status is 1 if anything is."""
    licences = {}
    for name, conditional in locked(LOCK.read_text()).items():
        try:
            licences[name] = declared(metadata(name))
        except PackageNotFoundError:
            if not conditional:  # else for another system or version of Python
                licences[name] = "a package that is not installed"
    found = complaints(licences)
    for line in found:
        print(f"scripts/licences.py: {line}")
    print(f"{len(licences)} dependencies, {len(found)} complaints.")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
