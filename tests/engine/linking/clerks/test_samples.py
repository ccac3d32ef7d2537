"""A sample is drawn within layers, handed to two clerks who see nothing of the machine's mind, and taken back."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.linking.clerks.conftest import Sheet, link_folder

from renshe.engine.decisions.log import read_decisions
from renshe.engine.linking.answering import SampleReading, take_answers
from renshe.engine.linking.judging.handing import hand_out
from renshe.engine.linking.judging.quality import disputed, measure, verdicts
from renshe.engine.linking.judging.sampling import Sample, allocate
from renshe.engine.linking.linking import link
from renshe.engine.mending.refusals import MendingError
from renshe.engine.project import ProjectError

SIZE = 40
NAMES = {"甲": "张判定", "乙": "李判定", "丙": "王判定"}


@pytest.fixture(scope="module")
def handed(linked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with a sample handed out; nobody writes into it."""
    project = Path(shutil.copytree(linked, tmp_path_factory.mktemp("handed") / "project"))
    hand_out(project, SIZE, 7)
    return project


@pytest.fixture
def drawn(handed: Path, tmp_path: Path) -> Path:
    """A copy of it for one test."""
    return Path(shutil.copytree(handed, tmp_path / "drawn"))


def sample_of(project: Path) -> Sample:
    return Sample(json.loads((link_folder(project) / "sample.json").read_text("utf-8")))


def is_same(pair: Mapping[str, Any]) -> bool:
    """What is true of a pair of the small project: numbers of one person end alike, but for twins and namesakes."""
    left, right = (str(pair[f"{side}_key"]).replace("D1", "P0") for side in ("left", "right"))
    return left[1:] == right[1:] and left[0] not in "TWX"


def judged(
    project: Path, target: Path, clerk: str, name: str | None = None, changed: Callable[[int], str | None] | None = None
) -> Path:
    """Fill in a clerk's workbook by the truth; ``changed`` says otherwise by the place of a pair."""
    pairs = sample_of(project).pairs
    sheet = Sheet(next(link_folder(project).glob(f"抽样判定-{clerk}*.xlsx")))
    for row in sheet.rows:
        place = json.loads(sheet.text(row, "识别码"))[3]
        right = "同一人" if is_same(pairs[place]) else "不是同一人"
        other = changed(place) if changed else None
        sheet.fill(row, 判定=right if other is None else other or None)
    sheet.fill(3, 判定人=NAMES[clerk] if name is None else name)
    return sheet.save(target / f"{clerk}.xlsx")


def take(project: Path, *workbooks: Path) -> SampleReading:
    answers, samples = take_answers(project, workbooks)
    assert answers is None and samples is not None
    return samples


def quality(project: Path) -> dict[str, Any]:
    return dict(json.loads((link_folder(project) / "quality.json").read_text("utf-8")))


def test_the_frame_holds_every_pair_that_was_compared_once(linked: Path) -> None:
    frame = duckdb.sql(f"FROM read_parquet('{link_folder(linked)}/frame.parquet')").to_arrow_table().to_pylist()
    manifest = json.loads((link_folder(linked) / "manifest.json").read_text("utf-8"))
    assert len(frame) == manifest["pairs"]
    assert Counter(row["decision"] for row in frame) == Counter(manifest["decisions"])
    assert all(row["layer"].startswith(row["decision"]) for row in frame)
    counts = Counter(row["layer"] for row in frame)
    assert all(row["pairs"] == counts[row["layer"]] for row in frame)


def test_below_the_thresholds_pairs_are_drawn_too(handed: Path) -> None:
    sample = sample_of(handed)
    assert len(sample.pairs) == SIZE
    assert {pair["decision"] for pair in sample.pairs} == {"same", "review", "different"}
    drawn = Counter(pair["layer"] for pair in sample.pairs)
    assert all(layer["drawn"] == drawn[layer["name"]] for layer in sample.told["layers"])


def test_the_same_seed_draws_the_same_and_another_seed_another(linked: Path, tmp_path: Path) -> None:
    drawn = {}
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        project = Path(shutil.copytree(linked, tmp_path / name))
        drawn[name] = hand_out(project, SIZE, seed)[0].told
    assert drawn["a"] == drawn["b"]
    assert drawn["a"]["pairs"] != drawn["c"]["pairs"] and drawn["a"]["layers"] == drawn["c"]["layers"]


