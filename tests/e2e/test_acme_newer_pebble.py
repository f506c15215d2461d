"""gatehouse-acme against a Pebble that has what Debian 12's lacks.

Renewal information, replaces, profiles, Retry-After as a date, and challenges
of new kinds. tests/newer-pebble gets it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Iterator

import pytest

from actors.acme_job import ChallengeServer, Job, Store
from actors.pebble import Pebble, newer_programs

URN = "urn:ietf:params:acme:error:"
DAY = 86400


@pytest.fixture(scope="module")
def programs() -> Path:
    found = newer_programs()
    if found is None:
        pytest.skip("no Pebble of 2.10 or later: tests/newer-pebble gets it")
    return found


@pytest.fixture(scope="module")
def pebble(programs: Path) -> Iterator[Pebble]:
    with Pebble(programs=programs, nonce_reject=0, profiles={
            "default": 90 * DAY, "tlsserver": 45 * DAY,
            "shortlived": 160 * 3600}) as ca:
        yield ca


@pytest.fixture
def job(pebble: Pebble) -> Iterator[Job]:
    with ChallengeServer(pebble.http_port) as server:
        yield Job(server.answers, directory=pebble.directory,
                  ca_file=str(pebble.ca_file))


def life(issued: dict) -> int:
    return issued["not_after"] - issued["not_before"]


def test_first_certificate(pebble: Pebble, job: Job):
    before = pebble.requests
    done = job.run(profile="default")
    assert life(done.issued) // DAY in (89, 90)
    assert pebble.requests - before <= 15
    start, end = done.informed["start"], done.informed["end"]
    assert done.issued["not_before"] < start < end < done.issued["not_after"]
    assert done.informed["retry_after"] > 0


@pytest.mark.parametrize("profile, hours", [
    ("tlsserver", 45 * 24), ("shortlived", 160)])
def test_profile(job: Job, profile: str, hours: int):
    assert abs(life(job.run(profile=profile).issued) - hours * 3600) <= 1


def test_address_gets_the_short_profile(job: Job):
    issued = job.run(names="127.0.0.1").issued
    assert abs(life(issued) - 160 * 3600) <= 1


def test_profile_that_is_not_offered(pebble: Pebble, job: Job):
    orders = pebble.new_orders
    failure = job.run(profile="classic").failure
    assert failure["problem"] == URN + "invalidProfile"
    assert sorted(failure["detail"].partition("but: ")[2].split()) == [
        "default", "shortlived", "tlsserver"]
    assert pebble.new_orders == orders


def test_certificate_is_replaced_once(job: Job):
    first = job.run().issued["pem"].decode()
    job.store.order_url = job.store.order_key = ""
    done = job.run(certificate=first)
    assert done.issued
    assert "not as a replacement" not in done.log
    job.store.order_url = job.store.order_key = ""
    done = job.run(certificate=first)
    assert done.issued
    assert re.search("not as a replacement: .*already", done.log)


def test_another_account_replaces_nothing(job: Job):
    first = job.run().issued["pem"].decode()
    job.store = Store()
    done = job.run(certificate=first)
    assert done.issued
    assert "ordering anew, not as a replacement" in done.log


def test_window_that_the_ca_changes(pebble: Pebble, job: Job):
    pem = job.run().issued["pem"].decode()
    chain = pem[pem.index("-----BEGIN CERT"):]
    leaf = chain[:chain.index("-----END CERT")] + "-----END CERTIFICATE-----\n"
    pebble.suggest(leaf, json.dumps({
        "suggestedWindow": {"start": "2026-01-01T00:00:00Z",
                            "end": "2026-01-02T00:00:00Z"},
        "explanationURL": "https://ca.test/incident"}))
    told = job.run("RENEWAL_INFO", certificate=chain).informed
    assert (told["start"], told["end"], told["url"]) == (
        1767225600, 1767312000, "https://ca.test/incident")
    pebble.suggest(leaf, "no JSON")
    told = job.run("RENEWAL_INFO", certificate=chain).informed
    assert (told["start"], told["end"], told["retry_after"]) == (0, 0, 21600)


def test_revoked_certificate_is_due(job: Job):
    pem = job.run().issued["pem"].decode()
    chain = pem[pem.index("-----BEGIN CERT"):]
    window = job.run("RENEWAL_INFO", certificate=chain).informed
    job.run("REVOKE", certificate=chain, arg="4").done
    due = job.run("RENEWAL_INFO", certificate=chain).informed
    assert due["start"] < due["end"] < window["start"]


def test_key_of_the_account_is_rolled_over(job: Job):
    job.run().issued
    job.run("ACCOUNT", arg="roll").done
    job.store.order_url = job.store.order_key = ""
    assert job.run().issued


def test_retry_after_in_both_forms(programs: Path):
    """Pebble throws dice for each answer."""
    with Pebble(programs=programs, retry_after=1) as ca, ChallengeServer(
            ca.http_port) as server:
        job = Job(server.answers, directory=ca.directory,
                  ca_file=str(ca.ca_file))
        for _ in range(3):
            job.store.order_url = job.store.order_key = ""
            assert job.run().issued


def test_preferred_chain(job: Job):
    """A Link header that names no other chain."""
    assert "serving its first one" in job.run(chain="No Such Root").log
