"""The chain of the journal, told to places that the database's administrator does not hold.

Rule (防止恶意篡改生产数据): number and chain of every sealed block are written under ``RENSHE_HOME``, to the folder
that ``RENSHE_SEAL_PLACE`` names (a share of another machine), and to the command of ``RENSHE_SEAL_COMMAND``. A place
that cannot be reached delays nothing; it is told what it missed the next time, and until then it is an alarm. That a
backup was restored is told to a place by the person who restored it, never by the machine in passing.

Invariant: what was told is never changed; a place learns a block from what was told at home, not from the database as
it stands by then. What excuses a place's lines stands in that place.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from filelock import FileLock

from renshe.core.errors import BusinessError
from renshe.core.journal.sealing import seal

FILE = "renshe-journal-chain.txt"
_RESTORED = "restored"
_PATIENCE = 60
_AWAY = "这里没有封条，可能没有挂载"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A place that could not be told all: since when, and why; ``differs``: it says otherwise than is kept at home."""

    place: str
    since: str
    why: str
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Places:
    """Where the chain is told: ``home`` always, a ``folder`` and a ``command`` where they are set."""

    home: Path
    folder: Path | None = None
    command: str | None = None

    @classmethod
    def of(cls, home: Path, environment: Mapping[str, str] = os.environ) -> Places:
        """Return the places of the installation at ``home``."""
        folder = environment.get("RENSHE_SEAL_PLACE")
        return cls(home, Path(folder) if folder else None, environment.get("RENSHE_SEAL_COMMAND") or None)

    @property
    def kept(self) -> Path:
        """The file under ``home``."""
        return self.home / "journal" / FILE


def tell(connection: psycopg.Connection, places: Places) -> list[Trouble]:
    """Tell every place the blocks that it has not been told; return which could not be told all."""
    places.kept.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(places.home / "journal" / ".telling.lock"):
        places.kept.touch()
        own = read_told(places.kept)
        last = max(own, default=0)
        made = connection.execute(
            "SELECT number, chain FROM journal_block WHERE number > %s ORDER BY number", [last]
        ).fetchall()
        _append(places.kept, [_line(number, chain) for number, chain in made])
        lines = _lines(places.kept)
        told: list[tuple[str, Callable[[], None]]] = []
        if places.folder is not None:
            told.append((str(places.folder), lambda: _catch_up(places, lines)))
        if places.command is not None:
            command = places.command
            told.append((command, lambda: _pipe(command, places.kept.with_name("told-command.txt"), lines)))
        return _troubles(places, told)


def troubles(home: Path) -> list[Trouble]:
    """Return which places could not be told all when it was last tried."""
    try:
        return [Trouble(**one) for one in json.loads(_state(home).read_text("utf-8"))]
    except FileNotFoundError:
        return []


def seal_and_tell(
    connection: psycopg.Connection, places: Places, *, whole_only: bool
) -> tuple[list[tuple[int, bytes]], list[Trouble]]:
    """Seal what can be sealed and tell it; return the new blocks and which places could not be told all.

    BusinessError where a place was told otherwise than the database says: nothing is sealed over what was rewritten.
    """
    if wrong := contradictions(chain_asked(connection), places):
        raise BusinessError("journal.contradicted", why="；".join(wrong))
    made = seal(connection, whole_only=whole_only)
    return made, tell(connection, places)


def read_told(file: Path) -> dict[int, bytes]:
    """Return by number the chain as it was told to ``file``, what was told before a restored backup left out.

    A number that was told twice counts as it was told first. OSError where there is no such file, unless it is new.
    """
    found: dict[int, bytes] = {}
    if not file.exists() and file.parent.is_dir():
        return found
    for line in file.read_text("ascii", "replace").splitlines():
        parsed = _parsed(line)
        if parsed is None:
            continue
        number, chain = parsed
        if chain is None:
            found = {one: told for one, told in found.items() if one <= number}
        else:
            found.setdefault(number, chain)
    return found


def told_places(places: Places) -> tuple[dict[str, dict[int, bytes]], dict[str, str]]:
    """Return by place what it was told, and of those that cannot be read why: an empty folder that was told before is
    no place, but where one was mounted."""
    found, unread = {}, {}
    if places.kept.exists() and (kept := read_told(places.kept)):
        found[str(places.kept)] = kept
    if places.folder is not None:
        file = places.folder / FILE
        try:
            if there := read_told(file):
                found[str(file)] = there
            elif _begun(places):
                unread[str(file)] = _AWAY
        except OSError as error:
            unread[str(file)] = str(error.strerror)
    return found, unread


def restorations(places: Places) -> list[tuple[str, str]]:
    """Return by place the lines that tell of restored backups."""
    files = [places.kept, *([places.folder / FILE] if places.folder is not None else [])]
    lines = [(str(file), line) for file in files if file.exists() for line in _lines(file)]
    return [(file, line) for file, line in lines if line.startswith(_RESTORED)]


def restored_passed_on(places: Places) -> int:
    """Append to the folder all that it lacks, a restored backup included; return how many lines. By a person who knows
    of the restoration. BusinessError where there is no folder, or it says otherwise than the home does."""
    if places.folder is None or not places.folder.is_dir():
        raise BusinessError("journal.no_place")
    file = places.folder / FILE
    have = _lines(file) if file.exists() else []
    lines = _lines(places.kept) if places.kept.exists() else []
    if have != lines[: len(have)]:
        raise BusinessError("journal.contradicted", why=f"{file} 与本机所留的不一致")
    _append(file, lines[len(have) :])
    _mark_begun(places)
    return len(lines) - len(have)


