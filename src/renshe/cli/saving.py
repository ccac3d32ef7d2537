"""``renshe backup``, ``renshe restore`` and ``renshe verify-backup``."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

import typer

from renshe.cli.show import say
from renshe.core.backup.restoring import Proof, archive_restore, backup_verify
from renshe.core.backup.saving import backup_make
from renshe.core.database.connect import server_of, set_up, set_up_django
from renshe.core.database.home import held, home
from renshe.core.errors import BusinessError
from renshe.core.journal.telling import Places, restored_told


def run_backup(to: Path | None, *, as_json: bool) -> None:
    """Save the bureau."""
    logins, folder = set_up(), home()
    done = backup_make(folder, logins, to=to)
    from renshe.core.registers import archives
    from renshe.core.registers.running import keeper

    agency = keeper() if archives.entered_here() else None
    if agency is not None:
        archives.made_enter(done, agency)
    rows = sum(done.manifest.tables.values())
    if as_json:
        told = {"archive": str(done.archive), "size": done.size, "sha256": done.sha256, "rows": rows}
        say(json.dumps(told | {"seconds": done.seconds, "damaged": done.manifest.damaged}, ensure_ascii=False))
        return
    say(f"已备份：{done.archive}")
    say(f"  {done.size:,} 字节，{len(done.manifest.tables)} 张表 {rows:,} 行，{done.seconds:.1f} 秒")
    say(f"  SHA-256：{done.sha256}")
    for name in done.manifest.damaged:
        say(f"  注意：材料 {name} 已经损坏，请从早前的备份中找回")
    if done.archive.stat().st_dev == folder.stat().st_dev:
        say("  备份与业务数据在同一块磁盘上；请用 --to 备份到另一台机器或另一块磁盘")
    say(f"  接着核验：renshe verify-backup {done.archive}")


def run_restore(archive: Path, *, as_json: bool) -> None:
    """Bring a bureau back into an empty home."""
    folder = home()
    with held(folder, "serve") as alone:
        if not alone:
            raise BusinessError("start.running", home=folder)
        set_up_django(folder)
        proof = archive_restore(archive, folder, os.environ.get("DATABASE_URL"))
        _settle(archive, folder, proof)
        _tell(proof, "已恢复", as_json)


def run_verify(archive: Path, *, as_json: bool) -> None:
    """Prove that a backup can be brought back."""
    logins = set_up()
    server = server_of(home(), os.environ.get("DATABASE_URL"))
    from renshe.core.registers import archives

    if not archive.is_file():
        backup_verify(archive, logins, server)
    row = archives.row_of(archive)
    try:
        proof = backup_verify(archive, logins, server)
    except BusinessError as refused:
        if row is not None:
            archives.refused_enter(row, refused)
        raise
    if row is not None:
        archives.found_enter(row, proof)
    _tell(proof, "备份有效", as_json)


def _settle(archive: Path, folder: Path, proof: Proof) -> None:
    """Tell the second place from which block the chain goes on, and the register from where the bureau came."""
    from renshe.core.registers import archives

    restored_told(Places.of(folder), proof.manifest.block, bytes.fromhex(proof.manifest.chain))
    archives.restored_enter(archive, proof)


def _tell(proof: Proof, well: str, as_json: bool) -> None:
    if as_json:
        told = {"archive": str(proof.archive), "good": proof.good, "problems": proof.problems, "papers": proof.papers}
        told |= {"journal": asdict(proof.verdict), "seconds": proof.seconds}
        say(json.dumps(told, ensure_ascii=False))
    else:
        rows, verdict = sum(proof.manifest.tables.values()), proof.verdict
        say(
            f"{well if proof.good else '与备份时应有的不符'}：{proof.archive}（{proof.manifest.at} 备份，{rows:,} 行，"
            f"材料 {proof.papers:,} 份，日志 {verdict.blocks} 块 {verdict.entries:,} 条，未封 {verdict.unsealed} 条，"
            f"{proof.seconds:.1f} 秒）"
        )
        for problem in proof.problems:
            say(f"  {problem}；请核查原因，必要时改用另一份备份")
    if not proof.good:
        raise typer.Exit(1)
