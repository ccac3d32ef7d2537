"""What an earlier link run settled and nothing touched is taken over, so that a new file costs what it brings.

A pair's weight follows from the facts of its two records, the shares of their values among all (told in steps) and
the model. Where none of that changed since the last run, neither did the weight; only pairs of which one record is
new or other than it was are looked for and compared.

Invariant: a run that leans on an earlier one leaves the same links and clusters as one that does not. Anything that
concerns all pairs alike (model, prior, the program) and differs means a full run, and so does a state that is not
to the byte what was left.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

import duckdb

from renshe.engine.linking.model import Model
from renshe.engine.rounds.finished import LINK, Finished
from renshe.engine.rounds.store import file_digest
from renshe.engine.rules.compiling import quote
from renshe.engine.staging.stage import texts_below

RECORDS, SCORED, CROWDED, MADE_OF = "records", "scored", "crowded", "made_of.json"
_PACKAGES = ("renshe.engine.linking", "renshe.standards")


def environment(model: Model, prior: float) -> str:
    """Return the digest of what concerns all pairs alike."""
    digest = hashlib.sha256(f"{model.version} {prior!r}".encode())
    for package in _PACKAGES:
        for file in texts_below(resources.files(package)):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def find_earlier(finished: Finished, entity: str, alike: str) -> Path | None:
    """Return the state of the last link run up to the round ``finished`` that was made under ``alike``, or None."""
    store = finished.store
    for number in reversed([one for one in store.numbers() if one <= finished.number]):
        folder = store.folder(number) / LINK / "state" / entity
        try:
            told = json.loads((folder / MADE_OF).read_text("utf-8"))
            if told["environment"] == alike and told["files"] == _digests(folder):
                return folder
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def keep_state(connection: duckdb.DuckDBPyConnection, folder: Path, alike: str) -> None:
    """Write what a later run can lean on: the digest of every record, every pair compared, keys that too many share."""
    folder.mkdir(parents=True)
    select = {
        RECORDS: f"SELECT rid, system, key, {_digest(connection)} AS digest FROM records",
        SCORED: "SELECT * FROM scored",
        CROWDED: "SELECT * FROM crowded",
    }
    for name, sql in select.items():
        target = quote(str(folder / f"{name}.parquet"))
        connection.execute(f"COPY ({sql}) TO {target} (FORMAT parquet)")
    told = {"environment": alike, "files": _digests(folder)}
    (folder / MADE_OF).write_text(json.dumps(told) + "\n", "utf-8")


def _digests(folder: Path) -> dict[str, str]:
    return {name: file_digest(folder / f"{name}.parquet") for name in (RECORDS, SCORED, CROWDED)}


def find_changed(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Leave the table ``changed`` (rid): records that are new or other than in the run whose state is in ``folder``."""
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE changed AS
            SELECT r.rid FROM records r LEFT JOIN {_file(folder, RECORDS)} e ON e.system = r.system AND e.key = r.key
            WHERE e.digest IS DISTINCT FROM {_digest(connection, "r")}""")


def add_crowded(connection: duckdb.DuckDBPyConnection, folder: Path, name: str) -> None:
    """Add to ``changed`` the records whose value of the key ``name`` (table ``keyed``) is shared by too many now and
    was not, or was and is not any more."""
    before = f"(SELECT k FROM {_file(folder, CROWDED)} WHERE name = {quote(name)})"
    now = f"(SELECT k FROM crowded WHERE name = {quote(name)})"
    connection.execute(f"""
        INSERT INTO changed
            SELECT DISTINCT rid FROM keyed
            WHERE k IN (({before} EXCEPT {now}) UNION ({now} EXCEPT {before})) AND rid NOT IN (FROM changed)""")


def take_over(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Add to ``scored`` the pairs of the earlier run of which neither record changed."""
    connection.execute(f"""
        INSERT INTO scored BY NAME
            WITH stayed AS (
                SELECT e.rid AS earlier, r.rid FROM {_file(folder, RECORDS)} e
                JOIN records r ON r.system = e.system AND r.key = e.key ANTI JOIN changed c ON c.rid = r.rid)
            SELECT l.rid AS rid_l, r.rid AS rid_r, s.* EXCLUDE (rid_l, rid_r)
            FROM {_file(folder, SCORED)} s
            JOIN stayed l ON l.earlier = s.rid_l JOIN stayed r ON r.earlier = s.rid_r""")


def _file(folder: Path, name: str) -> str:
    return f"read_parquet({quote(str(folder / f'{name}.parquet'))})"


def _digest(connection: duckdb.DuckDBPyConnection, alias: str = "records") -> str:
    """Return the SQL of a record's digest: all its facts."""
    names: Iterable[str] = (row[0] for row in connection.execute("DESCRIBE records").fetchall())
    return f"hash({', '.join(f'{alias}.{name}' for name in sorted(set(names) - {'rid'}))})"
