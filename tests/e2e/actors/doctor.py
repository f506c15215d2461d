"""What `gatehouse doctor` finds."""

from __future__ import annotations

import json
from typing import NamedTuple

from .front import Front

GOOD, WARNING, BAD = 0, 1, 2


class Finding(NamedTuple):
    """One of what the doctor says."""

    verdict: str
    evidence: str
    cure: str


def examine(front: Front, status: int, *options: str) -> dict[str, Finding]:
    """What it finds by subject, and that it exits so."""
    done = front.run("doctor", "--json", "-f", str(front.file), *options,
                     timeout=90)
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert done.returncode == status, done.stdout
    assert found["verdict"] == ["ok", "warn", "fail"][status]
    return {row["subject"]: Finding(
        row["verdict"], row["evidence"], row["cure"])
        for row in found["checks"]}


def wrong(findings: dict[str, Finding]) -> set[str]:
    """The subjects of what is wrong."""
    return {subject for subject, finding in findings.items()
            if finding.verdict in ("warn", "fail")}
