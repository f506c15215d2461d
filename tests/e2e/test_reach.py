"""Whether the internet reaches us: a CA's look, without a certificate."""

from __future__ import annotations

import pytest

from actors.acme_job import ChallengeServer, Job
from actors.fake_ca import URN, FakeCA, Reply
from actors.pebble import Pebble

GIVEN_UP = {"status": "deactivated"}


@pytest.fixture
def ca():
    with FakeCA() as made:
        made.say("/authz", Reply(made.authorization("pending")),
                 Reply(made.authorization("pending")),
                 Reply(met(made, "192.0.2.1")))
        yield made


@pytest.fixture
def job(ca: FakeCA) -> Job:
    return Job(directory=ca.directory, ca_file=str(ca.ca_file))


def met(ca: FakeCA, address: str) -> dict:
    """A valid authorization, proven over this address."""
    return ca.authorization("valid", ca.challenge(
        status="valid", validationRecord=[{"addressUsed": address}]))


def given_up(ca: FakeCA) -> int:
    return ca.payloads("/authz").count(GIVEN_UP)


def test_nothing_but_a_look(ca: FakeCA, job: Job):
    done = job.run("REACH")
    assert done.done == "the IPv4 address 192.0.2.1, port 80"
    assert not done.fields("ORDER_SAVE")
    assert job.store.account_url
    assert given_up(ca) == 1
    assert ca.requests[-1][2] == GIVEN_UP
    assert ca.count("/finalize") == 0
    assert len(job.answers) == 0


def test_address_that_is_none(ca: FakeCA, job: Job):
    ca.scripts["/authz"][-1] = Reply(met(ca, "\x1b[2J"))
    assert job.run("REACH").done == "port 80"


def test_what_was_proved_before_is_no_proof(ca: FakeCA, job: Job):
    ca.scripts["/authz"][:0] = [
        Reply(met(ca, "192.0.2.9")), Reply(ca.authorization("deactivated"))]
    assert job.run("REACH").done.endswith("192.0.2.1, port 80")
    assert ca.count("/order") == 2
    assert ca.count("/challenge") == 1
    assert given_up(ca) == 2


def test_ca_that_never_looks_anew(ca: FakeCA, job: Job):
    ca.say("/authz", Reply(met(ca, "192.0.2.9")))
    failure = job.run("REACH").failure
    assert failure["problem"] == "other"
    assert "does not look anew" in failure["detail"]
    assert (ca.count("/order"), given_up(ca)) == (3, 3)
    assert ca.count("/challenge") == 0


def test_ca_that_meets_nobody(ca: FakeCA, job: Job):
    ca.say("/authz", Reply(ca.authorization("pending")),
           Reply(ca.authorization("pending")), Reply(
               ca.authorization("invalid", ca.challenge(
                   status="invalid", validationRecord=[
                       {"addressUsed": "2001:db8::1"}], error={
                       "type": URN + "connection", "detail": "Timeout"}))))
    failure = job.run("REACH").failure
    assert failure["problem"] == URN + "connection"
    assert failure["detail"] == (
        "gw.test: timeout at the IPv6 address 2001:db8::1, port 80: Timeout")
    assert "AAAA record" in failure["advice"]


def test_way_that_is_not_offered(ca: FakeCA, job: Job):
    failure = job.run("REACH", challenges="tls-alpn-01").failure
    assert failure["problem"] == "challenge"
    assert (ca.count("/challenge"), given_up(ca)) == (0, 1)


def test_own_port_is_looked_at_first(ca: FakeCA, job: Job):
    """Nobody listens at port 1: the CA is not bothered."""
    failure = job.run("REACH", http_address="127.0.0.1:1").failure
    assert failure["problem"] == "selfcheck"
    assert ca.requests == []


def test_dry_run_leaves_no_proof(ca: FakeCA, job: Job):
    ca.issue()
    ca.say("/authz", Reply(ca.authorization("pending")),
           Reply(ca.authorization("valid")))
    assert "was thrown away" in job.run("DRY_RUN").done
    assert given_up(ca) == 1


def test_pebble_looks_each_time():
    """Although it would take what it has seen before."""
    with Pebble(authz_reuse=100, nonce_reject=0) as pebble, \
            ChallengeServer(pebble.http_port) as server:
        job = Job(server.answers, directory=pebble.directory,
                  ca_file=str(pebble.ca_file))
        assert job.run().issued
        for _ in range(2):
            before = server.asked
            assert job.run("REACH").done.endswith("port 80")
            assert server.asked > before
        server.answers = {}
        assert job.run("REACH").failure["problem"] == URN + "unauthorized"
