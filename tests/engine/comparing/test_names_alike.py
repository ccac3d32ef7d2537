"""Which names differ in a character that looks or sounds alike, and which are other names altogether."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.engine.comparing.conftest import World, compared, number, rows

from renshe.engine.comparing.kinds import BY_ID

# Ours, theirs, the kind of difference; none where both are the same.
NAMES = (
    ("王玲", "王铃", "CMP-NAME-SHAPE"),  # they sound alike too
    ("李未", "李末", "CMP-NAME-SHAPE"),
    ("张建国", "张健囯", "CMP-NAME-SOUND"),  # 囯 is 国; 建 and 健 are told by their sound where not by their shape
    ("赵志强", "赵智强", "CMP-NAME-SOUND"),
    ("钱明", "钱敏", "CMP-NAME"),  # nearly the same sound is not the same
    ("孙立", "周强", "CMP-NAME"),
    ("吴建", "吴建军", "CMP-NAME"),
    ("郑?", "郑伟", "CMP-NAME"),
    ("", "冯军", "CMP-NAME"),
    ("張偉", "张伟", "CMP-NAME-FORM"),
    ("褚华", "褚华", None),
)


@pytest.fixture(scope="module")
def kinds(world: Callable[..., World]) -> dict[str, str]:
    """Return the kind of difference by our number."""
    head = "个人编号,证件类型,证件号码,姓名"
    sides = [
        "\n".join(
            [head, *(f"{mark}{at},01,{number('19640101', 10 + at)},{pair[side]}" for at, pair in enumerate(NAMES))]
        )
        for side, mark in enumerate("PM")
    ]
    groups = [[("pension", f"P{at}"), ("medical", f"M{at}")] for at in range(len(NAMES))]
    made = world(("pension", "person", sides[0]), ("medical", "person", sides[1]), groups=groups)
    found = rows(compared(made.round(), "pension", "medical"))
    return {row["left_no"]: row["rule"] for row in found if row["field"] == "name"}


@pytest.mark.req("S0-9")
def test_look_alikes_and_homophones_are_kinds_of_their_own(kinds: dict[str, str]) -> None:
    assert kinds == {f"P{at}": kind for at, (_, _, kind) in enumerate(NAMES) if kind}


def test_a_mistyped_character_is_to_be_mended_like_any_other_name() -> None:
    plain = BY_ID["CMP-NAME"]
    for name in ("CMP-NAME-SHAPE", "CMP-NAME-SOUND"):
        assert (BY_ID[name].severity, BY_ID[name].class_) == (plain.severity, plain.class_)
        assert BY_ID[name].remedy != plain.remedy
