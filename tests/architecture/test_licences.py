"""What renshe is built from may be used, changed and passed on by every agency: no licence that binds its users' code.

Permissive licences and the LGPL (used as a library) are allowed; the GPL and the AGPL are not. Read from the metadata
of what is installed, over everything that the declared libraries bring along.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import Distribution, distribution, packages_distributions
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
RUNTIME = PROJECT["dependencies"]
DEVELOPMENT = PROJECT["optional-dependencies"]["dev"]
# What an engine of a user's choice needs; imported only where it is chosen.
SPARK = PROJECT["optional-dependencies"]["spark"]

ALLOWED = re.compile(
    r"\b(?:MIT|BSD|0BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla|Zlib|CC0|LGPL|Lesser General|PostgreSQL)",
    re.IGNORECASE,
)
REFUSED = re.compile(r"\bA?GPL|Affero|GNU General Public|SSPL|BUSL|Commons Clause", re.IGNORECASE)


def closure(requirements: Iterable[str]) -> dict[str, Distribution]:
    """Everything that ``requirements`` bring along here, by normal name."""
    found: dict[str, Distribution] = {}
    queue = [Requirement(text) for text in requirements]
    while queue:
        wanted = queue.pop()
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        extras = wanted.extras or {""}
        if wanted.marker and not any(wanted.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            continue
        fresh = name not in found
        if not fresh and not wanted.extras:
            continue
        found[name] = distribution(name)
        for text in found[name].requires or []:
            further = Requirement(text)
            if further.marker is None or any(further.marker.evaluate({"extra": extra}) for extra in extras):
                queue.append(Requirement(text.split(";")[0]))
    return found


def offered(package: Distribution) -> list[str]:
    """The licences that a package leaves to choose from: OR in an expression, or several classifiers."""
    data = package.metadata
    if expression := data.get("License-Expression"):
        return str(expression).split(" OR ")
    classifiers = [text for text in data.get_all("Classifier") or [] if text.startswith("License ::")]
    named = (data.get("License") or "").strip() or _told(package)
    return classifiers or [named.split("\n")[0]]


def _told(package: Distribution) -> str:
    """What the file says that a package names as its licence."""
    files = [one for one in package.files or [] if one.name in (package.metadata.get_all("License-File") or [])]
    return str(files[0].read_text()).strip() if files else ""


def acceptable(licence: str) -> bool:
    return bool(ALLOWED.search(licence)) and not REFUSED.search(licence)


def test_every_library_offers_a_licence_that_agencies_can_live_with() -> None:
    packages = closure([*RUNTIME, *SPARK, *DEVELOPMENT])
    assert len(packages) > len(RUNTIME) + len(DEVELOPMENT)
    refused = {name: offered(package) for name, package in packages.items()}
    assert {name: found for name, found in refused.items() if not any(map(acceptable, found))} == {}


def test_the_general_public_licence_is_told_from_the_lesser_one() -> None:
    assert not acceptable("License :: OSI Approved :: GNU General Public License v3 (GPLv3)")
    assert not acceptable("AGPL-3.0-only")
    assert not acceptable("MIT AND GPL-3.0-or-later")
    assert not acceptable("")
    assert acceptable("LGPL-3.0-only")


def test_every_declared_library_is_used_and_every_used_one_is_declared() -> None:
    declared, optional = (
        {re.sub(r"[-_.]+", "-", Requirement(text).name).lower() for text in texts} for texts in (RUNTIME, SPARK)
    )
    owners = packages_distributions()
    imported = set()
    for path in (ROOT / "src").rglob("*.py"):
        tops = re.findall(r"^\s*(?:from|import) (\w+)", path.read_text("utf-8"), re.MULTILINE)
        # Django is told of apps and middleware by their names.
        tops += re.findall(r'^    "(\w+)[\w.]*",$', path.read_text("utf-8"), re.MULTILINE)
        imported |= {top for top in tops if top in owners and top not in sys.stdlib_module_names and top != "renshe"}
    used = {re.sub(r"[-_.]+", "-", owner).lower() for top in imported for owner in owners[top]}
    # Spark itself asks for pandas.
    assert used == declared | (optional - {"pandas"})
