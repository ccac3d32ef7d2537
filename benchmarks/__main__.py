"""``make bench``: every figure that the README quotes, written to ``benchmarks/results/``."""

from __future__ import annotations

from benchmarks import big_csv, clean_scale, faults, text_reader

text_reader.main()
clean_scale.main()
big_csv.main()
faults.main()
