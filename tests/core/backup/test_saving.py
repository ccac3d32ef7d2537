"""An archive is whole or is not there; what is altered is refused; who may not be disturbed is not."""

from __future__ import annotations

import io
import stat
import tarfile
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest
from tests.core.backup.conftest import Standing
from tests.core.backup.standing import PAPERS

from renshe.core.backup import saving
from renshe.core.backup.archive import opened
from renshe.core.backup.restoring import archive_restore, backup_verify
from renshe.core.database.home import held
from renshe.core.errors import BusinessError


def check(path: Path) -> None:
    with opened(path) as archive:
        archive.digests_check()


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {info.name: tar.extractfile(info).read() for info in tar.getmembers()}  # type: ignore[union-attr]


def pack(path: Path, contents: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, content in contents.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


@pytest.mark.req("S0-45", "S2-58", part="saved")
def test_a_backup_holds_rows_papers_keys_and_the_seal_for_its_owner_alone(standing: Standing) -> None:
    done = standing.save()
    found = members(done.archive)
    assert stat.S_IMODE(done.archive.stat().st_mode) == 0o600
    assert {found[name] for name in found if name.startswith("papers/")} == set(PAPERS)
    assert [name for name in found if name.startswith("secrets/")] == ["secrets/django"]
    with psycopg.connect(standing.logins.owner) as own:
        number, chain = own.execute("SELECT number, chain FROM journal_block ORDER BY 1 DESC LIMIT 1").fetchone() or ()
        [(entries,)] = own.execute("SELECT count(*) FROM journal_entry").fetchall()
    assert done.manifest.told == {number: chain} and done.manifest.entries == entries
    assert done.manifest.tables["casework_case"] == 3 and done.manifest.tables["toys_shop"] == 2
    assert done.sha256 == sha256(done.archive.read_bytes()).hexdigest() and done.size == done.archive.stat().st_size
    assert [path.name for path in done.archive.parent.iterdir()] == [done.archive.name]


def test_counts_and_rows_are_of_one_moment(standing: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    real = saving.dump

    def late(*arguments: object, **named: object) -> None:
        with psycopg.connect(standing.logins.application) as other:
            other.execute('SELECT journal_declare(\'{"operator": "op", "reason": "x"}\')')
            other.execute("INSERT INTO toys_shop VALUES ('between', 'x')")
        real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(saving, "dump", late)
    done = standing.save()
    assert backup_verify(done.archive, standing.logins, standing.server).good


@pytest.mark.req("S2-58", part="proved by bringing it back")
def test_a_backup_is_proved_by_bringing_it_back_and_leaves_nothing_behind(standing: Standing) -> None:
    done = standing.save()
    proof = backup_verify(done.archive, standing.logins, standing.server)
    assert proof.good and proof.papers == len(PAPERS)
    assert proof.verdict.blocks == 1 and proof.verdict.entries + proof.verdict.unsealed == done.manifest.entries
    assert proof.verdict.unsealed
    with psycopg.connect(standing.server) as own:
        left = own.execute("SELECT datname FROM pg_database WHERE datname LIKE 'renshe_verify%'").fetchall()
    assert left == []
    assert [path.name for path in done.archive.parent.iterdir()] == [done.archive.name]


def test_a_journal_that_was_altered_before_the_backup_is_found(standing: Standing) -> None:
    with psycopg.connect(standing.logins.owner) as own:
        own.execute("ALTER TABLE journal_entry DISABLE TRIGGER USER")
        own.execute("UPDATE journal_entry SET operator = 'op-2' WHERE id = 7")
        own.execute("ALTER TABLE journal_entry ENABLE TRIGGER USER")
    proof = backup_verify(standing.save().archive, standing.logins, standing.server)
    assert not proof.good and proof.verdict.altered == [7] and "7" in proof.problems[0]


def test_a_seal_that_another_archive_told_is_not_this_ones(standing: Standing) -> None:
    done = standing.save()
    contents = members(done.archive)
    text = contents["manifest.json"].replace(done.manifest.chain.encode(), sha256(b"x").hexdigest().encode())
    contents |= {"manifest.json": text, "manifest.sha256": sha256(text).hexdigest().encode()}
    proof = backup_verify(pack(done.archive, contents), standing.logins, standing.server)
    assert not proof.good and proof.verdict.broken == [1]


def test_a_paper_that_was_damaged_before_is_saved_as_it_is_and_told(standing: Standing) -> None:
    paper = next(path for path in (standing.home / "papers").rglob("*") if path.is_file())
    paper.write_bytes(b"rotten")
    done = standing.save()
    assert done.manifest.damaged == [paper.relative_to(standing.home / "papers").as_posix()]
    assert not backup_verify(done.archive, standing.logins, standing.server).good


@pytest.mark.req("S2-58", part="an incomplete one is refused")
def test_an_archive_that_was_cut_short_is_refused(standing: Standing) -> None:
    whole = standing.save().archive
    content = whole.read_bytes()
    short = whole.with_name("short.tar")
    end = content.rstrip(b"\x00")
    for length in (0, 100, 512, 1000, 5000, len(content) // 2, len(end) - 600, len(end) - 1):
        short.write_bytes(content[:length])
        with pytest.raises(BusinessError, match="不完整或被改动"):
            check(short)
    check(whole)


def test_a_byte_that_was_flipped_anywhere_is_found(standing: Standing) -> None:
    whole = standing.save().archive
    content = whole.read_bytes()
    with tarfile.open(whole) as tar:
        infos = tar.getmembers()
    altered = whole.with_name("altered.tar")
    for info in infos:
        data, size = info.offset_data, info.size
        for at in (info.offset + 3, data, data + size // 2, data + size - 1):
            altered.write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
            with pytest.raises(BusinessError, match="不完整或被改动"):
                check(altered)


def test_a_member_that_is_missing_or_leads_elsewhere_is_refused(standing: Standing) -> None:
    whole = standing.save().archive
    contents = members(whole)
    paper = next(name for name in contents if name.startswith("papers/"))
    for name in (paper, "database.dump", "secrets/django", "manifest.json", "manifest.sha256"):
        with pytest.raises(BusinessError, match="不完整或被改动"):
            check(pack(whole.with_name("less.tar"), {one: contents[one] for one in contents if one != name}))
    for name in ("papers/../../outside", "/outside", "papers", "elsewhere/x", "secrets//x"):
        text = contents["manifest.json"].replace(paper.encode(), name.encode())
        more = {name if one == paper else one: content for one, content in contents.items()}
        more |= {"manifest.json": text, "manifest.sha256": sha256(text).hexdigest().encode()}
        with pytest.raises(BusinessError, match="不完整或被改动"):
            check(pack(whole.with_name("elsewhere.tar"), more))
    with pytest.raises(BusinessError, match="没有备份文件"):
        check(whole.with_name("none.tar"))
    whole.with_name("text.tar").write_text("no archive at all")
    with pytest.raises(BusinessError, match="不完整或被改动"):
        check(whole.with_name("text.tar"))


NEWER = [('"program": "0.1.0"', '"program": "99.0.0"'), ('"org.', '"org.9999_'), ('"format": 1', '"format": 2')]


@pytest.mark.parametrize("told", NEWER)
def test_the_archive_of_a_newer_program_is_refused_before_anything_is_made(
    standing: Standing, tmp_path: Path, told: tuple[str, str]
) -> None:
    done = standing.save()
    contents = members(done.archive)
    text = contents["manifest.json"].decode().replace(*told, 1).encode()
    contents |= {"manifest.json": text, "manifest.sha256": sha256(text).hexdigest().encode()}
    home = tmp_path / "new"
    home.mkdir()
    with pytest.raises(BusinessError, match="较新的程序"):
        archive_restore(pack(done.archive, contents), home, standing.server)
    assert list(home.iterdir()) == []


def test_of_two_backups_at_once_one_is_refused(standing: Standing) -> None:
    with held(standing.home, "backup"), pytest.raises(BusinessError, match="正在备份"):
        standing.save()
    assert not (standing.home / "backups").exists()
    first, second = standing.save(), standing.save()
    assert first.archive != second.archive
    check(first.archive)
    check(second.archive)


def test_a_folder_that_cannot_be_written_is_refused_and_named(standing: Standing, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BusinessError, match="file/below 不能写入"):
        standing.save(to=tmp_path / "file" / "below")
    assert not (standing.home / "backups").exists()


def test_what_pg_dump_refuses_is_told_and_leaves_nothing(standing: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise saving.ProgramError("磁盘已满")

    monkeypatch.setattr(saving, "dump", fail)
    with pytest.raises(BusinessError, match="磁盘已满"):
        standing.save()
    assert list((standing.home / "backups").iterdir()) == []
