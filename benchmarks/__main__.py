"""``make bench``: every figure that the README quotes, written to ``benchmarks/results/``."""

from __future__ import annotations

from benchmarks import big_csv, clean_scale, faults, journal, registry_list, rule_cost, scaling, text_reader
from benchmarks.casework import cost, load
from benchmarks.linking import febrl, speed
from benchmarks.peers import compare

text_reader.main()
rule_cost.main()
compare.main()
scaling.main()
clean_scale.main()
big_csv.main()
faults.main()
journal.main()
febrl.main(febrl.shipped())
speed.main()
cost.main()
load.main()
registry_list.main()
