"""A second round does only what changed, and nobody can tell from its result."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.engine.merging.conftest import agreed

from renshe.engine.decisions.log import read_decisions
from renshe.engine.mending.entering import enter
from renshe.engine.mending.newest import open_newest
from renshe.engine.merging import plan as plan_module
from renshe.engine.merging.candidates import Links
from renshe.engine.merging.plan import planned
from renshe.engine.project import ProjectError
from renshe.engine.rounds import clean as rounds
from renshe.engine.rounds.clean import clean
from renshe.engine.rounds.store import Store
from renshe.engine.rules import reach, runner
from renshe.engine.rules.merge_rules import Rulebook, merge_rules
from renshe.engine.schema import system_kind
from renshe.engine.simulate.simulate import simulate

SAME = ("digests", "not_run", "not_run_of", "notes", "findings", "scores", "admission", "tables", "decisions")


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Say of every table how it was judged (``whole`` or ``part``; neither where it was taken over); no reports."""
    monkeypatch.setattr(rounds, "build_report", lambda *args, **more: None)
    monkeypatch.setattr(runner, "WORTH_PARTING", 0)
    monkeypatch.setattr(reach, "MOST", 1.0)
    seen: list[tuple[str, str]] = []
    for how in ("whole", "part"):
        plain = getattr(runner._TableRun, how)

        def noting(self: Any, *args: Any, plain: Any = plain, how: str = how) -> None:
            seen.append((self.table, how))
            plain(self, *args)

        monkeypatch.setattr(runner._TableRun, how, noting)
    return seen


def some_decisions(project: Path, seed: int, many: int) -> None:
    """Decide at random on findings of the newest round: correct, empty, remove, accept."""
    newest = max((project / "rounds").iterdir())
    findings = pq.read_table(newest / "findings.parquet").to_pylist()
    findings.sort(key=lambda row: json.dumps(row, default=str, sort_keys=True))
    chance = random.Random(seed)
    chance.shuffle(findings)
    lines = []
    for at, row in enumerate(findings[:many]):
        told = {name: row[name] for name in ("rule", "table", "system", "key", "field", "source_file", "source_row")}
        told |= {"id": f"{seed}-{at}", "at": f"2026-01-{seed:02}", "by": "甲", "ground": "材料", "old": row["value"]}
        kind = chance.choice(("value", "value", "remove", "accept"))
        if kind == "value" and row["field"]:
            told |= {"kind": "correct", "new": row["expected"]}
        else:
            told |= {"kind": "accept" if kind == "accept" else "remove"}
        lines.append(told)
    write(project, f"{seed}", lines)


def write(project: Path, name: str, lines: list[dict[str, Any]]) -> None:
    (project / "decisions").mkdir(exist_ok=True)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (project / "decisions" / f"{name}.jsonl").write_text(text, "utf-8")


def revoke(project: Path, seed: int, at: str) -> None:
    made = [json.loads(line) for line in (project / "decisions" / f"{seed}.jsonl").open(encoding="utf-8")]
    write(
        project,
        f"{seed}-revoked",
        [{"id": f"r{one['id']}", "at": at, "by": "乙", "kind": "revoke", "revokes": one["id"]} for one in made[::2]],
    )


def some_merges(project: Path, seed: int, many: int) -> list[str]:
    """Merge random pairs of persons of the newest round, as planned; what forbids it is not asked here."""
    newest = open_newest(Store(project))
    chance = random.Random(seed)
    numbers: dict[str, set[str]] = {}
    for row in pq.read_table(newest.folder / "tables/person.parquet").to_pylist():
        if system_kind(row["system"]) == "business" and row["valid"] != "0" and row["person_no"]:
            numbers.setdefault(row["system"], set()).add(row["person_no"])
    pairs = []
    for system, own in sorted(numbers.items()):
        chosen = chance.sample(sorted(own), 2 * many)
        pairs += [(system, old, new) for old, new in zip(chosen[::2], chosen[1::2], strict=True)]
    with planned(newest, Links(), pairs) as plan:
        made = [agreed(one) for one in plan.pairs]
    _, entered = enter(project, read_decisions(project), "merges", made)
    return [one.id for one in entered]


def as_alone(project: Path, tmp_path: Path) -> dict[str, Any]:
    """Return the manifest of a round over the same data and decisions that has no earlier one to lean on."""
    alone = tmp_path / "alone"
    shutil.rmtree(alone, ignore_errors=True)
    shutil.copytree(project, alone, ignore=shutil.ignore_patterns("rounds"))
    return clean(alone).manifest


