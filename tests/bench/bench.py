#!/usr/bin/python3
"""What Gatehouse costs beside nginx and HAProxy: `make bench`.

The three take turns, so that what the machine does besides hits them alike.
CPU time is counted over all processes of each, not requests per second,
which would measure the client as well. See README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from proxies import PATH, PROXIES, TOOLS, Gateway, Site
# pylint: disable=wrong-import-order
from actors.process import ActorError
from loads import LOADS, Bar, Load, Scale, rounds_of

NOISE = 0.15    # a ratio that varies by more, and round its bar, says nothing
RESULTS = TOOLS / "results.json"
QUICK = {"rounds": 3, "seconds": 1, "memory_rounds": 1}
FULL = {"rounds": 9, "seconds": 3, "memory_rounds": 3}
PEERS = {"nginx": "nginx", "HAProxy": "haproxy"}    # label: field of Bar


def spread(values: list[float]) -> float:
    middle = statistics.median(values)
    return (max(values) - min(values)) / abs(middle) if middle else 0.0


def verdict(values: list[float], most: float | None) -> str:
    """Whether the median is within the bar; noisy: rounds contradict it."""
    if most is None:
        return ""
    agreed = max(values) <= most or min(values) > most
    if not agreed and spread(values) > NOISE:
        return "noisy"
    return "met" if statistics.median(values) <= most else "NOT MET"


def judge(costs: dict[str, list[float]], unit: str, bar: Bar) -> dict:
    """One row: medians, ratios round by round, and what follows."""
    own = costs["Gatehouse"]
    row = {"unit": unit, "cost": {}, "ratio": {}, "verdict": {}}
    for label, values in costs.items():
        row["cost"][label] = {
            "median": statistics.median(values), "min": min(values),
            "max": max(values), "rounds": values}
    if bar.most is not None:
        row["verdict"]["itself"] = {"bar": bar.most,
                                    "is": verdict(own, bar.most)}
    for label, field in PEERS.items():
        # A ratio of next to nothing says nothing.
        if label not in costs or min(costs[label]) <= 0.01:
            continue
        ratios = [a / b for a, b in zip(own, costs[label])]
        row["ratio"][label] = {"median": statistics.median(ratios),
                               "min": min(ratios), "max": max(ratios)}
        most = getattr(bar, field)
        if most is not None:
            row["verdict"][label] = {"bar": most,
                                     "is": verdict(ratios, most)}
    return row


def text_cost(row: dict, label: str) -> str:
    if label not in row["cost"]:
        return ""
    cost = row["cost"][label]
    digits = 0 if cost["median"] >= 100 else 1 if cost["median"] >= 10 else 2
    return (f"{cost['median']:.{digits}f} ({cost['min']:.{digits}f}-"
            f"{cost['max']:.{digits}f})")


def text_ratio(row: dict, label: str) -> str:
    if label not in row["ratio"]:
        return ""
    ratio = row["ratio"][label]
    return f"{ratio['median']:.2f} ({ratio['min']:.2f}-{ratio['max']:.2f})"


def text_verdict(row: dict) -> str:
    """Every bar, and whether it is met."""
    names = {"itself": "", "nginx": "x nginx ", "HAProxy": "x HAProxy "}
    return ", ".join(f"<= {found['bar']:g} {names[against]}{found['is']}"
                     for against, found in row["verdict"].items())


def print_row(cells: list[str]) -> None:
    widths = 21, 14, 19, 19, 19, 18, 18
    print("".join(f"{cell:<{width}}" for cell, width in zip(cells, widths)) +
          cells[-1], flush=True)


def print_head() -> None:
    print_row(["median (min-max)", "", "Gatehouse", "nginx", "HAProxy",
               "/ nginx", "/ HAProxy", "bars"])


def run_load(load: Load, site: Site, scale: Scale) -> dict[str, dict]:
    costs = {name: {} for name in load.rows}
    for label, found in rounds_of(load, list(PROXIES), site, scale):
        for name, cost in found.items():
            costs[name].setdefault(label, []).append(cost)
    rows = {name: judge(costs[name], unit, bar)
            for name, (unit, bar) in load.rows.items()}
    for name, row in rows.items():
        print_row([name, row["unit"],
                   *(text_cost(row, label) for label in
                     ("Gatehouse", "nginx", "HAProxy")),
                   *(text_ratio(row, label) for label in PEERS),
                   text_verdict(row)])
    return rows


def conclude(rows: dict[str, dict]) -> None:
    found = [entry["is"] for row in rows.values()
             for entry in row["verdict"].values()]
    print(f"\n{found.count('met')} bars met, {found.count('NOT MET')} not met,"
          f" {found.count('noisy')} without a conclusion")
    if "noisy" in found:
        print(f"noisy: the ratios of the rounds differ by more than "
              f"{NOISE:.0%} and lie on both sides of\nthe bar; repeat it on a "
              "machine that does nothing else.")


def parse_options() -> argparse.Namespace:
    names = [load.name for load in LOADS]
    parser = argparse.ArgumentParser(
        description="Gatehouse beside nginx and HAProxy")
    parser.add_argument("--quick", action="store_true",
                        help="fewer and shorter rounds: under 3 minutes")
    parser.add_argument("--only", action="append", choices=names,
                        metavar="LOAD", help="one of: " + ", ".join(names) +
                        "; may be repeated")
    parser.add_argument("--rounds", type=int, help="how many of each")
    parser.add_argument("--pin", metavar="CPUS",
                        help="run the load generators on these processors "
                        "and everything else on the others (taskset)")
    return parser.parse_args()


def make_scale(options: argparse.Namespace) -> Scale:
    values = dict(QUICK if options.quick else FULL, pin=options.pin)
    if options.rounds:
        values["rounds"] = values["memory_rounds"] = options.rounds
    return Scale(**values)


def leave_processors(cpus: str) -> None:
    """We and the proxies, which inherit it, keep off these."""
    taken = set()
    for part in cpus.split(","):
        first, _, last = part.partition("-")
        taken |= set(range(int(first), int(last or first) + 1))
    os.sched_setaffinity(0, os.sched_getaffinity(0) - taken)


def main() -> int:
    """0: it was measured, whatever came out; 1: it could not be."""
    options = parse_options()
    for program in "nginx", "haproxy", "wrk", "strace":
        if not shutil.which(program, path=PATH):
            print(f"{program} is missing: tests/setup bench", file=sys.stderr)
            return 1
    scale = make_scale(options)
    if options.pin:
        leave_processors(options.pin)
    rows = {}
    print(f"{scale.rounds} rounds of {scale.seconds} s, "
          f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}\n")
    print_head()
    try:
        with tempfile.TemporaryDirectory(prefix="gh-bench-", dir="/tmp") as at:
            Path(at).chmod(0o755)   # workers that are nobody read in it
            tempfile.tempdir = at
            with Site(Path(at)) as site:
                for load in LOADS:
                    if not options.only or load.name in options.only:
                        rows |= run_load(load, site, scale)
    except (ActorError, OSError) as failure:
        print(f"failed: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    RESULTS.write_text(json.dumps({"scale": vars(scale), "rows": rows},
                                  indent=1) + "\n")
    conclude(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