def contradictions(chain_of: Callable[[int], bytes | None], places: Places) -> list[str]:
    """Return in words which places were told otherwise than the database says now; ``chain_of``: its chain at a block.

    Only the last block is asked for: its chain stands for all before it.
    """
    found = []
    for place, told in told_places(places)[0].items():
        if told and (own := chain_of(max(told))) != told[max(told)]:
            what = "数据库中没有这一块" if own is None else "与数据库中的不符"
            found.append(f"{place} 记有第 {max(told)} 块，{what}")
    return found


def chain_asked(connection: psycopg.Connection) -> Callable[[int], bytes | None]:
    """Return how ``contradictions`` asks a database that ``connection`` reaches."""

    def asked(number: int) -> bytes | None:
        row = connection.execute("SELECT chain FROM journal_block WHERE number = %s", [number]).fetchone()
        return bytes(row[0]) if row else None

    return asked


def restored_told(places: Places, last: int, chain: bytes) -> None:
    """Tell that a backup was restored whose journal ends with block ``last`` (0: none) and ``chain``: what was told
    after it is no more.

    A new home goes on from what the second place was told by the one that was lost.
    """
    places.kept.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(places.home / "journal" / ".telling.lock"):
        before = places.folder / FILE if places.folder is not None else None
        if before is not None and before.is_file() and not places.kept.exists():
            _append(places.kept, _lines(before))
        if last and last not in read_told(places.kept):
            _append(places.kept, [_line(last, chain)])
        _append(places.kept, [f"{_RESTORED} {last} {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"])
        if before is not None and before.is_file():
            restored_passed_on(places)


def _lines(file: Path) -> list[str]:
    """Return the whole lines of ``file``."""
    return [line for line in file.read_text("ascii", "replace").splitlines() if _parsed(line)]


def _line(number: int, chain: bytes) -> str:
    return f"{number} {chain.hex()}"


def _parsed(line: str) -> tuple[int, bytes | None] | None:
    """Return number and chain of a line, None for the chain where a backup was restored; None for half a line."""
    first, _, rest = line.partition(" ")
    try:
        if first == _RESTORED:
            return int(rest.split()[0]), None
        chain = bytes.fromhex(rest)
        return (int(first), chain) if len(chain) == 32 else None
    except (ValueError, IndexError):
        return None


def _catch_up(places: Places, lines: list[str]) -> None:
    """Append to the folder what it lacks of ``lines``; ValueError where it says otherwise than they do, OSError where
    it is not there."""
    assert places.folder is not None
    file = places.folder / FILE
    have = _lines(file) if file.exists() else []
    if not have and _begun(places):
        raise OSError(_AWAY)
    if have != lines[: len(have)]:
        at = next((at for at, (one, two) in enumerate(zip(have, lines, strict=False)) if one != two), len(lines))
        raise ValueError(f"第 {at + 1} 行与本机所留的不一致，请核查是否有人改动")
    fresh = lines[len(have) :]
    if have and any(line.startswith(_RESTORED) for line in fresh):
        raise ValueError("本机恢复过备份而这里没有记载；确由本单位恢复的，请运行 renshe journal told-restored")
    _append(file, fresh)
    if lines:
        _mark_begun(places)


def _begun(places: Places) -> bool:
    """Whether the folder was told before, as the home remembers."""
    mark = _marks(places)
    return mark.exists() and str(places.folder) in mark.read_text("utf-8").splitlines()


def _mark_begun(places: Places) -> None:
    if not _begun(places):
        with _marks(places).open("a", encoding="utf-8") as stream:
            stream.write(f"{places.folder}\n")


def _marks(places: Places) -> Path:
    return places.home / "journal" / "told-places.txt"


def _pipe(command: str, mark: Path, lines: list[str]) -> None:
    """Hand to ``command`` what it was not handed of ``lines``; ``mark`` keeps how many it was."""
    done = int(mark.read_text("ascii")) if mark.exists() else 0
    if fresh := lines[done:]:
        subprocess.run(
            shlex.split(command),
            input="".join(f"{line}\n" for line in fresh),
            text=True,
            check=True,
            timeout=_PATIENCE,
            stdout=subprocess.DEVNULL,
        )
        mark.write_text(str(len(lines)), "ascii")


def _append(file: Path, lines: Iterable[str]) -> None:
    """Append whole ``lines`` so that they are on the disk when this returns."""
    text = "".join(f"{line}\n" for line in lines)
    if not text:
        return
    with file.open("ab+") as stream:
        if stream.tell():
            stream.seek(-1, os.SEEK_END)
            # After half a line that a crash left a new one begins.
            text = text if stream.read(1) == b"\n" else f"\n{text}"
        stream.write(text.encode("ascii"))
        stream.flush()
        os.fsync(stream.fileno())


def _troubles(places: Places, told: list[tuple[str, Callable[[], None]]]) -> list[Trouble]:
    before = {one.place: one for one in troubles(places.home)}
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    found = []
    for place, attempt in told:
        try:
            attempt()
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            known = before.get(place)
            why, differs = " ".join(str(error).split()), isinstance(error, ValueError)
            found.append(Trouble(place, known.since if known else now, why, differs))
    draft = _state(places.home).with_suffix(".draft")
    draft.write_text(json.dumps([asdict(one) for one in found], ensure_ascii=False), "utf-8")
    draft.replace(_state(places.home))
    return found


def _state(home: Path) -> Path:
    return home / "journal" / "told-troubles.json"
