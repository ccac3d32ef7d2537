"""Who is in the household register, and what all systems together know of each: begun by source precedence (S3-15).

Source: 人社厅发〔2015〕86号 三 (existing data of networked monitoring and of all business systems are unified, held
against those of 公安 and other departments, and loaded).

Rule: the register is what the systems ``police`` bring. Records that the link of the round holds for one person are one
person, listed once. A field is taken from the first source that has it, by ``precedence``: the police before the
pension system before the others before backups; of equal ones business systems first.

Invariant: everybody of the register is one ``householder`` with one ``person``; others are nobody here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from renshe.engine.precedence import COPY, is_backup, precedence
from renshe.engine.project import ProjectError
from renshe.engine.report.problems import keep
from renshe.engine.rounds.finished import Finished
from renshe.engine.rounds.kept import Kept
from renshe.engine.rules.compiling import quote
from renshe.engine.schema import system_family, system_kind
from renshe.standards.identity_bulk import id_facts
from renshe.standards.regions import is_known_region

REGISTER, ELSEWHERE = "police", "province"
"""The families of systems that bring the household register, and what other provinces say."""
_FIELDS = (
    *("name", "id_number", "sex", "birth_date", "ethnicity", "phone", "address"),
    *("residence_code", "household_code"),
)
# Numbers that tell who somebody is; one of 15 digits or of a region that no list has is lawful.
_TELLING = ("valid", "old", "region", "foreign")
_DEAD_IN = ("civil", "cremation")
_BATCH = 500_000
_PLACES = 40


@dataclass(slots=True)
class Register(Kept):
    """A register in the making: the engine, its folders, and the round it is of."""

    found: Finished

    @property
    def as_of(self) -> date:
        """The day as of which everybody is judged."""
        return date.fromisoformat(self.found.manifest["as_of"])


def open_register(register: Register) -> None:
    """Make the people of the register known: ``person`` (``p`` and what is known of each) and ``number`` (whose it is).

    ProjectError where the round has no household register or no link.
    """
    found, connection = register.found, register.connection
    systems = found.systems("person")
    if not any(system_family(system) == REGISTER for system in systems):
        raise ProjectError(
            f"{found.folder}：第 {found.number} 轮中没有户籍人员；请在 project.toml 中加一个来源"
            f'（system = "{REGISTER}"，table = "person"），再运行 renshe clean'
        )
    found.require_link()
    found.open_tables(connection)
    found.open_link(connection)
    _know_sources(register)
    _members(register)
    _person(register)
    _telling(register)


def _know_sources(register: Register) -> None:
    """Make all systems known as ``source``: rank, whether their people are ours, elsewhere, or a copy of ours."""
    names = ("system", "family", "rank", "business", "copy", "backup")
    rows = []
    for system in dict.fromkeys(one["system"] for one in register.found.manifest["sources"]):
        business = system_kind(system) == "business"
        rank = 2 * precedence(system) + (not business)
        flags = (business, business and precedence(system) >= COPY, is_backup(system))
        rows.append((system, system_family(system), str(rank), *(str(flag) for flag in flags)))
    keep(register.connection, "given_source", names, rows)
    register.connection.execute(
        "CREATE TEMP TABLE source AS SELECT system, family, rank::BIGINT AS rank, business::BOOLEAN AS business,"
        " copy::BOOLEAN AS copy, backup::BOOLEAN AS backup FROM given_source"
    )


def _members(register: Register) -> None:
    """Make known all records of people of the register: ``member (p, system, key, place, ord)``."""
    register.keep(
        "record",
        f"SELECT t.system, {register.found.record_key()} AS key, t.person_no, t.place, s.family, s.business,"
        f" (s.rank << {_PLACES}) | t.place AS ord FROM t_person t JOIN source s USING (system)",
    )
    register.keep(
        "grouped",
        "SELECT r.*, coalesce('c' || c.cluster, r.system || chr(31) || r.key) AS c FROM record r"
        " LEFT JOIN (SELECT system, key, min(cluster) AS cluster FROM clusters GROUP BY ALL) c USING (system, key)",
    )
    register.keep(
        "householder",
        "SELECT c, row_number() OVER (ORDER BY first) AS p, first, records FROM (SELECT c, min(place) AS first,"
        f" count(*) AS records FROM grouped WHERE family = {quote(REGISTER)} GROUP BY c)",
    )
    register.keep("member", "SELECT g.* EXCLUDE (c), h.p FROM grouped g JOIN householder h USING (c)")
    register.keep("number", "SELECT DISTINCT system, person_no, p FROM member WHERE person_no IS NOT NULL")


def _person(register: Register) -> None:
    """Make known what is known of everybody: fields by precedence, where they live, whether and by whom dead."""
    _know_regions(register)
    fields = ", ".join(f"arg_min({name}, m.ord) AS {name}" for name in _FIELDS)
    # A death before birth or after today is a slip of the pen: it is a finding of the round, and nobody's death.
    day = f"t.death_date BETWEEN coalesce(t.birth_date, t.death_date) AND DATE '{register.as_of}'"
    dead = (
        f"(t.alive = '2' OR {day} OR m.family = 'cremation')"
        f" AND (m.business OR m.family IN ({', '.join(quote(name) for name in (REGISTER, *_DEAD_IN))}))"
    )
    register.keep(
        "known",
        f"SELECT m.p, {fields}, arg_min(t.death_date, m.ord) FILTER ({dead}) AS death_date,"
        f" arg_min(m.system, m.ord) FILTER ({dead}) AS death_source,"
        f" bool_or(t.alive = '1' AND m.family = {quote(REGISTER)}) AS said_alive,"
        f" bool_or(m.family <> {quote(REGISTER)}) AS linked"
        " FROM member m JOIN t_person t USING (place) GROUP BY m.p",
    )
    register.keep(
        "person",
        f"SELECT h.p, h.records, r.system, r.key, k.* EXCLUDE (p), {_area('k')} AS area FROM householder h"
        " JOIN record r ON r.place = h.first JOIN known k USING (p) ORDER BY h.p",
    )


def _know_regions(register: Register) -> None:
    """Make known which of the counties that codes of the register begin with there are."""
    codes = " UNION ".join(
        f"SELECT left({name}, 6) AS code FROM t_person WHERE {name} IS NOT NULL"
        for name in ("residence_code", "household_code")
    )
    found = [(code,) for (code,) in register.connection.sql(codes).fetchall() if is_known_region(code)]
    keep(register.connection, "known_region", ("code",), found)


def _area(alias: str) -> str:
    """Return SQL of the code of where somebody lives, as far down as it is told; null where it is none.

    Six, nine or twelve digits, of a county that there is; zeros stand for what is not told.
    """

    def told(name: str) -> str:
        code = f"{alias}.{name}"
        return (
            f"CASE WHEN regexp_matches({code}, '^[0-9]{{6}}([0-9]{{3}}){{0,2}}$')"
            f" AND left({code}, 6) IN (SELECT code FROM known_region)"
            f" THEN left({code}, 6) || regexp_replace(substr({code}, 7), '(000){{1,2}}$', '') END"
        )

    return f"coalesce({told('residence_code')}, {told('household_code')})"


def _telling(register: Register) -> None:
    """Make known whose number tells who they are: ``telling (p, sound)``."""
    file = register.work / "telling.parquet"
    schema = pa.schema([("p", pa.int64()), ("sound", pa.bool_())])
    with pq.ParquetWriter(file, schema) as writer:
        rows = register.connection.sql("SELECT p, id_number FROM person").to_arrow_reader(_BATCH)
        for batch in rows:
            state = id_facts(batch["id_number"], on=register.as_of).state.cast(pa.string())
            sound = pc.fill_null(pc.is_in(state, pa.array(_TELLING)), False)
            writer.write_table(pa.table({"p": batch["p"], "sound": sound}, schema=schema))
    register.connection.execute(f"CREATE VIEW telling AS FROM read_parquet({quote(str(file))})")
