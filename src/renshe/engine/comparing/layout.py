"""Where comparisons of a round stand and what they hold; for whoever writes them and whoever reads them later.

Invariant: ``rounds/NNNN/compare/A__B`` is complete or not there; the round's own files are never touched.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from renshe.engine.report.shelving import legal_name

FOLDER = "compare"
DIFFERENCES = "differences.parquet"
ONLY_LEFT, ONLY_RIGHT = "only_left.parquet", "only_right.parquet"
MANIFEST = "manifest.json"


def name_of(left: str, right: str) -> str:
    """Return the folder of a comparison inside the round."""
    return f"{FOLDER}/{legal_name(left)}__{legal_name(right)}"


def comparisons(round_dir: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield the comparisons of a round with their manifests, in the order of their names."""
    for path in sorted((round_dir / FOLDER).glob(f"*/{MANIFEST}")):
        yield path.parent, json.loads(path.read_text("utf-8"))
