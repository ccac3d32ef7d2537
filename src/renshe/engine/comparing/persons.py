"""What the two sides say of a person: name, number, birth, sex, whether alive, whether retired.

Rule: names are compared by what they mean (traditional, variant and full-width forms, dots and blanks fold), numbers of
15 and 18 places by the 17 digits that they share; what then is the same differs in spelling only. Of names that mean
something else it is told whether they look or sound alike, in this order, as links tell it. A valid number
speaks for itself against one that cannot be, and for the birth date and sex in it; so does a name without damage.
Where both number and name, and the birth in the numbers, are others, the same number was given to two persons: nothing
else is compared of them.

Invariant: a pair has at most one difference of each field. Where one side says nothing it is no contradiction: the
empty side is to be filled.
"""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from renshe.engine.comparing.gathering import gather, labelled, own_rows
from renshe.engine.comparing.sides import Bench
from renshe.standards.folding import simple_names
from renshe.standards.identity_bulk import id_facts
from renshe.standards.lookalikes import alike_names
from renshe.standards.names import name_states
from renshe.standards.pinyin import name_pinyins

# Such a number proves itself by its check digit; an old one of 15 digits only by its form.
_SOUND = ("valid", "foreign")
# SQL of which side proves itself and the other does not.
_PROVED = "CASE WHEN {one} AND NOT {other} THEN -1 WHEN {other} AND NOT {one} THEN 1 END AS proof, '{why}' AS proof_why"


def compare_persons(bench: Bench) -> None:
    """Gather the differences of persons' own fields; make known ``same``, the pairs that are one person."""
    _fold(bench)
    strangers = "SELECT NULL::BIGINT AS n WHERE FALSE"
    if bench.by == "number":
        strangers = (
            "SELECT p.n FROM pair p JOIN folded a ON a.text = p.l_name JOIN folded b ON b.text = p.r_name"
            " JOIN numbers c ON c.text = p.l_id_number JOIN numbers d ON d.text = p.r_id_number"
            " WHERE a.fold <> b.fold AND c.id17 <> d.id17 AND c.birth <> d.birth"
        )
    bench.connection.execute(f"CREATE TEMP TABLE stranger AS {strangers}")
    bench.connection.execute("CREATE TEMP VIEW same AS FROM pair ANTI JOIN stranger USING (n)")
    _strangers(bench)
    steps = {"name": _names, "id_number": _numbers, "birth_date": _births, "sex": _sexes, "retired": _retired}
    for name, compare in steps.items():
        if bench.comparable(name):
            compare(bench)
    # One side may keep the state, the other the day; and who is dead on one side only is what matters most, so a side
    # that says nothing of anybody's death is held against the other all the same.
    silent = [side for side in bench.sides if not {"alive", "death_date"} & bench.known[side.at]]
    if len(silent) < len(bench.sides) and all(side.system in bench.found.systems("person") for side in bench.sides):
        bench.notes += [f"{side.label}没有登记任何人的生存状态和死亡日期；对方的死亡登记仍逐人列出" for side in silent]
        _lives(bench)


def _fold(bench: Bench) -> None:
    """Make known what the differing names and numbers mean: ``folded (text, fold)``, ``numbers (text, id17, …)``."""
    names = _texts(bench, "name", "l_name IS DISTINCT FROM r_name")
    whole = pc.is_null(name_states(names))
    _register(bench, "folded", pa.table({"text": names, "fold": simple_names(names), "whole": whole}))
    _liken(bench)
    differing = " OR ".join(f"l_{name} IS DISTINCT FROM r_{name}" for name in ("id_number", "birth_date", "sex"))
    numbers = _texts(bench, "id_number", differing)
    as_of = date.fromisoformat(bench.found.manifest["as_of"])
    facts = id_facts(numbers, on=as_of)
    found = {
        "text": numbers,
        "id17": facts.id17,
        "birth": facts.birth.cast(pa.string()),
        "sex": facts.sex.cast(pa.string()),
        "state": facts.state.cast(pa.string()),
        "sound": pc.fill_null(pc.is_in(facts.state.cast(pa.string()), pa.array(_SOUND)), False),
    }
    _register(bench, "numbers", pa.table(found))