def test_clerks_see_both_records_and_nothing_of_what_the_machine_thinks(handed: Path) -> None:
    orders = []
    for clerk in "甲乙":
        path = link_folder(handed) / f"抽样判定-{clerk}.xlsx"
        assert path.stat().st_mode & 0o777 == 0o600
        sheet = Sheet(path)
        assert not {"权重", "待核实原因", "不一致项", "比对情况"} & set(sheet.columns)
        assert {"姓名甲", "姓名乙", "证件号码甲", "判定", "判定人", "识别码"} <= set(sheet.columns)
        told = [json.loads(sheet.text(row, "识别码")) for row in sheet.rows]
        assert all(len(one) == 5 and one[1] == clerk for one in told)
        orders.append([one[3] for one in told])
        words = {str(cell.value) for page in sheet.book for row in page.iter_rows() for cell in row}
        assert not any(word in text for text in words for word in ("same-", "review-", "different-", "按确定规则"))
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(SIZE)) and orders[0] != orders[1]
    # The order is not that of the layers.
    assert all(order != sorted(order) for order in orders)


def test_two_clerks_give_precision_and_recall_with_intervals(drawn: Path, tmp_path: Path) -> None:
    first = take(drawn, judged(drawn, tmp_path, "甲"))
    assert first.judged.taken == SIZE and quality(drawn)["waiting"] == SIZE
    assert quality(drawn)["precision"]["open_as_different"] is None
    assert take(drawn, judged(drawn, tmp_path, "乙")).judged.taken == SIZE
    told = quality(drawn)
    assert (told["judged"], told["waiting"], told["open"]) == (SIZE, 0, 0)
    assert told["agreement"] == {"pairs": SIZE, "agree": SIZE, "kappa": 1.0}
    precision, recall = told["precision"]["open_as_different"], told["recall"]["open_as_different"]
    assert precision["estimate"] == precision["high"] == 1 and 0.7 < precision["low"] < 1
    # All that was not taken for the same was judged, so nothing can have been missed.
    assert recall == {"estimate": 1, "low": 1, "high": 1}
    assert told["precision"]["open_as_same"] == precision
    page = (link_folder(drawn) / "report.html").read_text("utf-8")
    assert "张判定、李判定各自独立判定" in page and "准确率" in page and "100.00%" in page
    assert "比对键的上限</th><td>未知" in page
    # Judging changes nothing but what is known of the quality.
    assert read_decisions(drawn) == ()


def test_what_they_do_not_agree_on_is_counted_both_ways_until_a_third_has_looked(drawn: Path, tmp_path: Path) -> None:
    pairs = sample_of(drawn).pairs
    odd = [at for at, pair in enumerate(pairs) if pair["decision"] == "same"][:2]
    say = dict(zip(odd, ("不是同一人", "无法确定"), strict=True))
    reading = take(drawn, judged(drawn, tmp_path, "甲"), judged(drawn, tmp_path, "乙", changed=say.get))
    told = quality(drawn)
    assert told["open"] == 2 and [one["place"] for one in told["disputed"]] == sorted(odd)
    assert told["precision"]["open_as_different"]["estimate"] < told["precision"]["open_as_same"]["estimate"] == 1
    assert told["agreement"]["agree"] == SIZE - 2 and told["agreement"]["kappa"] < 1
    page = (link_folder(drawn) / "report.html").read_text("utf-8")
    assert "未定的算不是同一人" in page and "须第三人判定" in page
    [book] = reading.judged.books
    assert book.name == "抽样判定-丙.xlsx" and len(Sheet(book).rows) == 2
    take(drawn, judged(drawn, tmp_path, "丙"))
    settled = quality(drawn)
    assert settled["open"] == 0 and settled["third"] == 2 and settled["disputed"] == []
    assert settled["precision"]["open_as_different"]["estimate"] == 1


def test_a_pair_taken_wrongly_lowers_precision_by_the_weight_of_its_layer(drawn: Path, tmp_path: Path) -> None:
    sample = sample_of(drawn)
    odd = next(at for at, pair in enumerate(sample.pairs) if pair["layer"] == "same-rule")
    say = {odd: "不是同一人"}
    take(drawn, *(judged(drawn, tmp_path, clerk, changed=say.get) for clerk in "甲乙"))
    taken = [layer for layer in sample.told["layers"] if layer["decision"] == "same"]
    rule = next(layer for layer in taken if layer["name"] == "same-rule")
    lost = rule["pairs"] / rule["drawn"] / sum(layer["pairs"] for layer in taken)
    assert quality(drawn)["precision"]["open_as_different"]["estimate"] == pytest.approx(1 - lost)


