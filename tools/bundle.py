"""Build the archives that install renshe without network, one for each platform: ``dist/renshe-<version>-<platform>``.

Rule (agencies whose machines have no internet): everything that ``pyproject.toml`` asks for lies beside the program, in
the versions of ``constraints.txt``, as wheels; nothing is compiled where it is installed.

Invariant: what an archive lacks is named, and it then says so; the one for this platform is never left incomplete.

    .venv/bin/python tools/bundle.py [platform …]        # or: make bundle
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "tools" / "bundled"
PYTHON = "3.11"
# glibc 2.28: Debian 10, RHEL 8 and what was made from them.
GLIBC = (28, 27, 26, 24, 17, 12, 5)
OLD_NAMES = ("manylinux2014", "manylinux2010", "manylinux1")


@dataclass(frozen=True)
class Platform:
    """``tags``: what pip calls it; ``markers``: what its Python says of itself."""

    name: str
    tags: tuple[str, ...]
    markers: dict[str, str]
    installer: str = "install.sh"


def linux(machine: str) -> Platform:
    tags = (*(f"manylinux_2_{minor}_{machine}" for minor in GLIBC), *(f"{name}_{machine}" for name in OLD_NAMES))
    told = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": machine}
    return Platform(f"linux-{machine}", tags, told)


WINDOWS = {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt", "platform_machine": "AMD64"}
TRIED = "linux-x86_64"
PLATFORMS = {
    one.name: one
    for one in (
        linux("x86_64"),
        linux("aarch64"),
        Platform("windows-amd64", ("win_amd64",), WINDOWS, installer="install.cmd"),
    )
}


def project() -> dict[str, object]:
    """Return what ``pyproject.toml`` says of the project."""
    told: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return told


def asked() -> list[str]:
    """Return what the program asks for."""
    found = project()["dependencies"]
    assert isinstance(found, list)
    return found


def pins() -> dict[str, str]:
    """Return the versions of ``constraints.txt`` by name."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    found = (line.split("==") for line in lines if "==" in line)
    return {canonicalize_name(name): version.strip() for name, version in found}


def closure(platform: Platform) -> dict[str, str]:
    """Return everything that the program needs on ``platform``, by name, as pip is asked for it. What packages ask for
    is read from those that are installed here."""
    environment = {**platform.markers, "python_version": PYTHON, "python_full_version": f"{PYTHON}.0"}
    pinned, found, seen = pins(), {}, set()
    queue = [Requirement(text) for text in asked()]
    while queue:
        wanted = queue.pop()
        name = canonicalize_name(wanted.name)
        found[name] = f"{name}=={pinned[name]}" if name in pinned else f"{name}{wanted.specifier}"
        for extra in ("", *wanted.extras):
            if (name, extra) not in seen:
                seen.add((name, extra))
                further = (Requirement(text) for text in _requires(name))
                queue += [
                    one for one in further if not one.marker or one.marker.evaluate({**environment, "extra": extra})
                ]
    return dict(sorted(found.items()))


def _requires(name: str) -> list[str]:
    try:
        return requires(name) or []
    except PackageNotFoundError:
        # Needed on another platform only; such packages need nothing themselves.
        return []


def collect(platform: Platform, target: Path) -> list[str]:
    """Put the wheels for ``platform`` into ``target``; return the packages that have none."""
    wanted = closure(platform)
    if _download(platform, target, list(wanted.values())):
        return []
    return [
        name for name, text in wanted.items() if not _download(platform, target, [text]) and not _build(target, text)
    ]


def _download(platform: Platform, target: Path, wanted: list[str]) -> bool:
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
        "--dest",
        str(target),
    ]
    command += ["--implementation", "cp", "--python-version", PYTHON]
    for abi in ("cp311", "abi3", "none"):
        command += ["--abi", abi]
    for tag in platform.tags:
        command += ["--platform", tag]
    return subprocess.run([*command, *wanted], stderr=subprocess.DEVNULL, check=False).returncode == 0


def _build(target: Path, wanted: str) -> bool:
    """Make a wheel of a package that comes as source; True where it is one for every platform."""
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", place, wanted]
        if subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode != 0:
            return False
        [made] = Path(place).iterdir()
        if not made.name.endswith("-any.whl"):
            return False
        shutil.copy(made, target)
        return True


def build(platform: Platform, out: Path) -> tuple[Path, list[str]]:
    """Build the archive for ``platform`` in the folder ``out``; return it and what it lacks."""
    name = f"renshe-{project()['version']}-{platform.name}"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / name
        wheels = folder / "wheels"
        wheels.mkdir(parents=True)
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
        subprocess.run([*command, "--wheel-dir", str(wheels), str(ROOT)], check=True)
        lacking = collect(platform, wheels)
        for template in (platform.installer, "README.txt"):
            shutil.copy(TEMPLATES / template, folder)
        if lacking:
            text = "缺少以下软件包在本平台的安装文件，须另行取得后放入 wheels：\n" + "\n".join(lacking) + "\n"
            (folder / "缺少.txt").write_text(text, "utf-8")
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        sums = [f"{sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n" for path in files]
        (folder / "SHA256SUMS").write_text("".join(sums), "utf-8")
        out.mkdir(exist_ok=True)
        archive = out / f"{name}.tar.gz"
        with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
            tar.add(folder, name)
    return archive, lacking


def main(names: list[str]) -> int:
    """Build what is asked for, or all; 1 where the archive of the platform that is tried is not complete."""
    if unknown := [name for name in names if name not in PLATFORMS]:
        print(f"unknown platform {unknown[0]}; there are {', '.join(PLATFORMS)}", file=sys.stderr)
        return 2
    code = 0
    for name in names or PLATFORMS:
        archive, lacking = build(PLATFORMS[name], ROOT / "dist")
        print(f"{archive.relative_to(ROOT)}: {archive.stat().st_size / 1e6:,.0f} MB")
        for package in lacking:
            print(f"  NO WHEEL for {name}: {package}")
        if lacking and name == TRIED:
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