def _liken(bench: Bench) -> None:
    """Make known which two folded names look or sound alike: ``likened (one, other, kind)``."""
    found = bench.connection.sql(
        "SELECT DISTINCT a.fold AS one, b.fold AS other FROM pair JOIN folded a ON a.text = l_name"
        " JOIN folded b ON b.text = r_name WHERE a.fold <> b.fold AND length(a.fold) = length(b.fold) ORDER BY ALL"
    ).to_arrow_table()
    one, other = (found[name].combine_chunks().cast(pa.string()) for name in ("one", "other"))
    sound = pc.fill_null(pc.equal(name_pinyins(one), name_pinyins(other)), False)
    kind = pc.if_else(alike_names(one, other), "CMP-NAME-SHAPE", pc.if_else(sound, "CMP-NAME-SOUND", "CMP-NAME"))
    _register(bench, "likened", pa.table({"one": one, "other": other, "kind": kind}))


def _texts(bench: Bench, name: str, condition: str) -> pa.Array:
    """Return the texts of a field on both sides of the pairs for which ``condition`` holds, each once, in order."""
    both = f"SELECT unnest([l_{name}, r_{name}]) AS text FROM pair WHERE {condition}"
    found = bench.connection.sql(f"SELECT DISTINCT text FROM ({both}) WHERE text IS NOT NULL ORDER BY text")
    return found.to_arrow_table()["text"].combine_chunks().cast(pa.string())


def _register(bench: Bench, name: str, given: pa.Table) -> None:
    bench.connection.register("given", given)
    bench.connection.execute(f"CREATE TEMP TABLE {name} AS FROM given")
    bench.connection.unregister("given")


def _values(name: str) -> str:
    return f", l_{name} AS l_value, r_{name} AS r_value"


def _strangers(bench: Bench) -> None:
    said = ", ".join(f"concat_ws(' ', {at}_name, {at}_id_number) AS {at}_value" for at in ("l", "r"))
    gather(
        bench,
        "CMP-PERSON",
        "person",
        None,
        f"SELECT {own_rows()}, {said} FROM pair SEMI JOIN stranger USING (n)",
    )


def _names(bench: Bench) -> None:
    meant = (
        "FROM same p LEFT JOIN folded a ON a.text = p.l_name LEFT JOIN folded b ON b.text = p.r_name"
        " LEFT JOIN likened k ON k.one = a.fold AND k.other = b.fold WHERE l_name IS DISTINCT FROM r_name"
    )
    whole = _PROVED.format(one="coalesce(a.whole, FALSE)", other="coalesce(b.whole, FALSE)", why="的姓名没有坏字")
    select = f"SELECT {own_rows(_values('name'))}, {whole} {meant}"
    for kind in ("CMP-NAME", "CMP-NAME-SHAPE", "CMP-NAME-SOUND"):
        found = f"a.fold IS DISTINCT FROM b.fold AND coalesce(k.kind, 'CMP-NAME') = '{kind}'"
        gather(bench, kind, "person", "name", f"{select} AND {found}")
    gather(bench, "CMP-NAME-FORM", "person", "name", f"{select} AND a.fold IS NOT DISTINCT FROM b.fold")


def _numbers(bench: Bench) -> None:
    meant = (
        "FROM same p LEFT JOIN numbers a ON a.text = p.l_id_number LEFT JOIN numbers b ON b.text = p.r_id_number"
        " WHERE l_id_number IS DISTINCT FROM r_id_number"
    )
    one_off = (
        "CASE WHEN length(l_id_number) = length(r_id_number) AND hamming(l_id_number, r_id_number) = 1"
        " THEN '只差一位' END AS note"
    )
    sound = _PROVED.format(one="coalesce(a.sound, FALSE)", other="coalesce(b.sound, FALSE)", why="的号码校验码相符")
    gather(
        bench,
        "CMP-ID",
        "person",
        "id_number",
        f"SELECT {own_rows(_values('id_number'))}, {sound}, {one_off} {meant} AND coalesce(a.id17 <> b.id17, TRUE)",
    )
    longer = _PROVED.format(one="a.state = 'valid'", other="b.state = 'valid'", why="的号码为 18 位")
    gather(
        bench,
        "CMP-ID-FORM",
        "person",
        "id_number",
        f"SELECT {own_rows(_values('id_number'))}, {longer} {meant} AND a.id17 = b.id17",
    )


