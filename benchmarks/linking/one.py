"""What it costs to weigh one record against ten that may be the same person, as happens while somebody is entered.

Bar: 50 ms of CPU.
"""

from __future__ import annotations

import datetime as dt
import statistics
import time

from benchmarks.measure import write_result
from renshe.engine.linking.one import weigh_one
from renshe.standards.identity import id_check_char

_ON = dt.date(2026, 11, 23)
_OTHERS, _TIMES = 10, 50


def main() -> None:
    """Weigh the same question again and again, in CPU time of this process."""
    asked = _record("asked", 1, "张丽华")
    others = [_record(str(at), at + 1, "张莉华") for at in range(_OTHERS)]
    weigh_one(asked, others, _ON)
    took = []
    for _ in range(_TIMES):
        began = time.process_time()
        found = weigh_one(asked, others, _ON)
        took.append(time.process_time() - began)
        assert len(found) == _OTHERS
    write_result("linking_one", others=_OTHERS, cpu_ms=round(statistics.median(took) * 1000, 1))


def _record(key: str, serial: int, name: str) -> dict[str, object]:
    digits = f"22082219800101{serial:03d}"
    born = dt.date(1980, 1, 1)
    number = digits + id_check_char(digits)
    return {"key": key, "id_number": number, "name": name, "sex": "1", "birth_date": born, "phone": "13843600001"}


if __name__ == "__main__":
    main()