@pytest.mark.req("S1-19")
@pytest.mark.parametrize("share", [1.0, 0.02], ids=["rows", "rules whole"])
def test_a_second_round_equals_a_full_one(
    tmp_path: Path, judged: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    monkeypatch.setattr(reach, "MOST_OF_RULE", share)
    project = tmp_path / "p"
    simulate(project, persons=150, seed=11, dirty=0.03)
    with (project / "project.toml").open("a", encoding="utf-8") as toml:
        toml.write("".join(f'\n[[control]]\ntable = "{table}"\ncount = 1\n' for table in ("contribution", "transfer")))
    first = clean(project)
    assert {how for _, how in judged} == {"whole"}
    del judged[:]
    some_decisions(project, 2, 40)
    clean(project)
    some_decisions(project, 3, 40)
    revoke(project, 2, "2026-01-03")
    second = clean(project).manifest
    assert {how for _, how in judged} == {"part"}
    full = as_alone(project, tmp_path)
    assert {name: second[name] for name in SAME} == {name: full[name] for name in SAME}
    assert second["digests"] != first.manifest["digests"]
    del judged[:]
    assert clean(project).manifest["digests"] == second["digests"]
    assert judged == [], "where nothing changed nothing is judged"


@pytest.fixture
def unconditional(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let any two records with one row each be merged: what is tested is what merges move."""
    declared = merge_rules()
    lenient = Rulebook([one for one in declared.conditions.values() if one.check is not None], declared.repeats)
    monkeypatch.setattr(rounds, "merge_rules", lambda: lenient)
    monkeypatch.setattr(plan_module, "merge_rules", lambda: lenient)


@pytest.mark.req("S1-19", "S1-43", part="second rounds")
@pytest.mark.usefixtures("unconditional")
def test_a_second_round_after_merges_equals_a_full_one(tmp_path: Path, judged: list[tuple[str, str]]) -> None:
    project = tmp_path / "p"
    simulate(project, persons=150, seed=14, dirty=0.03)
    first = clean(project)
    some_decisions(project, 2, 30)
    clean(project)
    del judged[:]
    merged = some_merges(project, 3, 8)
    second = clean(project).manifest
    assert {how for _, how in judged} == {"part"}
    assert second["decisions"]["applied"] > len(merged) // 2
    full = as_alone(project, tmp_path)
    assert {name: second[name] for name in SAME} == {name: full[name] for name in SAME}
    back = {"at": "2999", "by": "乙", "kind": "revoke"}
    write(project, "back", [back | {"id": f"t{at}", "revokes": one} for at, one in enumerate(merged[::2])])
    revoke(project, 2, "2999-01-01")
    third = clean(project).manifest
    full = as_alone(project, tmp_path)
    assert {name: third[name] for name in SAME} == {name: full[name] for name in SAME}
    assert len({json.dumps(one["digests"]) for one in (first.manifest, second, third)}) == 3


def test_what_a_changed_source_touches_is_judged_anew_and_nothing_else(
    tmp_path: Path, judged: list[tuple[str, str]]
) -> None:
    project = tmp_path / "p"
    simulate(project, persons=60, seed=12, dirty=0.02)
    clean(project)
    changed = next(project.glob("pension/ac75*"))
    lines = changed.read_bytes().splitlines(keepends=True)
    changed.write_bytes(b"".join(lines[:-1]))
    del judged[:]
    second = clean(project).manifest
    tables = {table for table, _ in judged}
    assert "transfer" in tables and "unit" not in tables
    full = as_alone(project, tmp_path)
    assert {name: second[name] for name in SAME} == {name: full[name] for name in SAME}


@pytest.mark.parametrize("damage", ["findings.parquet", "tables/person.parquet"])
def test_an_earlier_round_that_is_not_as_it_was_written_is_not_leaned_on(
    tmp_path: Path, judged: list[tuple[str, str]], damage: str
) -> None:
    project = tmp_path / "p"
    golden = Path(__file__).parents[2] / "golden" / "project"
    shutil.copytree(golden, project)
    first = clean(project)
    file = first.folder / damage
    rows = pq.read_table(file)
    pq.write_table(rows.slice(1), file)
    del judged[:]
    assert clean(project).manifest["digests"] == first.manifest["digests"]
    assert {how for _, how in judged} == {"whole"}


@pytest.mark.parametrize("damage", ["manifest.json", "findings.parquet"])
def test_a_round_that_is_not_whole_is_named_and_nothing_is_done(tmp_path: Path, damage: str) -> None:
    project = tmp_path / "p"
    shutil.copytree(Path(__file__).parents[2] / "golden" / "project", project)
    file = clean(project).folder / damage
    file.write_bytes(file.read_bytes()[:500])
    with pytest.raises(ProjectError, match=r"0001：这一轮的 manifest\.json 或 findings\.parquet 缺失或损坏"):
        clean(project)
    assert [folder.name for folder in (project / "rounds").iterdir()] == ["0001"]


def test_replaced_rows_that_a_disk_damaged_are_made_anew(tmp_path: Path, judged: list[tuple[str, str]]) -> None:
    project = tmp_path / "p"
    simulate(project, persons=60, seed=13, dirty=0.03)
    clean(project)
    some_decisions(project, 2, 20)
    second = clean(project).manifest
    for file in (project / "cache/patched").iterdir():
        file.write_bytes(b"")
    revoke(project, 2, "2026-01-03")
    third = clean(project).manifest
    assert third["digests"] == as_alone(project, tmp_path)["digests"] != second["digests"]
    for file in (project / "cache/patched").iterdir():
        file.write_bytes(b"")
    assert clean(project).manifest["digests"] == third["digests"]
