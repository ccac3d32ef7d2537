"""People and units of the demo's bureau."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from renshe.core.casework.models import Case, State
from renshe.core.journal.models import SealedRow
from renshe.core.org.actor import actor_of
from renshe.core.org.sample import sample_install
from renshe.modules.registry.duplicates import possible_duplicates
from renshe.modules.registry.models import Life, Person, Unit
from renshe.modules.registry.sample import registry_sample
from renshe.modules.registry.units import missing_counted, units_provisional


def test_the_demo_has_people_and_units_in_every_state(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PAPERS", tmp_path / "papers")
    sample_install()
    assert registry_sample() == (40, 8) == registry_sample()
    clerk = actor_of("jb220822")
    assert SealedRow.objects.count() == 12 and units_provisional(clerk).count() == 1
    assert missing_counted(clerk).outstanding == 1 and Unit.objects.count() == 8
    assert Life.objects.filter(state="dead").count() == 1
    assert Case.objects.get(type="registry.modify").state == State.OPEN
    assert Case.objects.filter(type="registry.person_change", state=State.OPEN).count() == 12
    first = Person.objects.order_by("pk").first()
    assert first is not None
    values = {"name": first.name, "id_number": first.id_number, "birth_date": first.birth_date, "sex": first.sex}
    assert [one.decision for one in possible_duplicates(actor=clerk, values=values, besides=first.pk)] == ["same"]
