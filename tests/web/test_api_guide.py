"""The guide to the API does what it says, against a running ``renshe serve`` and the bureau of the demo."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.ports import free_port
from tests.web.test_serving import ROOT, command, environment, served

pytestmark = pytest.mark.xdist_group("homes")
BUREAU = "from renshe.cli.sampling import sample_bureau; list(sample_bureau())"


def run(home: Path, *told: str, folder: Path, **more: str) -> str:
    done = subprocess.run(
        told, env=environment(home) | more, cwd=folder, capture_output=True, encoding="utf-8", check=False, timeout=200
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None or shutil.which("bash") is None, reason="the guide is for a shell")
def test_the_guide_takes_a_case_from_start_to_paper(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    home.mkdir()
    run(home, command()[0], "-c", BUREAU, folder=tmp_path)
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "api.md").read_text("utf-8"), re.DOTALL)
    here = f'renshe() {{ {shlex.join(command())} "$@"; }}\n'
    with served(home, port):
        address = f"http://127.0.0.1:{port}/api/v1"
        output = run(home, "bash", "-euc", here + "\n".join(blocks), folder=tmp_path, API=address)
    # Who entered is refused, who checks decides, and both are in the trace.
    assert "affairs.meeting" in output and "org.not_granted" in output and "办结" in output
    assert {"jb220822", "fh220822"} <= set(re.findall(r'"operator": ?"(\w+)"', output))
    # The paper is filed, and the volume is what was closed.
    assert re.search(r'"state": ?"closed"', output) and re.search(r'"whole": ?true', output)
    assert (tmp_path / "result.pdf").read_bytes().startswith(b"%PDF")