def _in_number(field: str, told: str) -> str:
    """Return SQL of which side's value stands in a valid number that the other side's does not contradict."""
    inside = (
        f"CASE WHEN a.sound AND coalesce(a.id17 = b.id17, TRUE) THEN a.{told}"
        f" WHEN b.sound AND a.id17 IS NULL THEN b.{told} END"
    )
    proof = f"CASE {inside} WHEN l_{field} THEN -1 WHEN r_{field} THEN 1 END"
    return f"{proof} AS proof, '的值与有效证件号码相符' AS proof_why"


_NUMBERED = "FROM same p LEFT JOIN numbers a ON a.text = p.l_id_number LEFT JOIN numbers b ON b.text = p.r_id_number"


def _births(bench: Bench) -> None:
    gather(
        bench,
        "CMP-BIRTH",
        "person",
        "birth_date",
        f"SELECT {own_rows(_values('birth_date'))}, {_in_number('birth_date', 'birth')} {_NUMBERED}"
        " WHERE l_birth_date IS DISTINCT FROM r_birth_date",
    )


def _sexes(bench: Bench) -> None:
    said = ", ".join(f"{labelled('person', 'sex', f'{at}_sex')} AS {at}_shown" for at in ("l", "r"))
    gather(
        bench,
        "CMP-SEX",
        "person",
        "sex",
        f"SELECT {own_rows(_values('sex'))}, {said}, {_in_number('sex', 'sex')} {_NUMBERED}"
        " WHERE l_sex IS DISTINCT FROM r_sex",
    )


def _lives(bench: Bench) -> None:
    """Dead on one side only, or dead on two days. Where no day is known, it is the state that is to be mended."""
    dead = {at: f"({at}_death_date IS NOT NULL OR coalesce({at}_alive = '2', FALSE))" for at in ("l", "r")}
    said = ", ".join(
        f"CASE WHEN {dead[at]} THEN '已死亡' || coalesce(' ' || {at}_death_date, '')"
        f" ELSE coalesce({labelled('person', 'alive', f'{at}_alive')}, '未登记死亡') END AS {at}_shown"
        for at in ("l", "r")
    )
    differ = f"{dead['l']} <> {dead['r']}"
    proved = (
        f"CASE WHEN {dead['l']} AND NOT {dead['r']} THEN -1 WHEN {dead['r']} AND NOT {dead['l']} THEN 1 END AS proof,"
        " '已登记死亡' AS proof_why"
    )
    gather(
        bench,
        "CMP-LIFE",
        "person",
        "death_date",
        f"SELECT {own_rows(_values('death_date'))}, {said}, {proved} FROM same"
        f" WHERE l_death_date IS DISTINCT FROM r_death_date AND ({differ} OR l_death_date <> r_death_date)",
    )
    gather(
        bench,
        "CMP-LIFE",
        "person",
        "alive",
        f"SELECT {own_rows(_values('alive'))}, {said}, {proved} FROM same"
        f" WHERE {differ} AND l_death_date IS NULL AND r_death_date IS NULL",
    )


def _retired(bench: Bench) -> None:
    said = ", ".join(f"{labelled('person', 'retired', f'{at}_retired')} AS {at}_shown" for at in ("l", "r"))
    gather(
        bench,
        "CMP-RETIRED",
        "person",
        "retired",
        f"SELECT {own_rows(_values('retired'))}, {said} FROM same WHERE l_retired <> r_retired",
    )
