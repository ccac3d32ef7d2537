"""People and units of the demo's bureau, registered as its posts do it.

Rule: they come through the cases, so that whoever looks at one sees numbers, traces and papers as the system makes
them. All are invented: their numbers are of a county that has another name, and the checks hold.

Invariant: put in once, and only into the sample bureau.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from renshe.core.affairs.sample import signed_sheet
from renshe.core.casework.deciding import case_decide
from renshe.core.casework.models import Case
from renshe.core.casework.services import case_start, case_submit
from renshe.core.casework.types import find_type
from renshe.core.filing.attachments import attachment_add
from renshe.core.journal.closing import rows_close
from renshe.core.journal.context import declared
from renshe.core.org.actor import actor_of
from renshe.core.org.sample import require_no_other
from renshe.modules.registry.models import Person, Unit
from renshe.standards.identity import id_check_char, uscc_check_char

REGION = "220822"
_MARKS = {"entry": "jb", "check": "fh", "approve": "sp"}
_PEOPLE, _CLOSED = 38, 12
_SURNAMES, _GIVEN = "孟冯沈韩杨朱秦许何吕", ("丽华", "国栋", "秀兰", "建军")
_UNITS = ("井台粮食储备库", "柳树镇卫生院", "河西县第一中学", "北坡农机站", "石磨酒业有限公司", "河西县供销合作社")


def registry_sample() -> tuple[int, int]:
    """Put people and units in, or find them there; return how many of each."""
    require_no_other()
    if not Person.objects.exists():
        numbers = [_person(form) for form in _people()]
        _live(numbers)
        _close(numbers[:_CLOSED])
        _ask(numbers[0])
        _moved(numbers[24:36])
        for form in _units():
            _done("registry.unit_register", form)
    return Person.objects.count(), Unit.objects.count()


def _people() -> Iterator[Mapping[str, Any]]:
    """Yield the forms: of most once, of two a second time, written otherwise."""
    names = [surname + given for given, surname in product(_GIVEN, _SURNAMES)]
    for at in range(_PEOPLE):
        birth = f"{1950 + at}{at % 12 + 1:02d}{at % 27 + 1:02d}"
        yield _form(names[at], birth, at, household_kind=("10", "20")[at % 2])
    old = _number("19500101", 0)
    yield {**_form(names[0], "19500101", 0), "id_number": old[:6] + old[8:17], "address": None}
    yield {**_form(names[1].replace("丽", "莉"), "19510202", 1), "id_type": "16", "id_number": "E90000001"}


def _form(name: str, birth: str, at: int, **more: Any) -> dict[str, Any]:
    return {
        "id_type": "01",
        "id_number": _number(birth, at),
        "name": name,
        "sex": "1" if at % 2 else "2",
        "birth_date": f"{birth[:4]}-{birth[4:6]}-{birth[6:]}",
        "ethnicity": "01",
        "phone": f"138436{10_000 + at * 37}",
        "address": f"河西县柳树镇井台村{at + 1}号",
        **more,
    }


def _number(birth: str, at: int) -> str:
    digits = f"{REGION}{birth}{200 + at:03d}"
    return digits + id_check_char(digits)


def _units() -> Iterator[Mapping[str, Any]]:
    """Yield the forms: of six with seal and code, one whose name is provisional, one that lacks its code."""
    for at, name in enumerate(_UNITS):
        yield {"name": name, "name_source": "seal", "unit_type": "10", "uscc": _code(at)}
    yield {"name": "河西县筹建中的养老院", "name_source": "provisional", "unit_type": "10", "uscc": _code(90)}
    yield {"name": "柳树镇砖厂", "name_source": "licence", "unit_type": "10"}


def _code(at: int) -> str:
    body = f"91{REGION}{at + 1:09d}"
    return body + uscc_check_char(body)


def _live(numbers: list[str]) -> None:
    """Let some go to work, some fall ill, one die; give two a card."""
    for at in range(20, 30):
        _state(numbers[at], "employed", f"{1970 + at + 20}-07-01")
    _state(numbers[20], "ill", "2020-03-01")
    form = {"person_no": numbers[2], "death_date": "2024-05-01", "ground": "火化证明"}
    _done("registry.person_death", form)
    for at in (3, 4):
        _done("registry.card", {"person_no": numbers[at], "number": f"JY{at:08d}", "event": "issue"})


def _state(person_no: str, state: str, since: str) -> None:
    form = {"person_no": person_no, "state": state, "since": since, "ground": "劳动合同或病历"}
    _done("registry.person_life", form)


def _close(numbers: list[str]) -> None:
    """Close main data by the cases in which they were entered and checked."""
    actor = actor_of(f"{_MARKS['approve']}{REGION}")
    for number in numbers:
        case = Case.objects.filter(person=number, type="registry.person_register").get()
        with declared(actor.context("封存主要数据", case=case.number, approval=case.number)):
            rows_close(table=Person._meta.db_table, keys=[number])


def _ask(person_no: str) -> None:
    """Ask for a change of closed data: it waits for the head of the applicant's unit."""
    person = Person.objects.get(pk=person_no)
    form = {
        "person_no": person_no,
        "old_work_start_date": person.work_start_date,
        "new_work_start_date": "1970-07-01",
        "ground": "职工登记表记载的参加工作日期漏录",
    }
    _handed_in("registry.modify", form)


def _moved(numbers: list[str]) -> None:
    """Let a dozen people have moved: their changes wait to be checked."""
    for at, number in enumerate(numbers):
        form = {"person_no": number, "address": f"河西县北坡乡新村{at + 1}号", "ground": "本人申报搬迁"}
        _handed_in("registry.person_change", form)


def _person(form: Mapping[str, Any]) -> str:
    case = Case.objects.get(pk=_done("registry.person_register", form).pk)
    return str(case.person)


def _done(type: str, form: Mapping[str, Any]) -> Case:
    """Carry a case through, as the posts of the county do."""
    case = _handed_in(type, form)
    for at in case.terms.get("steps", range(len(find_type(type).steps))):
        actor = actor_of(f"{_MARKS[find_type(type).steps[at].kind]}{REGION}")
        case = case_decide(actor=actor, number=case.number, verdict="agree", seen=case.digest)
    return case


def _handed_in(type: str, form: Mapping[str, Any]) -> Case:
    actor, kind = actor_of(f"{_MARKS['entry']}{REGION}"), find_type(type)
    needed = kind.papers_needed({one.name: form.get(one.name) for one in kind.items})
    case = case_start(actor=actor, type=type, region=REGION, form=form, submit=not needed)
    for paper in needed:
        attachment_add(
            actor=actor,
            matter=case.number,
            region=REGION,
            kind=paper.kind,
            name=f"{paper.label}.xlsx",
            content=signed_sheet(),
        )
    return case_submit(actor=actor, number=case.number, seen=case.digest) if needed else case
