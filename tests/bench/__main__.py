"""`scripts/bench`: measures, prints a table, and fails when a limit is not kept."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tests.bench.measures import MEASURES, Bench
from tests.bench.program import scratch_folder
from tests.bench.table import HEADINGS, Figure, lines
from tests.live.lab import PrivateLibvirtd, what_is_missing


def main() -> int:
    """Measure what is asked for; return the exit status: 0 when every limit is kept."""
    parser = argparse.ArgumentParser(prog="bench", description="Measure kvmtui on a terminal against its limits.")
    parser.add_argument("--only", metavar="NAME,…", default=",".join(MEASURES), help=f"of: {', '.join(MEASURES)}")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions: rougher figures")
    parser.add_argument("--realtime", action="store_true", help="run before everything else (SCHED_RR): for a busy machine")
    arguments = parser.parse_args()
    names = arguments.only.split(",")
    unknown = set(names) - set(MEASURES)
    if unknown:
        parser.error(f"no such measure: {', '.join(sorted(unknown))}")
    reason = what_is_missing()
    if reason:
        parser.error(reason)
    figures = _measure(names, arguments)
    return 0 if all(figure.is_met for figure in figures) else 1


def _measure(names: list[str], arguments: argparse.Namespace) -> list[Figure]:
    figures: list[Figure] = []
    with scratch_folder() as folder, PrivateLibvirtd("bench") as lab:
        if arguments.realtime:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        bench = Bench(Path(folder), lab, arguments.quick)
        for name in names:
            print(f"measuring: {name} …", file=sys.stderr, flush=True)
            figures += MEASURES[name](bench)
    print("\n".join(lines([HEADINGS, *(figure.cells() for figure in figures)])))
    return figures


if __name__ == "__main__":
    sys.exit(main())
