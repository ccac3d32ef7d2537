"""What a round leaves behind: standard tables, findings, what came of decisions, figures, and the manifest.

Invariant: everything is written into a folder that nobody sees yet; the manifest names all of it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from renshe import __version__
from renshe.engine.decisions.apply import Applied
from renshe.engine.decisions.log import log_digest
from renshe.engine.decisions.outcomes import STATES
from renshe.engine.project import Project
from renshe.engine.rounds.changes import write_changes
from renshe.engine.rounds.coverage import complete_not_run
from renshe.engine.rounds.digests import Sums, digest_of, plus, row_sums
from renshe.engine.rounds.scores import score_round, write_admission
from renshe.engine.rounds.second import Second, round_inputs
from renshe.engine.rounds.tables import round_columns
from renshe.engine.rules.catalogue import Catalogue
from renshe.engine.rules.compiling import quote
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.findings import COLUMNS, SCHEMA
from renshe.engine.rules.reach import changed_rows
from renshe.engine.rules.runner import RunResult
from renshe.engine.staging.stage import Staged
from renshe.standards.dictionary import table

Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Clock:
    """Seconds per step, for the manifest."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count the block under ``name``."""
        start = time.perf_counter()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - start, 3)


class Writer:
    """Writes everything a round holds into its folder."""

    def __init__(
        self,
        project: Project,
        catalogue: Catalogue,
        dataset: Dataset,
        staged: list[Staged],
        applied: Applied,
        second: Second | None,
        clock: Clock,
    ) -> None:
        self.project = project
        self.catalogue = catalogue
        self.dataset = dataset
        self.staged = staged
        self.applied = applied
        self.second = second
        self.clock = clock
        self.connection = dataset.connection

    def write(
        self,
        target: Path,
        number: int,
        before: list[Path],
        result: RunResult,
        controls: list[dict[str, Any]],
        written: Callable[[], None],
        progress: Progress,
    ) -> dict[str, Any]:
        """Fill ``target`` with all but tables (``written`` waits for these), report and manifest; return the latter."""
        progress("写出标准表", 0, 3)
        with self.clock.step("tables"):
            written()
        tables = {name: self.dataset.loaded(name) for name in self.dataset.tables}
        with self.clock.step("findings"):
            self._copy("findings", f"SELECT {COLUMNS} FROM findings ORDER BY ALL", target / "findings.parquet")
            self._copy("accepted", "FROM accepted ORDER BY ALL", target / "accepted.parquet")
            self.applied.write(target, self.staged)
            self._rejects(target)
            changes = write_changes(self.connection, target / "changes.parquet", number, before)
            admission = write_admission(self.dataset, target / "admission.parquet")
            scores = score_round(self.dataset, self.catalogue)
        progress("计算摘要", 1, 3)
        with self.clock.step("digests"):
            sums = {name: self._sums(name) for name in tables}
            digests = {name: digest_of(found) for name, found in sums.items()}
            digests["findings"] = digest_of(row_sums(self.connection, "findings", SCHEMA.names))
        counted = self.connection.execute("SELECT rule, count(*) FROM findings GROUP BY 1 ORDER BY 1").fetchall()
        inputs = round_inputs(self.project, self.catalogue, self.staged, self.applied, target)
        inputs |= {"sums": sums, "not_run": dict(result.not_run.counts), "reasons": dict(result.not_run.reasons)}
        about = complete_not_run(self.dataset, self.catalogue, result.not_run, controls=bool(controls))
        return {
            "round": number,
            "name": self.project.name,
            "as_of": self.project.as_of.isoformat(),
            "region": self.project.region,
            "renshe": __version__,
            "rules_version": self.catalogue.version,
            "packs": list(self.catalogue.packs),
            "decisions": self._decisions(),
            "sources": self._sources(),
            "tables": tables,
            "findings": dict(counted),
            "not_run": dict(sorted(result.not_run.counts.items())),
            "not_run_of": dict(sorted(about.items())),
            "notes": dict(sorted(result.not_run.reasons.items())),
            "changes": changes,
            "scores": scores,
            "admission": admission,
            "controls": controls,
            "unmatched_columns": self._unmatched(),
            "unmapped_codes": self._unmapped(),
            "digests": digests,
            "inputs": inputs,
            "seconds": self.clock.seconds,
        }

    def _decisions(self) -> dict[str, Any]:
        log = [outcome.decision for outcome in self.applied.outcomes]
        [(aside,)] = self.connection.execute("SELECT count(*) FROM accepted").fetchall()
        states: dict[str, int] = {state: self.applied.count(state) for state in STATES}
        return {"number": len(log), "digest": log_digest(log), **states, "findings_accepted": aside}

    def _sums(self, name: str) -> Sums:
        """Return the row sums of a table: of all rows, or of the earlier round's with what changed since."""
        columns = round_columns(name)
        if self.second is None or (earlier := self.second.sums(name)) is None:
            return row_sums(self.connection, f"s_{name}", columns)
        if self.second.is_same(name):
            return earlier
        was, now = (row_sums(self.connection, relation, columns) for relation in changed_rows(name))
        return plus(earlier, was, now)

    def _rejects(self, target: Path) -> None:
        files = ", ".join(quote(str(found.rejects)) for found in self.staged)
        self._copy(
            "rejects", f"FROM read_parquet([{files}]) ORDER BY source_file, source_row", target / "rejects.parquet"
        )

    def _copy(self, name: str, select: str, target: Path) -> None:
        self.connection.execute(
            f"COPY ({select}) TO {quote(str(target))} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
        )

    def _sources(self) -> list[dict[str, Any]]:
        return [
            {
                "system": found.system,
                "table": found.table,
                "file": found.source_file,
                "sha256": found.sha256,
                "rows_read": found.rows_loaded + found.rows_rejected,
                "rows_loaded": found.rows_loaded,
                "rows_rejected": found.rows_rejected,
                "layout": found.layout,
                # By which field code the values of a code are read: facts cannot be computed again without it.
                "spoken": found.spoken,
            }
            for found in self.staged
        ]

    def _unmatched(self) -> list[dict[str, Any]]:
        return [
            {"source": found.source_file, "column": column, "examples": examples, "rows": found.rows_loaded}
            for found in self.staged
            for column, examples in found.unmatched.items()
        ]

    def _unmapped(self) -> list[dict[str, Any]]:
        return [
            {
                "source": found.source_file,
                "field": name,
                "label": table(found.table).field(name).label,
                "value": value,
                "count": count,
            }
            for found in self.staged
            for name, values in found.unmapped.items()
            for value, count in values.items()
        ]


def write_manifest(target: Path, manifest: dict[str, Any]) -> None:
    """Write, or write anew, the manifest of the round in ``target``."""
    (target / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=2), "utf-8")
