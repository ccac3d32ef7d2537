"""What lands on disk: the same bytes for a seed, files as their project says, truth that points at the wrong cell."""

from __future__ import annotations

import csv
import hashlib
import tomllib
from pathlib import Path

import dbfread
import openpyxl
import pyarrow.parquet as pq
import pytest

from renshe.engine.simulate import SimulateResult, simulate
from renshe.engine.simulate.errors import KINDS
from renshe.engine.simulate.model import data
from renshe.standards.dictionary import TABLES
from renshe.standards.identity import is_valid_id_number

pytestmark = pytest.mark.xdist_group("simulated")


def digests(root: Path) -> dict[str, str]:
    """Digest of every file."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def lines(path: Path, encoding: str = "gb18030") -> list[str]:
    """Physical lines of a text file."""
    return path.read_bytes().decode(encoding, "replace").split("\r\n")


def truth(result: SimulateResult) -> list[dict[str, object]]:
    """Rows of the truth."""
    rows: list[dict[str, object]] = pq.read_table(result.target / "truth.parquet").to_pylist()
    return rows


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        simulate(tmp_path / name, 700, seed, 0.05)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert digests(tmp_path / "a")["pension/ac01.csv"] != digests(tmp_path / "c")["pension/ac01.csv"]


def test_without_errors_there_is_no_truth_and_no_damaged_line(tmp_path: Path) -> None:
    result = simulate(tmp_path / "p", 600, 1, 0.0)
    assert result.errors == 0
    assert pq.read_table(tmp_path / "p" / "truth.parquet").num_rows == 0
    assert pq.read_table(tmp_path / "p" / "rejects_truth.parquet").num_rows == 0


def test_an_earlier_simulation_is_replaced_and_anything_else_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "p"
    simulate(target, 300, 1, 0.0)
    (target / "rounds").mkdir()
    (target / "pension" / "stale.csv").write_text("x")
    simulate(target, 300, 1, 0.0)
    assert (target / "rounds").is_dir()
    assert not (target / "pension" / "stale.csv").exists()
    other = tmp_path / "other"
    other.mkdir()
    (other / "somebodys.txt").write_text("x")
    with pytest.raises(FileExistsError):
        simulate(other, 300, 1, 0.0)
    assert [path.name for path in other.iterdir()] == ["somebodys.txt"]


@pytest.mark.parametrize("persons,dirty", [(0, 0.02), (10, -0.1), (10, 0.3)])
def test_impossible_arguments_are_refused(tmp_path: Path, persons: int, dirty: float) -> None:
    with pytest.raises(ValueError, match="人数"):
        simulate(tmp_path / "p", persons, 1, dirty)
    assert not (tmp_path / "p").exists()


def test_every_source_of_the_project_is_there_and_of_a_standard_table(spoilt: SimulateResult) -> None:
    project = tomllib.loads((spoilt.target / "project.toml").read_text("utf-8"))
    sources = project["source"]
    for source in sources:
        files = source["file"] if isinstance(source["file"], list) else [source["file"]]
        assert all((spoilt.target / file).is_file() for file in files)
        assert source["table"] in (*TABLES, "parameter")
    kinds = {Path(str(source["file"])).suffix for source in sources}
    assert kinds == {".csv", ".txt", ".tsv", ".xlsx", ".dbf", ".parquet"}
    assert {source["table"] for source in sources} >= set(TABLES)


def test_control_totals_are_those_of_the_file(spoilt: SimulateResult) -> None:
    project = tomllib.loads((spoilt.target / "project.toml").read_text("utf-8"))
    controls = {control["where"]: control["count"] for control in project["control"] if control["table"] == "enrolment"}
    with (spoilt.target / "pension/ac02.csv").open(encoding="gb18030", errors="replace", newline="") as file:
        rows = list(csv.DictReader(file))
    active = [row for row in rows if row["AAE140"] == "120" and row["AAC031"] == "1" and row["AAE100"] == "1"]
    assert controls["insurance = '120' and status = '1'"] == len(active)


def test_truth_points_at_the_physical_line(spoilt: SimulateResult) -> None:
    text = lines(spoilt.target / "pension/ac01.csv")
    header = text[0].split(",")
    marked = [row for row in truth(spoilt) if row["source_file"] == "pension/ac01.csv"]
    checked = 0
    for row in marked:
        cells = text[int(str(row["source_row"])) - 1].split(",")
        number, name = cells[header.index("AAC002")], cells[header.index("AAC003")]
        if row["kind"] == "PER-ID-CHECK":
            assert len(number) == 18
            assert not is_valid_id_number(number)
        elif row["kind"] == "PER-NAME-QUESTION":
            assert "?" in name
        elif row["kind"] == "PER-ID-EMPTY":
            assert number == ""
        else:
            continue
        checked += 1
    assert checked >= 9


def test_truth_points_at_the_row_of_sheets_dbf_and_parquet(spoilt: SimulateResult) -> None:
    rows = truth(spoilt)
    sheet = openpyxl.load_workbook(spoilt.target / "medical/参保人员.xlsx", read_only=True)["Sheet1"]
    cells = [list(row) for row in sheet.iter_rows(values_only=True)]
    column = cells[1].index("证件号码")
    lengths = [row for row in rows if row["kind"] == "PER-ID-LENGTH" and row["system"] == "medical"]
    assert lengths
    assert all(len(str(cells[int(str(row["source_row"])) - 1][column])) == 17 for row in lengths)
    table = dbfread.DBF(spoilt.target / "unemployment/RYXX.dbf", encoding="gbk", load=True)
    questions = [row for row in rows if row["kind"] == "PER-NAME-QUESTION" and row["system"] == "unemployment"]
    assert questions
    assert all("?" in table.records[int(str(row["source_row"])) - 1]["XM"] for row in questions)
    register = pq.read_table(spoilt.target / "employment/就业登记.parquet")
    chars = [row for row in rows if row["kind"] == "PER-NAME-CHARS" and row["system"] == "employment"]
    assert chars
    assert all(register["姓名"][int(str(row["source_row"])) - 1].as_py().endswith("1#") for row in chars)


def test_rejected_lines_stand_where_the_truth_says(spoilt: SimulateResult) -> None:
    rejects = pq.read_table(spoilt.target / "rejects_truth.parquet").to_pylist()
    assert {row["kind"] for row in rejects} == {"subtotal", "repeated_header", "short", "long", "undecodable"}
    text = lines(spoilt.target / "pension/ac43.csv")
    here = [row for row in rejects if row["source_file"] == "pension/ac43.csv"]
    assert here
    for row in here:
        shown = text[row["source_row"] - 1]
        assert {
            "subtotal": shown.startswith("合计"),
            "repeated_header": shown == text[0],
            "short": shown.count(",") < text[0].count(","),
            "long": shown.count(",") > text[0].count(","),
            "undecodable": "\ufffd" in shown,
        }[row["kind"]]


def test_a_line_break_inside_quotes_counts_as_a_line(spoilt: SimulateResult) -> None:
    raw = (spoilt.target / "pension/ab01.csv").read_bytes().decode("gb18030", "replace")
    assert "\n（二楼）" in raw
    marked = [row for row in truth(spoilt) if row["source_file"] == "pension/ab01.csv" and row["kind"] == "UNI-PHONE"]
    text = raw.split("\n")
    assert marked
    assert all("无" in text[int(str(row["source_row"])) - 1] for row in marked)


def test_every_kind_of_error_occurs(spoilt: SimulateResult) -> None:
    found = {str(row["kind"]) for row in truth(spoilt)}
    assert {kind.id for kind in KINDS} - found == set()
    assert found >= {"CON-LEDGER", "ENR-INSURANCE-ENDED", "UEN-NOLEDGER", "PER-LOST", "CON-LOST", "UNI-LOST"}


def test_a_mark_is_at_the_field_that_its_kind_declares(spoilt: SimulateResult) -> None:
    """Kinds without a "+" are the error itself: at the declared table and field, or where its own function says so."""
    declared: dict[str, set[tuple[str, str]]] = {}
    for kind in KINDS:
        declared.setdefault(kind.id, set()).add((kind.table, kind.field))
    elsewhere = {"PER-BENEFIT-NODATE", "BPY-TWO-X", "UNI-MARKET-STATUS", "CON-LEDGER", "ENR-INSURANCE-ENDED"}
    elsewhere |= {"UEN-NOLEDGER"}
    for row in truth(spoilt):
        name = str(row["kind"])
        if not name.endswith(("+", "-LOST")) and name not in elsewhere:
            assert (row["table"], row["field"]) in declared[name], row


def test_the_dirty_rate_is_about_the_share_of_rows_that_are_wrong(spoilt: SimulateResult) -> None:
    rows = {(row["source_file"], row["source_row"]) for row in truth(spoilt)}
    business = [name for name, spec in data("systems").items() if spec.get("kind") != "compare"]
    total = sum(count for name, count in spoilt.rows.items() if name.split(".")[0] in business)
    assert 0.01 < len(rows) / total < 0.03


@pytest.mark.parametrize("persons", [1, 2, 3, 10, 50])
@pytest.mark.parametrize("seed", [1, 3])
def test_a_handful_of_people_is_a_project_too(persons: int, seed: int, tmp_path: Path) -> None:
    made = simulate(tmp_path, persons, seed)
    assert sum(rows for name, rows in made.rows.items() if name.endswith(".person")) >= persons
    listed = tomllib.loads((tmp_path / "project.toml").read_text("utf-8"))["source"]
    assert all((tmp_path / source["file"]).is_file() for source in listed)
