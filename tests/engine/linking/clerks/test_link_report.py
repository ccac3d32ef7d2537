"""The link report: right in its figures, masked, complete without network, the same whenever it is made again."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.engine.linking.clerks.conftest import link_folder, people
from tests.pages import Page, headings_descend_and_tables_have_captions, refers_to_nothing_outside

from renshe.engine.linking.candidates import Dropped
from renshe.engine.linking.linking import link
from renshe.engine.linking.model import load_model
from renshe.engine.linking.report import charts
from renshe.engine.linking.report.counting import OVERLAPS, count_overlaps, count_systems
from renshe.engine.linking.report.describing import describe_keys, describe_model
from renshe.engine.linking.report.page import render_page, write_page
from renshe.engine.rounds.clean import clean


@pytest.fixture(scope="module")
def figures(linked: Path) -> dict[str, Any]:
    return dict(json.loads((link_folder(linked) / "figures.json").read_text("utf-8")))


@pytest.fixture(scope="module")
def page(linked: Path) -> str:
    return (link_folder(linked) / "report.html").read_text("utf-8")


def rows(text: str, caption: str) -> dict[str, list[str]]:
    """The rows of the table with this caption, by their first cell."""
    (table,) = [found for name, found in Page(text).tables.items() if name.startswith(caption)]
    return {row[0]: row[1:] for row in table}


def test_how_many_there_are_in_each_system_and_in_all(page: str) -> None:
    """60 plain people; P60 = M60; T, W and X are two people each as long as nobody said otherwise."""
    known = rows(page, "各系统的人员记录")
    assert known["养老保险"][:7] == ["业务", "65", "64", "1", "1", "2", "3"]
    assert known["医疗保险"][:7] == ["业务", "64", "64", "0", "0", "1", "3"]
    assert known["公安"][:7] == ["比对", "40", "40", "0", "0", "1", "0"]
    assert known["合计"][1:5] == ["169", "67", "1", "1"]
    assert "人员记录 169 条，实为 67 人；各系统内重复登记 1 条；另有 2 对是否同一，须人工核实。" in page


def test_overlaps_add_up_to_all_and_stand_beneath_their_picture(page: str, figures: dict[str, Any]) -> None:
    overlaps = rows(page, "只在这些系统中有的人员")
    assert overlaps["养老保险、医疗保险、公安"] == ["3", "40", "59.7%"]
    assert overlaps["养老保险、医疗保险"][1] == "21"
    assert overlaps["养老保险"][1] == overlaps["医疗保险"][1] == "3"
    assert sum(one["subjects"] for one in figures["parts"][0]["overlaps"]) == 67
    (picture,) = re.findall(r'<svg[^>]*aria-label="人员在各系统之间的重叠".*?</svg>', page, re.S)
    assert picture.count('class="full"') == 3 + 2 + 1 + 1 and picture.count('class="hole"') == 1 + 2 + 2


def test_many_combinations_are_told_together() -> None:
    systems = [f"s{at}" for at in range(6)]
    owned = [(label, system) for label in range(1, 64) for at, system in enumerate(systems) if label >> at & 1]
    with duckdb.connect() as connection:
        records = pa.table({"rid": range(len(owned)), "system": [system for _, system in owned]})
        clustered = pa.table({"rid": range(len(owned)), "label": [label for label, _ in owned]})
        connection.register("records", records)
        connection.register("clustered", clustered)
        known = count_systems(connection)
        first, more, business = count_overlaps(connection, known)
    assert len(first) == OVERLAPS and more is not None
    assert sum(one.subjects for one in first) + more.subjects == business == 63
    assert all(one.records == one.subjects == 32 and one.alone == 1 for one in known)


def test_decisions_are_told_by_their_basis(page: str, linked: Path) -> None:
    (table,) = [found for name, found in Page(page).tables.items() if name.startswith("人员：判定与依据")]
    told = {(row[0], row[1]): row[2:] for row in table[1:]}
    manifest = json.loads((link_folder(linked) / "manifest.json").read_text("utf-8"))
    assert told["同一", "按确定规则"] == ["143", "1", "142"] and told["同一", "按权重"] == ["1", "0", "1"]
    assert told["待核实", "按确定规则"] == ["2", "0", "2"] and told["不同", "按确定规则"] == ["1", "0", "1"]
    assert sum(int(one[0]) for one in told.values()) == manifest["pairs"]


def test_the_histogram_counts_every_pair_once(page: str, figures: dict[str, Any]) -> None:
    bins = figures["parts"][0]["weights"]
    assert sum(one["same"] + one["review"] + one["different"] for one in bins) == figures["parts"][0]["pairs"]
    assert [one["least"] for one in bins] == list(range(bins[0]["least"], bins[-1]["least"] + 1, 4))
    assert len(rows(page, "人员：各段权重的对数")) == len(bins) + 1


def test_what_waits_is_told_with_its_reason_and_masked(page: str) -> None:
    reasons = rows(page, "人员：待核实的原因")
    assert reasons["号码均有效而不同"][:2] == ["1", "0"]
    assert reasons["号码仅顺序码不同而姓名不同（可能是双胞胎）"][:2] == ["1", "0"]
    assert "人员待核实的前 2 对，共 2 对" in page
    assert re.search(r"证件号码均有效而不同 -\d+\.\d；姓名相同 \+", page) and "不一致：证件号码、单位名称。" in page
    for word in ("慕容雪梅", "司徒晓光", "欧阳", "13900000002", "1966-06", "19660606", "幸福街"):
        assert word not in page
    assert "慕***" in page and "220802********" in page and "1966-**-**" in page and "****0002" in page
    assert not re.search(r"\d{15}|\d{17}[\dXx]", re.sub(r"sha256-[^']*", "", page))


def test_a_number_and_a_birth_beside_each_other_do_not_tell_the_whole_number(page: str) -> None:
    born = {one.birth for rows in people().values() for one in rows}
    assert not any(f"{birth[:4]}-{birth[4:6]}-{birth[6:]}" in page for birth in born)


def test_the_model_and_its_training_are_told(page: str) -> None:
    model = load_model("person")
    assert model.version in page
    assert all(one.label in page for one in model.definite)
    assert "号码相同且成立</th><td>至少待核实" in page
    assert "模拟数量" in page and f"{model.trained['invented']:,}" in page
    told = describe_model(model)
    assert [one["label"] for one in told["comparisons"]] == [one.label for one in model.comparisons]
    assert "姓名拼音 + 性别 + 出生日期第 1–4 位" in told["keys"]
    assert "字号第 1–4 位 + 法定代表人" in describe_model(load_model("unit"))["keys"]
    for entity in ("person", "unit"):
        assert not any(re.search("[a-z]", key) for key in describe_model(load_model(entity))["keys"])


def test_keys_that_too_many_share_are_told(figures: dict[str, Any], page: str) -> None:
    assert "没有因共用的记录太多而舍去的取值" in page
    [one] = describe_keys(load_model("person"), [Dropped("phone", 3, 412)])
    assert (one.label, one.values, one.records) == ("电话", 3, 412)
    crowded = {"label": "电话", "values": 3, "records": 412}
    told = {**figures, "parts": [{**figures["parts"][0], "crowded": [crowded]}]}
    assert rows(render_page(told, None), "人员：因共用的记录太多")["电话"] == ["3", "412"]


def test_the_first_link_compares_with_nothing_and_the_next_round_with_it(project: Path, page: str) -> None:
    assert "没有可比的上一次" in page
    persons = project / "medical-person.csv"
    lines = persons.read_text("utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(("W2,", "M59,", "M60,"))]
    added = ["M60,欧阳春花,,男,1971-02-03,U2,,", "N1,新来的,,男,1990-01-01,,,"]
    persons.write_text("\n".join([*kept, *added]) + "\n", "utf-8")
    clean(project)
    link(project)
    text = (link_folder(project, 2) / "report.html").read_text("utf-8")
    moved = json.loads((link_folder(project, 2) / "figures.json").read_text("utf-8"))["parts"][0]["moved"]
    assert (moved["round"], moved["records"], moved["subjects"]) == (1, 169, 67)
    assert (moved["came"], moved["went"]) == (1, 2)
    # P60 and M60 are there, and are one person no more; of M59 nothing is left.
    assert moved["pairs"]["same"] == {"same": 142, "review": 1, "none": 1}
    assert moved["pairs"]["review"] == {"same": 0, "review": 1, "none": 1}
    assert len(moved["lost"]) == 1
    assert "上一次判为同一、这一次不再是的前 1 对" in text and "欧阳" not in text
    table = rows(text, "人员：各对的判定，上一次与这一次")
    assert table["同一"] == ["142", "1", "1"] and table["不同或未比对"][2] == "—"


def test_a_judged_truth_tells_what_the_keys_found(project: Path, page: str) -> None:
    assert "比对键的上限" not in page
    known = [("pension", "P0", 1), ("medical", "M0", 1), ("pension", "P1", 2), ("medical", "M2", 2)]
    names = ("system", "key", "person")
    columns = dict(zip(names, zip(*known, strict=True), strict=True))
    pq.write_table(pa.table(columns), project / "truth.parquet")
    link(project)
    text = (link_folder(project) / "report.html").read_text("utf-8")
    assert "已知为同一的 2 对（truth.parquet）中，比对键找到 1 对，50.0%" in text


def test_the_page_is_well_formed_and_refers_to_nothing_outside(page: str) -> None:
    refers_to_nothing_outside(page)
    assert "某市&lt;关联&gt;" in page and "某市<关联>" not in page


def test_headings_descend_and_every_table_has_a_caption(page: str) -> None:
    headings_descend_and_tables_have_captions(page)


def test_persons_and_units_stand_on_one_page(figures: dict[str, Any]) -> None:
    unit = {**figures["parts"][0], "entity": "unit", "label": "单位", "counted": "个单位"}
    text = render_page({**figures, "parts": [*figures["parts"], unit]}, None)
    Page(text)
    assert "单位记录 169 条，实为 67 个单位" in text and "单位：系统之间的重叠" in text


def test_files_are_their_owner_s_alone_and_the_page_can_be_made_again(project: Path) -> None:
    folder = link_folder(project)
    for name in ("report.html", "figures.json", "待核实.xlsx", "frame.parquet"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600
    before = (folder / "report.html").read_bytes()
    (folder / "report.html").unlink()
    write_page(folder)
    assert (folder / "report.html").read_bytes() == before
    assert (folder / "report.html").stat().st_mode & 0o777 == 0o600


def test_lengths_in_the_pictures_are_proportional() -> None:
    systems = [
        {"system": "a<b", "compared": False, "subjects": 100},
        {"system": "police", "compared": True, "subjects": 50},
    ]
    picture = charts.overlap_chart(
        "<图>", systems, [{"systems": (0, 1), "subjects": 60}, {"systems": (0,), "subjects": 30}]
    )
    widths = [float(width) for width in re.findall(r'width="([\d.]+)" height="12"', picture)]
    assert widths == [88, 44]
    heights = re.findall(r'height="([\d.]+)" class="bar"', picture)
    assert heights[1:] == ["150", "75"]
    assert "<图>" not in picture and "a&lt;b" in picture
    bins = [{"least": at, "same": at, "review": 4, "different": 0} for at in (0, 4, 8)]
    columns = re.findall(r'height="([\d.]+)" class="part (p\d)"', charts.weight_chart("图", bins, 6, 0))
    assert [float(height) for height, kind in columns if kind == "p0"] == [0, 37, 74]
    assert [float(height) for height, kind in columns if kind == "p3"] == [74, 74, 74]
    assert charts.weight_chart("图", [], 6, 0) and charts.overlap_chart("图", systems, [])
