"""Lines that no reader can load: cut off, too long, undecodable, subtotals, headers repeated on every printed page.

They stand between good rows, as they do in extracts that went through printers, mail and editors; every one is written
down in ``rejects_truth.parquet`` with its physical line.

Invariant: a damaged line is a line more; no row of the project is lost to it.
"""

from __future__ import annotations

import numpy as np

from renshe.engine.simulate.writers import TextWriter

KINDS = ("subtotal", "repeated_header", "short", "long", "undecodable")


def damage(writer: TextWriter, rng: np.random.Generator, width: int, count: int) -> None:
    """Write ``count`` damaged lines of changing kinds; ``width`` is the number of columns."""
    for number in range(count):
        kind = KINDS[int(rng.integers(0, len(KINDS)))] if count < len(KINDS) else KINDS[number % len(KINDS)]
        writer.reject_line(_line(writer, rng, width, kind), kind)


def _line(writer: TextWriter, rng: np.random.Generator, width: int, kind: str) -> bytes:
    mark = writer.delimiter
    figures = [str(value) for value in rng.integers(100_000, 999_999, width)]
    if kind == "repeated_header":
        return mark.join(writer.header).encode(writer.encoding)
    if kind == "subtotal":
        return mark.join(["合计", *[""] * (width - 2), f"{figures[0]}.00"]).encode(writer.encoding)
    if kind == "short":
        return mark.join(figures[: max(1, width // 2)]).encode(writer.encoding)
    if kind == "long":
        return mark.join([*figures, "备注", "补录"]).encode(writer.encoding)
    spoilt = figures[0].encode("ascii") + b"\xff\xfe\xff"
    return mark.encode("ascii").join([spoilt, *(figure.encode("ascii") for figure in figures[1:])])
