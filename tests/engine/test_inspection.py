"""``renshe inspect``: what it shows of people is masked, what it proposes works."""

from __future__ import annotations

from pathlib import Path

import pytest

from renshe.cli.inspecting import run_inspect
from renshe.engine.inspection import inspect_file
from renshe.engine.project import ProjectError
from renshe.engine.sources.base import SourceError

ID, PHONE, ACCOUNT, NAME = "220802196401011234", "13900001111", "6217000000012345678", "诸葛建国"


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Forty people with everything that must not be seen on a screen, in columns that are known and that are not."""
    head = "个人编号,姓名,证件号码,联系电话,银行账号,性别,曾经的证件,家里人,在册情况\n"
    rows = [f"{at},{NAME},{ID},{PHONE},{ACCOUNT},男,{ID},王小{at},高管\n" for at in range(40)]
    path = tmp_path / "人员.csv"
    path.write_text(head + "".join(rows), "utf-8")
    return path


@pytest.mark.parametrize("as_json", [False, True])
def test_no_number_or_name_of_a_person_is_shown(
    people: Path, as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    run_inspect(people, table=None, sheet=None, encoding=None, as_json=as_json)
    shown = capsys.readouterr().out
    for secret in (ID, PHONE, ACCOUNT, NAME, "王小1"):
        assert secret not in shown
    assert "220802********1234（40）" in shown or as_json
    assert "王*" in shown


def test_common_words_of_unknown_columns_stay_readable(people: Path) -> None:
    tops = {column.name: column.top for column in inspect_file(people).columns}
    assert tops["性别"] == [("男", 40)]
    assert tops["在册情况"] == [("高管", 40)]


def test_a_file_without_header_shows_no_number_as_a_name(tmp_path: Path) -> None:
    path = tmp_path / "无表头.csv"
    path.write_text(f"1,{ID}\n2,{ID}\n", "utf-8")
    look = inspect_file(path)
    assert ID not in repr(look)


def test_personal_numbers_in_a_code_column_are_not_proposed_as_codes(tmp_path: Path) -> None:
    path = tmp_path / "串列.csv"
    path.write_text(f"个人编号,性别\n1,{ID}\n2,甲\n", "utf-8")
    look = inspect_file(path, table_name="person")
    assert look.codes == {"sex": {"甲": ""}}


def test_a_folder_and_a_missing_file_are_told_apart(tmp_path: Path) -> None:
    for path, said in ((tmp_path, "是文件夹"), (tmp_path / "无.csv", "文件不存在")):
        with pytest.raises((ProjectError, SourceError), match=said):
            run_inspect(path, table=None, sheet=None, encoding=None, as_json=False)