def test_half_a_workbook_counts_for_what_it_says_and_who_errs_may_correct(drawn: Path, tmp_path: Path) -> None:
    take(drawn, judged(drawn, tmp_path, "甲"), judged(drawn, tmp_path, "乙", changed=lambda at: "" if at % 2 else None))
    assert quality(drawn)["judged"] == SIZE // 2
    odd = next(at for at, pair in enumerate(sample_of(drawn).pairs) if is_same(pair))
    take(drawn, judged(drawn, tmp_path, "乙", changed={odd: "不是同一人"}.get))
    assert (quality(drawn)["judged"], quality(drawn)["open"]) == (SIZE, 1)
    take(drawn, judged(drawn, tmp_path, "乙"))
    assert quality(drawn)["open"] == 0


@pytest.mark.parametrize(
    ("fill", "column", "said", "remedy"),
    [
        ({"判定": "是"}, "判定", "没有判定“是”", "请从下拉列表中选择：同一人、不是同一人、无法确定"),
        ({"判定人": "李判定"}, "判定人", "甲本已由 张判定 判定，这一行却是 李判定", "一本只由一个人判定"),
        ({"识别码": "x"}, "识别码", "识别码已损坏", "请从原判定表复制回"),
        (
            {"识别码": '["sample","甲","0123456789ab",1,"1:0:1:2"]'},
            "识别码",
            "不是本项目第 1 轮现在的抽样",
            "现在的抽样判定表",
        ),
    ],
)
def test_a_row_that_does_not_pass_is_refused_with_its_cell_and_the_others_count(
    drawn: Path, tmp_path: Path, fill: dict[str, str], column: str, said: str, remedy: str
) -> None:
    workbook = judged(drawn, tmp_path, "甲")
    sheet = Sheet(workbook)
    sheet.fill(3, 判定人=None)
    sheet.fill(2, 判定人="张判定")
    for row in sheet.rows:
        sheet.fill(row, 判定人="张判定")
    sheet.fill(9, **fill)
    reading = take(drawn, sheet.save(workbook))
    [refused] = reading.refused
    assert refused.cell == sheet.sheet.cell(9, sheet.columns[column]).coordinate
    assert said in refused.what and remedy in refused.remedy
    assert reading.judged.taken == SIZE - 1
    assert reading.given_back[workbook].name == "甲-未采纳.xlsx"


def test_rows_that_show_another_pair_than_their_hidden_identity_means_are_not_counted(
    drawn: Path, tmp_path: Path
) -> None:
    workbook = judged(drawn, tmp_path, "甲")
    sheet = Sheet(workbook)
    names = [column for column in sheet.columns if column not in ("识别码", "判定人")]
    one, other = ({name: sheet.text(row, name) for name in names} for row in (4, 5))
    sheet.fill(4, **other)
    sheet.fill(5, **one)
    sheet.fill(6, 姓名乙="改名")
    reading = take(drawn, sheet.save(workbook))
    assert [one.row for one in reading.refused] == [4, 5, 6] and reading.judged.taken == SIZE - 3
    assert all("与这一行隐藏的识别码不符" in one.what and "连同隐藏的" in one.remedy for one in reading.refused)


def test_nobody_judges_twice_and_somebody_must_have(drawn: Path, tmp_path: Path) -> None:
    take(drawn, judged(drawn, tmp_path, "甲"))
    reading = take(drawn, judged(drawn, tmp_path, "乙", name="张判定"))
    assert reading.judged.taken == 0 and len(reading.refused) == SIZE
    assert reading.refused[0].what == "张判定 已判定甲本，不能再判定乙本"
    nobody = take(drawn, judged(drawn, tmp_path, "乙", name=""))
    assert nobody.judged.taken == 0 and nobody.refused[0].what == "没有填“判定人”"
    assert quality(drawn)["judged"] == 0


def test_a_sample_that_is_being_judged_is_not_drawn_anew_and_a_judged_one_is_put_away(
    drawn: Path, tmp_path: Path
) -> None:
    with pytest.raises(MendingError, match="上次抽样还没有判定完"):
        hand_out(drawn, SIZE, 8)
    before = sample_of(drawn).id
    take(drawn, judged(drawn, tmp_path, "甲"), judged(drawn, tmp_path, "乙"))
    hand_out(drawn, SIZE, 8)
    away = link_folder(drawn) / "earlier" / before
    assert {path.name for path in away.iterdir()} == {
        *("sample.json", "judged.json", "quality.json", "抽样判定-甲.xlsx", "抽样判定-乙.xlsx")
    }
    assert not (link_folder(drawn) / "quality.json").exists()
    assert "还没有测量" in (link_folder(drawn) / "report.html").read_text("utf-8")


