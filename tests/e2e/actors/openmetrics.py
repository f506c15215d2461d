"""A strict reader of the OpenMetrics text format, version 1.0."""

from __future__ import annotations

import re
from typing import NamedTuple

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"'
META = re.compile(rf"# (TYPE|UNIT|HELP) ({NAME}) (.*)")
SAMPLE = re.compile(
    rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (-?[0-9]+(?:\.[0-9]+)?)")

# What may stand behind the name of a family, by its type.
ENDINGS = {"counter": {"_total"}, "gauge": {""}, "info": {"_info"},
           "histogram": {"_bucket", "_count", "_sum"}}


class Series(NamedTuple):
    name: str
    labels: frozenset[tuple[str, str]]


class Metrics(dict[Series, float]):
    """The samples of a text, by name and labels."""

    def get_one(self, name: str, /, **labels: str) -> float:
        return self[Series(name, frozenset(labels.items()))]

    def total(self, name: str) -> float:
        """All series of this name together."""
        return sum(value for series, value in self.items()
                   if series.name == name)


def parse(text: str) -> Metrics:
    """Read it; an AssertionError says what the format does not allow."""
    lines = text.split("\n")
    assert lines[-2:] == ["# EOF", ""], "it ends otherwise"
    samples = Metrics()
    families: dict[str, dict[str, str]] = {}
    family = ""
    for line in lines[:-2]:
        if line.startswith("#"):
            family = _meta(line, families, family)
            continue
        series, value = _sample(line)
        kind = families[family]["TYPE"]
        ending = series.name[len(family):]
        assert series.name.startswith(family), f"not of {family}: {line}"
        assert ending in ENDINGS[kind], f"no {kind}: {line}"
        assert series not in samples, f"twice: {line}"
        assert kind == "gauge" or value >= 0, line
        samples[series] = value
    for name, about in families.items():
        if about["TYPE"] == "histogram":
            _check_histogram(name, samples)
    return samples


def _meta(line: str, families: dict, family: str) -> str:
    found = META.fullmatch(line)
    assert found, line
    what, name, said = found.groups()
    if name != family:
        assert name not in families, f"{name} comes twice"
        assert what == "TYPE", f"{what} before TYPE: {line}"
        families[name] = {}
    assert what not in families[name], f"twice: {line}"
    families[name][what] = said
    if what == "TYPE":
        assert said in ENDINGS, line
        for ending in "_total", "_info", "_bucket", "_count", "_sum":
            assert not name.endswith(ending), line
    if what == "UNIT":
        assert name.endswith(f"_{said}"), line
    return name


def _sample(line: str) -> tuple[Series, float]:
    found = SAMPLE.fullmatch(line)
    assert found, line
    labels = re.findall(LABEL, found[2] or "")
    assert len({name for name, _ in labels}) == len(labels), line
    return Series(found[1], frozenset(labels)), float(found[7])


def _check_histogram(name: str, samples: Metrics) -> None:
    """Buckets that only grow, the last one as large as the count."""
    buckets: dict[frozenset, list[tuple[float, float]]] = {}
    for series, value in samples.items():
        if series.name != f"{name}_bucket":
            continue
        le = dict(series.labels)["le"]
        rest = series.labels - {("le", le)}
        buckets.setdefault(rest, []).append(
            (float(le.replace("+Inf", "inf")), value))
    for labels, steps in buckets.items():
        assert steps == sorted(steps), f"{name} {set(labels)}: {steps}"
        values = [value for _, value in steps]
        assert values == sorted(values), f"{name} {set(labels)}: {steps}"
        assert steps[-1][0] == float("inf")
        assert samples[Series(f"{name}_count", labels)] == values[-1]
        assert Series(f"{name}_sum", labels) in samples
