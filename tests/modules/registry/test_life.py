"""States of life, what they end and set off; cards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from tests.core.casework.conftest import Office
from tests.modules.registry.desk import done, handed_in, registered

from renshe.core.casework import events
from renshe.core.casework.events import subscribe
from renshe.core.casework.models import Case
from renshe.core.casework.services import case_propose
from renshe.core.errors import BusinessError
from renshe.modules.registry.cards import card_now, cards_of
from renshe.modules.registry.life import operations_now, states, states_now
from renshe.modules.registry.models import Card, Life, Person


@pytest.fixture
def told() -> Iterator[None]:
    before = {name: list(those) for name, those in events._SUBSCRIBED.items()}
    yield
    events._SUBSCRIBED.clear()
    events._SUBSCRIBED.update(before)


def live(office: Office, person: Person, state: str, since: str, **more: object) -> Case:
    form = {"person_no": person.pk, "state": state, "since": since, "ground": "材料", **more}
    return done(office, "registry.person_life", form)


@pytest.mark.req("S4-27")
def test_there_are_eight_states_in_the_order_of_a_life() -> None:
    assert [one.label for one in states().values()] == [
        "出生", "入学", "就业", "失业（无业）", "伤残", "病患", "养老", "死亡",
    ]  # fmt: skip
    assert all(set(one.after) | set(one.ends) <= set(states()) for one in states().values())
    assert all(one.name in states()["dead"].after for one in states().values() if one.name != "dead")


@pytest.mark.req("S4-28")
def test_each_state_lists_the_operations_that_apply(registry: Office) -> None:
    areas = {area for one in states().values() for area in one.operations}
    assert areas == {"social_insurance", "human_resources", "talent", "labour"}
    assert all(one.operations for one in states().values())
    person = registered(registry, 1)
    live(registry, person, "employed", "2000-07-01")
    assert "缴费申报" in operations_now(person.pk)["social_insurance"]


@pytest.mark.req("S4-27")
def test_a_life_goes_through_its_states_and_each_has_its_days(registry: Office) -> None:
    person = registered(registry, 1)
    live(registry, person, "school", "1987-09-01")
    live(registry, person, "employed", "2000-07-01")
    live(registry, person, "ill", "2010-01-01")
    assert set(states_now(person.pk)) == {"employed", "ill"}
    live(registry, person, "ill", "2011-01-01", ends=True)
    live(registry, person, "unemployed", "2015-01-01")
    rows = Life.objects.order_by("pk").values_list("state", "since", "until")
    assert [(state, since.year, until and until.year) for state, since, until in rows] == [
        ("birth", 1980, 1987), ("school", 1987, 2000), ("employed", 2000, 2015), ("ill", 2010, 2011),
        ("unemployed", 2015, None),
    ]  # fmt: skip


@pytest.mark.req("S4-27")
@pytest.mark.parametrize(
    ("state", "since", "why"),
    [
        ("birth", "1990-01-01", "已在"),
        ("employed", "1990-01-01", "16 周岁"),
        ("school", "1979-01-01", "出生日期"),
        ("employed", "2099-01-01", "晚于今天"),
        ("dead", "2020-01-01", "死亡登记"),
        ("nothing", "2020-01-01", "状态请填写"),
    ],
)
def test_what_may_not_follow_is_refused(registry: Office, state: str, since: str, why: str) -> None:
    person = registered(registry, 1)
    form = {"person_no": person.pk, "state": state, "since": since, "ground": "材料"}
    with pytest.raises(BusinessError, match=why):
        handed_in(registry.maker, "registry.person_life", form)
    assert states_now(person.pk) == ["birth"]


@pytest.mark.req("S4-29")
def test_a_death_ends_all_and_other_lines_do_what_they_declared(registry: Office, told: None) -> None:
    heard = []

    @subscribe("person.died")
    def stops(case: Case, person_no: str, died_on: dt.date) -> None:
        heard.append(("automatic", person_no, died_on))

    @subscribe("person.died")
    def proposes(case: Case, person_no: str, died_on: dt.date) -> None:
        form = {"person_no": person_no, "ground": "死亡"}
        case_propose(origin=case, type="registry.person_change", region=case.region_id, form=form, agency=case.agency)

    person = registered(registry, 1)
    live(registry, person, "employed", "2000-07-01")
    form = {"person_no": person.pk, "death_date": "2020-05-01", "ground": "火化证明"}
    done(registry, "registry.person_death", form)
    assert states_now(person.pk) == ["dead"] and heard == [("automatic", person.pk, dt.date(2020, 5, 1))]
    assert Case.objects.get(state="proposed").type == "registry.person_change"
    with pytest.raises(BusinessError, match="已登记死亡"):
        live(registry, person, "employed", "2021-01-01")


@pytest.mark.req("S4-29")
def test_a_death_that_never_was_is_taken_back_with_all_it_ended(registry: Office, told: None) -> None:
    heard: list[str] = []
    subscribe("person.revived")(lambda case, person_no: heard.append(person_no))
    person = registered(registry, 1)
    live(registry, person, "employed", "2000-07-01")
    live(registry, person, "disabled", "2001-07-01")
    done(registry, "registry.person_death", {"person_no": person.pk, "death_date": "2020-05-01", "ground": "误报"})
    done(registry, "registry.person_revival", {"person_no": person.pk, "ground": "本人到场"})
    assert set(states_now(person.pk)) == {"employed", "disabled"} and heard == [person.pk]
    with pytest.raises(BusinessError, match="没有登记死亡"):
        done(registry, "registry.person_revival", {"person_no": person.pk, "ground": "再次"})


@pytest.mark.req("S4-1", "S3-12")
def test_a_card_has_one_history_and_one_holder(registry: Office) -> None:
    person, other = registered(registry, 1), registered(registry, 3, name="李秀英")

    def card(event: str, number: str = "K1", who: Person = person, new: str | None = None) -> None:
        done(registry, "registry.card", {"person_no": who.pk, "number": number, "event": event, "new_number": new})

    card("issue")
    card("loss")
    card("found")
    card("replace", new="K2")
    now = card_now(person.pk)
    assert now is not None and now.number == "K2"
    assert list(cards_of(person.pk).values_list("number", "event")) == [
        ("K1", "issue"), ("K1", "loss"), ("K1", "found"), ("K1", "replace"), ("K2", "issue"),
    ]  # fmt: skip
    refused = [
        ("issue", "K3", person, "在用的卡"),
        ("loss", "K2", other, "他人的卡"),
        ("loss", "K1", person, "不能挂失"),
        ("cancel", "K9", person, "尚未制发"),
        ("burn", "K2", person, "没有“burn”"),
        ("replace", "K2", person, "新卡号"),
    ]
    for event, number, who, why in refused:
        with pytest.raises(BusinessError, match=why):
            card(event, number, who)
    assert Card.objects.count() == 5
