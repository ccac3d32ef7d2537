"""The archives that install without network ask for what the program asks for (building them takes too long here)."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import bundle

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.mark.parametrize("name", bundle.PLATFORMS)
def test_an_archive_holds_what_the_program_asks_for_in_the_pinned_versions(name: str) -> None:
    assert bundle.asked() == PROJECT["dependencies"]
    wanted = bundle.closure(bundle.PLATFORMS[name])
    asked = {canonicalize_name(Requirement(text).name) for text in PROJECT["dependencies"]}
    assert asked < set(wanted)
    # Of another platform's own packages nobody pinned the version.
    assert [text for text in wanted.values() if "==" not in text] == (["colorama"] if "windows" in name else [])
    developers = {canonicalize_name(Requirement(text).name) for text in PROJECT["optional-dependencies"]["dev"]}
    assert not {"pytest", "mypy", "ruff"} & set(wanted) and {"pytest", "mypy", "ruff"} < developers


def test_extras_bring_what_they_need() -> None:
    assert "psycopg-binary" in bundle.closure(bundle.PLATFORMS["linux-x86_64"])


def test_what_lacks_a_wheel_is_named_in_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pip(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(bundle.subprocess, "run", pip)
    monkeypatch.setattr(bundle, "_download", lambda platform, target, wanted: wanted == ["duckdb==2.0.0"])
    monkeypatch.setattr(bundle, "_build", lambda target, text: not text.startswith("granian"))
    archive, lacking = bundle.build(bundle.PLATFORMS["linux-aarch64"], tmp_path)
    assert archive.name == f"renshe-{PROJECT['version']}-linux-aarch64.tar.gz" and lacking == ["granian"]
    with tarfile.open(archive) as tar:
        names = {Path(one.name).name: one for one in tar.getmembers() if one.isfile()}
        assert set(names) == {"install.sh", "README.txt", "SHA256SUMS", "缺少.txt"}
        assert names["install.sh"].mode & 0o111
        told = tar.extractfile(names["缺少.txt"])
        assert isinstance(told, io.BufferedReader) and "granian" in told.read().decode()


def test_the_installers_reach_for_nothing_elsewhere() -> None:
    for name in {platform.installer for platform in bundle.PLATFORMS.values()}:
        text = (bundle.TEMPLATES / name).read_text("utf-8")
        installs = [line for line in text.splitlines() if "pip install" in line]
        assert installs and all("--no-index" in line and "--find-links" in line for line in installs)
        assert "curl" not in text and "http" not in text
    subprocess.run(["sh", "-n", bundle.TEMPLATES / "install.sh"], check=True)


def test_an_installer_refuses_an_archive_that_was_altered(tmp_path: Path) -> None:
    (tmp_path / "install.sh").write_bytes((bundle.TEMPLATES / "install.sh").read_bytes())
    (tmp_path / "wheel").write_bytes(b"altered")
    (tmp_path / "SHA256SUMS").write_text("0" * 64 + "  wheel\n")
    done = subprocess.run(["sh", tmp_path / "install.sh", tmp_path / "to"], capture_output=True, check=False)
    assert done.returncode == 2 and "不完整或被改动" in done.stderr.decode() and not (tmp_path / "to").exists()
