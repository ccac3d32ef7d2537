"""``make bench``: every figure that the README quotes, written to ``benchmarks/results/``."""

from __future__ import annotations

from benchmarks import (
    big_csv,
    clean_scale,
    exchange,
    faults,
    journal,
    registry_list,
    rule_cost,
    scaling,
    text_reader,
)
from benchmarks.casework import cost, load
from benchmarks.linking import febrl, one, speed
from benchmarks.pages import cost as page_cost
from benchmarks.pages import load as page_load
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
one.main()
cost.main()
load.main()
registry_list.main()
page_cost.main()
page_load.main()
exchange.main()
