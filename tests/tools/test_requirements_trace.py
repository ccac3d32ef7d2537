"""The page of requirements says what the marks say, and a mark that says nothing true is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import requirements as trace

NUMBERS = ("S1-1", "S1-2", "S1-3")


def proofs(folder: Path, source: str) -> list[tuple[str, str, str | None]]:
    (folder / "tests").mkdir()
    (folder / "tests" / "test_it.py").write_text(source, "utf-8")
    found = trace.collect_proofs(folder / "tests", NUMBERS)
    return [(proof.number, proof.test, proof.part) for proof in found]


def test_a_mark_on_a_test_is_a_proof_of_each_of_its_numbers(tmp_path: Path) -> None:
    source = 'import pytest\n@pytest.mark.req("S1-1", "S1-2", part="detect")\ndef test_a(): ...\ndef test_b(): ...\n'
    test = "tests/test_it.py::test_a"
    assert proofs(tmp_path, source) == [("S1-1", test, "detect"), ("S1-2", test, "detect")]


def test_marks_of_module_and_class_hold_for_the_tests_inside(tmp_path: Path) -> None:
    source = """
from pytest import mark, param
pytestmark = [mark.req("S1-1")]
@mark.req("S1-2")
class TestIt:
    pytestmark = mark.req("S1-3")
    async def test_a(self): ...
@mark.parametrize("x", [param(1, marks=mark.req("S1-2", part="one"))])
def test_b(x): ...
"""
    inside, outside = "tests/test_it.py::TestIt::test_a", "tests/test_it.py::test_b"
    assert sorted(proofs(tmp_path, source)) == [
        ("S1-1", inside, None),
        ("S1-1", outside, None),
        ("S1-2", inside, None),
        ("S1-2", outside, "one"),
        ("S1-3", inside, None),
    ]


@pytest.mark.parametrize(
    ("line", "source", "reason"),
    [
        (2, 'import pytest\n@pytest.mark.req("S9-1")\ndef test_a(): ...\n', "unknown requirement 'S9-1'"),
        (2, "import pytest\n@pytest.mark.req()\ndef test_a(): ...\n", "none given"),
        (2, 'import pytest\n@pytest.mark.req("S1-1", half="x")\ndef test_a(): ...\n', "unknown requirement 'half'"),
        (3, "import pytest\nN = 'S1-1'\n@pytest.mark.req(N)\ndef test_a(): ...\n", "must be literals"),
        (2, 'import pytest\n@pytest.mark.req("S1-1")\ndef helper(): ...\n', "belongs to no test"),
        (2, 'import pytest\nmine = pytest.mark.req("S1-1")\n@mine\ndef test_a(): ...\n', "belongs to no test"),
        (3, 'import pytest\n@pytest.mark.skip\n@pytest.mark.req("S1-1")\ndef test_a(): ...\n', "proves nothing"),
    ],
)
def test_a_mark_that_cannot_be_traced_is_refused_with_its_place(
    tmp_path: Path, line: int, source: str, reason: str
) -> None:
    with pytest.raises(trace.TraceError) as error:
        proofs(tmp_path, source)
    assert str(error.value).startswith(f"tests/test_it.py:{line}: ")
    assert reason in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_row_is_proved_in_part_until_a_test_proves_the_whole() -> None:
    rows = [trace.Requirement(f"S1-{n}", f"短语{n}", f"text {n}", "F", "cleaning") for n in (1, 2, 3)]
    marks = [
        trace.Proof("S1-1", "tests/test_a.py::test_a", "detect"),
        trace.Proof("S1-2", "tests/test_a.py::test_a", "detect"),
        trace.Proof("S1-2", "tests/test_a.py::test_b", None),
    ]
    page = trace.render(rows, marks)
    assert "| all | 3 | 1 | 1 | 1 |" in page
    assert "| S1-1 | 「短语1」 text 1 | function | cleaning | `tests/test_a.py::test_a` (part: detect) |" in page
    assert "| S1-3 | 「短语3」 text 3 | function | cleaning | not yet |" in page


def test_the_matrix_holds_every_row_of_the_five_sources() -> None:
    numbers = [row.number for row in trace.read_matrix(trace.MATRIX)]
    expected = {"S0": 51, "S1": 67, "S2": 71, "S3": 43, "S4": 180}
    assert numbers == [f"{source}-{n}" for source, count in expected.items() for n in range(1, count + 1)]


def test_the_committed_page_is_what_the_tests_say() -> None:
    rows = trace.read_matrix(trace.MATRIX)
    page = trace.render(rows, trace.collect_proofs(trace.TESTS, (row.number for row in rows)))
    assert trace.TARGET.read_text("utf-8") == page, "run `make requirements` and commit docs/requirements.md"