def test_linking_again_keeps_the_sample_and_says_when_the_links_changed(drawn: Path, tmp_path: Path) -> None:
    take(drawn, judged(drawn, tmp_path, "甲"), judged(drawn, tmp_path, "乙"))
    told = quality(drawn)
    link(drawn)
    assert quality(drawn) == told
    page = link_folder(drawn) / "report.html"
    assert "抽样之后重新关联过" not in page.read_text("utf-8")
    sheet = Sheet(link_folder(drawn) / "待核实.xlsx")
    sheet.fill(sheet.row_of("T1", "T2"), 结论="同一人", 依据="户口簿", 经办人="张三", 复核人="李四")
    take_answers(drawn, [sheet.save(tmp_path / "核实.xlsx")])
    link(drawn)
    assert "抽样之后重新关联过" in page.read_text("utf-8")
    # What clerks decided is not the machine's doing: such a pair is in no frame.
    frame = duckdb.sql(f"FROM read_parquet('{link_folder(drawn)}/frame.parquet') WHERE left_key = 'T2'").fetchall()
    assert frame == []


def test_what_is_damaged_is_put_away_and_what_clerks_did_is_kept(drawn: Path, tmp_path: Path) -> None:
    take(drawn, judged(drawn, tmp_path, "甲"), judged(drawn, tmp_path, "乙"))
    folder = link_folder(drawn)
    sheet = Sheet(folder / "待核实.xlsx")
    sheet.fill(2, 依据="户口簿")
    sheet.save(folder / "待核实.xlsx")
    for name in ("figures.json", "sample.json", "quality.json"):
        (folder / name).write_text("{", "utf-8")
    link(drawn)
    assert Sheet(folder / "待核实-上次.xlsx").text(2, "依据") == "户口簿"
    assert {path.name for path in (folder / "earlier" / "damaged").iterdir()} == {"sample.json", "quality.json"}
    assert (folder / "judged.json").exists() and "还没有测量" in (folder / "report.html").read_text("utf-8")
    (folder / "frame.parquet").write_bytes(b"PAR1")
    with pytest.raises(ProjectError, match="损坏或缺少 内容；请重新运行 renshe link"):
        hand_out(drawn, SIZE, 7)


rooms = st.lists(st.integers(1, 3_000), min_size=1, max_size=10)


@given(st.integers(2, 3_000), rooms, st.data())
def test_a_sample_is_shared_out_whole_and_every_layer_is_seen(size: int, rooms: list[int], data: st.DataObject) -> None:
    scores = data.draw(st.lists(st.floats(0, 1e6), min_size=len(rooms), max_size=len(rooms)))
    counts = allocate(size, rooms, scores)
    assert sum(counts) == min(size, sum(rooms))
    assert all(0 <= count <= room for count, room in zip(counts, rooms, strict=True))
    if size >= 2 * len(rooms):
        assert all(counts)


kinds = st.sampled_from(["same", "different", "unsure"])


@given(st.dictionaries(st.integers(0, 9), kinds), st.dictionaries(st.integers(0, 9), kinds))
def test_what_is_open_lies_between_both_ways_of_counting(first: dict[int, str], second: dict[int, str]) -> None:
    layers = [
        {"name": "a", "label": "", "decision": "same", "pairs": 50, "drawn": 5},
        {"name": "b", "label": "", "decision": "different", "pairs": 500, "drawn": 5},
    ]
    pair = {"left_system": "a", "left_key": "1", "right_system": "b", "right_key": "2"}
    pairs = [{**pair, "layer": "ab"[at >= 5]} for at in range(10)]
    about = {"round": 1, "entity": "person", "model": "1", "run": "1", "seed": 1}
    said = {"甲": first, "乙": second}
    told = measure(Sample({"id": "x", "layers": layers, "pairs": pairs, **about}), NAMES, said)
    assert told["judged"] == len(set(first) & set(second)) and told["open"] == len(disputed(said))
    low, high = told["precision"]["open_as_different"], told["precision"]["open_as_same"]
    assert (low is None) == (high is None) == (not any(at < 5 for at in verdicts(said)))
    assert low is None or low["estimate"] <= high["estimate"]
