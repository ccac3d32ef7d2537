"""The plan: who is merged into whom, in which order, what stands in the way, and what becomes of every row."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.engine.merging.conftest import ID_ONE, ID_OTHER, Agency, agreed, decide, link, plans, revoke

from renshe.engine.decisions.log import Decision
from renshe.engine.mending.refusals import MendingError
from renshe.engine.merging.candidates import pooling_area
from renshe.engine.merging.plan import PairPlan
from renshe.engine.merging.store import write_plan
from renshe.engine.project import ProjectError
from renshe.engine.rounds.clean import clean

BOTH = [("pension", "1001"), ("pension", "1002")]


def told(found: list[PairPlan]) -> list[tuple[str, str, str, str]]:
    return [(one.pair.old, one.pair.new, one.pair.scope, one.state) for one in found]


def test_the_number_that_pays_now_survives_and_every_row_has_its_place(twice: Agency) -> None:
    twice.add("person", ("", ID_ONE, "孙德福"), system="police")
    first = twice.round()
    made = {file: file.read_bytes() for file in first.folder.rglob("*") if file.is_file()}
    link(twice.folder, [*BOTH, ("police", "row:2")])
    written = write_plan(twice.folder)
    [pair] = pq.read_table(written.folder / "plan.parquet").to_pylist()
    assert (pair["old"], pair["new"], pair["state"], pair["moved"], pair["refunds"]) == ("1002", "1001", "ready", 2, 1)
    rows = pq.read_table(written.folder / "rows.parquet").to_pylist()
    assert Counter((row["table"], row["what"]) for row in rows) == {
        ("enrolment", "moved"): 1, ("contribution", "moved"): 1, ("contribution", "refund"): 1,
    }  # fmt: skip
    [refund] = [row for row in rows if row["what"] == "refund"]
    assert (refund["period"], str(refund["amount"]), refund["source_row"]) == (200512, "960.00", 6)
    fields = {row["field"]: row for row in pq.read_table(written.folder / "fields.parquet").to_pylist()}
    assert fields["file_birth_date"]["value"] == "1959-01-01"
    assert {file: file.read_bytes() for file in made} == made, "rounds never change"
    assert written.manifest["states"] == {"ready": 1, "blocked": 0, "waiting": 0, "decided": 0}
    assert set(written.manifest["files"]) == {"plan.parquet", "fields.parquet", "rows.parquet", "合并方案.xlsx"}


@pytest.mark.parametrize("name", ["links", "clusters"])
def test_a_damaged_link_is_told_in_one_line_with_the_remedy_that_works(twice: Agency, name: str) -> None:
    result = twice.round()
    file = link(twice.folder, BOTH) / f"{name}.parquet"
    file.write_bytes(file.read_bytes()[:60])
    with pytest.raises(ProjectError, match=f"{name}.parquet：损坏或缺少 内容；请重新运行 renshe link"):
        write_plan(twice.folder)
    assert not (result.folder / "merge").exists()


def test_a_plan_made_again_is_the_same_and_takes_the_place_of_the_first(twice: Agency) -> None:
    result = twice.round()
    link(twice.folder, BOTH)
    first, second = write_plan(twice.folder).manifest, write_plan(twice.folder).manifest
    parquet = [name for name in first["files"] if name.endswith(".parquet")]
    assert first["digest"] == second["digest"]
    assert [first["files"][name] for name in parquet] == [second["files"][name] for name in parquet]
    assert {folder.name for folder in result.folder.iterdir() if folder.is_dir()} == {"link", "merge", "tables"}
    assert list((twice.folder / "cache/unfinished").iterdir()) == []


@pytest.mark.req("S1-40")
def test_local_pairs_come_first_and_pairs_across_regions_wait_for_them(agency: Agency) -> None:
    for number, region in (("A", "220802"), ("B", ""), ("C", "220602"), ("D", "220605"), ("E", "320100")):
        agency.person(number, region=region)
    agency.person("X", id=ID_OTHER)
    agency.person("Y", id=ID_OTHER, region="220602")
    agency.round()
    everybody = [("pension", number) for number in "ABCDE"]
    link(agency.folder, everybody, [("pension", "X"), ("pension", "Y")])
    assert told(plans(agency.folder)) == [
        ("B", "A", "local", "ready"),
        ("D", "C", "local", "ready"),
        ("C", "A", "cross", "waiting"),
        ("E", "A", "cross", "waiting"),
        ("Y", "X", "cross", "ready"),
    ]
    first, *_ = plans(agency.folder)
    decide(agency.folder, agreed(first))
    clean(agency.folder)
    link(agency.folder, [member for member in everybody if member[1] != "B"])
    assert told(plans(agency.folder)) == [
        ("D", "C", "local", "ready"),
        ("C", "A", "cross", "waiting"),
        ("E", "A", "cross", "waiting"),
    ], "whoever is local anywhere comes before anything across regions"


@pytest.mark.parametrize(
    ("region", "agency", "area"),
    [
        ("220802", None, "220800"),
        ("220802001", None, "220800"),
        (None, None, "220800"),
        (None, "22060201", "220600"),
        ("999999", "320100", "320100"),
        ("110101", "220802", "110100"),
    ],
)
def test_the_pooling_area_of_a_record(region: str | None, agency: str | None, area: str) -> None:
    assert pooling_area(region, agency, "220800") == area


def test_whoever_draws_a_benefit_keeps_the_number(twice: Agency) -> None:
    twice.benefit("1002")
    twice.round()
    link(twice.folder, BOTH)
    assert told(plans(twice.folder)) == [("1001", "1002", "local", "ready")]


def test_the_number_of_this_region_survives_though_the_other_pays(twice: Agency) -> None:
    twice.rows["pension", "person"][0] = (*twice.rows["pension", "person"][0][:8], "220602", "", "")
    twice.round()
    link(twice.folder, BOTH)
    assert told(plans(twice.folder)) == [("1001", "1002", "cross", "ready")]


@pytest.mark.req("S1-42", part="plan")
def test_what_forbids_a_merge_is_told_with_the_pair(twice: Agency) -> None:
    twice.paid("1002", 200301, arrived="0", unit="U2")
    twice.enrolment("1002", "2020-01-01", unit="U2")
    twice.benefit("1001", no="B1")
    twice.benefit("1002", no="B2")
    twice.round()
    link(twice.folder, BOTH)
    [one] = plans(twice.folder)
    assert one.state == "blocked"
    assert {obstacle.id for obstacle in one.obstacles} == {"MRG-ARREARS", "MRG-OVERLAP", "MRG-BENEFIT"}
    [pair] = pq.read_table(write_plan(twice.folder).folder / "plan.parquet").to_pylist()
    assert "联系参保对象和单位补缴" in pair["obstacles"] and pair["conditions"] == [o.id for o in one.obstacles]


def test_two_people_with_valid_numbers_of_their_own_are_never_ready(twice: Agency) -> None:
    twice.round()
    [one] = plans(twice.folder, ("pension", "1003", "1001"))
    assert one.state == "blocked" and "MRG-TWO-IDS" in {obstacle.id for obstacle in one.obstacles}


def test_a_number_with_two_rows_is_not_ready(twice: Agency) -> None:
    twice.person("1002", "孙德富", unit="U9")
    twice.round()
    [one] = plans(twice.folder, ("pension", "1002", "1001"))
    assert [obstacle.id for obstacle in one.obstacles] == ["MRG-ROWS"]


def test_what_the_link_leaves_to_review_is_not_planned(twice: Agency) -> None:
    twice.round()
    link(twice.folder, BOTH, pairs=[("pension", "1001", "1002", "review")])
    assert plans(twice.folder) == [] and write_plan(twice.folder).manifest["doubtful"] == 1
    link(twice.folder, BOTH, pairs=[("pension", "1002", "1001", "same")])
    [one] = plans(twice.folder)
    assert one.pair.why == "姓名、证件号码相同"


def test_clusters_of_units_and_of_compared_systems_are_nobodys_to_merge(twice: Agency) -> None:
    twice.add("person", ("", ID_ONE, "孙德福"), ("", ID_ONE, "孙德福"), system="police")
    twice.round()
    link(twice.folder, [("police", "row:2"), ("police", "row:3")], [("pension", "U1"), ("pension", "U2")])
    assert plans(twice.folder) == []


def test_a_record_that_was_taken_out_is_none(twice: Agency) -> None:
    twice.round()
    decide(twice.folder, Decision("", "", "李", "remove", None, "person", "pension", '["1002"]', ground="重复"))
    clean(twice.folder)
    link(twice.folder, BOTH)
    assert plans(twice.folder) == []


@pytest.mark.req("S1-41", part="survivorship")
def test_what_a_clerk_verified_and_what_police_know_survives(twice: Agency) -> None:
    twice.add("person", ("", ID_ONE, "孙得福"), system="police")
    twice.round()
    filled = Decision("", "", "李", "fill", None, "person", "pension", '["1002"]', "phone", new="13900000001")
    decide(twice.folder, filled)
    clean(twice.folder)
    link(twice.folder, [*BOTH, ("police", "row:2")])
    [one] = plans(twice.folder)
    values = {field.name: (field.value, field.why) for field in one.fields}
    assert values["phone"] == ("13900000001", "最近核实")
    assert values["name"] == ("孙得福", "以公安为准")
    decide(twice.folder, agreed(one))
    assert clean(twice.folder).manifest["decisions"]["unfit"] == 0


def test_a_pair_with_a_decision_waits_for_its_round_and_one_kept_apart_is_gone(twice: Agency) -> None:
    twice.round()
    link(twice.folder, BOTH)
    [one] = plans(twice.folder)
    [merge] = decide(twice.folder, agreed(one))
    [waiting] = plans(twice.folder)
    assert waiting.state == "decided" and merge in waiting.obstacles[0].what
    revoke(twice.folder, merge)
    [apart] = decide(twice.folder, agreed(one, kind="apart", details=None))
    assert plans(twice.folder) == [] and write_plan(twice.folder).manifest["apart"] == 1
    revoke(twice.folder, apart)
    assert told(plans(twice.folder)) == [("1002", "1001", "local", "ready")]


def test_a_merge_that_no_longer_fits_is_to_be_revoked_first(twice: Agency) -> None:
    twice.round()
    link(twice.folder, BOTH)
    [one] = plans(twice.folder)
    decide(twice.folder, agreed(one))
    row = list(twice.rows["pension", "person"][1])
    row[2] = "孙福"
    twice.rows["pension", "person"][1] = row
    twice.round()
    link(twice.folder, BOTH)
    [decided] = plans(twice.folder)
    assert decided.state == "decided" and "请先撤销" in decided.obstacles[0].remedy


def test_where_nobody_is_to_be_merged_nothing_is_said_of_what_was_not_asked(twice: Agency) -> None:
    twice.round()
    link(twice.folder, [("pension", "1003")])
    assert write_plan(twice.folder).manifest["unchecked"] == {}


def listed(folder: Path, text: str) -> Path:
    path = folder.parent / "名单.csv"
    path.write_text(text, "utf-8")
    return path


def test_clerks_may_name_pairs_without_any_link(twice: Agency) -> None:
    twice.round()
    with pytest.raises(MendingError, match="还没有关联结果（link）；请先运行 renshe link"):
        write_plan(twice.folder)
    path = listed(twice.folder, "系统,被并编号,保留编号\n养老保险,1001,1002\n")
    written = write_plan(twice.folder, path)
    [pair] = pq.read_table(written.folder / "plan.parquet").to_pylist()
    assert (pair["old"], pair["new"], pair["why"], pair["state"]) == ("1001", "1002", "清单指定", "ready")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("系统,被并编号\npension,1001\n", "没有“保留编号”列"),
        ("系统,被并编号,保留编号\n", "没有一行"),
        ("系统,被并编号,保留编号\npension,1001,\n", "第 2 行：没有写“保留编号”"),
        ("系统,被并编号,保留编号\npension,1001,1001\n", "第 2 行：被并编号与保留编号相同"),
        ("系统,被并编号,保留编号\npension,1001,9999\n", "个人编号 9999（pension）在最新一轮的人员表中没有有效记录"),
        ("系统,被并编号,保留编号\npolice,1,2\n", "系统 police 只供比对，不能合并"),
        (
            "系统,被并编号,保留编号\npension,1001,1002\n养老保险,1002,1001\n",
            "第 3 行：与第 2 行是同一对编号，保留的却是另一个；请商定保留哪一个，删去另一行",
        ),
    ],
)
def test_a_list_that_cannot_be_taken_is_refused_in_one_line(twice: Agency, text: str, said: str) -> None:
    twice.round()
    with pytest.raises(MendingError) as refused:
        write_plan(twice.folder, listed(twice.folder, text))
    assert said in str(refused.value)


def test_a_list_may_not_name_a_number_that_is_merged_already(twice: Agency) -> None:
    twice.round()
    decide(twice.folder, agreed(plans(twice.folder, ("pension", "1002", "1001"))[0]))
    clean(twice.folder)
    with pytest.raises(MendingError, match="个人编号 1002（pension）已并入 1001"):
        plans(twice.folder, ("pension", "1002", "1003"))
