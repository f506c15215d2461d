"""gatehouse-acme and what CAs say when something is wrong with them."""

from __future__ import annotations

import datetime
import email.utils
import re
import time
from dataclasses import replace
from typing import Iterator

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    Encoding, load_pem_private_key)
from cryptography.x509.oid import NameOID

from actors.acme_job import Job
from actors.fake_ca import SILENCE, URN, FakeCA, Reply, html, problem

LADDER, GATE, DAILY, LOST = range(4)


@pytest.fixture
def ca() -> Iterator[FakeCA]:
    with FakeCA() as made:
        yield made


@pytest.fixture
def job(ca: FakeCA) -> Job:
    return Job(directory=ca.directory, ca_file=str(ca.ca_file))


def reaches_finalization(job: Job) -> bool:
    return job.run().failure["problem"] == URN + "badCSR"


def test_script_reaches_finalization(ca: FakeCA, job: Job):
    assert reaches_finalization(job)
    paths = [path for _, path, _ in ca.requests]
    assert paths == ["/dir", "/nonce", "/account", "/order", "/authz",
                     "/challenge", "/authz", "/finalize"]
    payloads = dict(zip(paths, (payload for _, _, payload in ca.requests)))
    assert payloads["/account"] == {"termsOfServiceAgreed": True}
    assert payloads["/order"] == {
        "identifiers": [{"type": "dns", "value": "gw.test"}]}
    assert payloads["/challenge"] == {}
    assert list(payloads["/finalize"]) == ["csr"]


@pytest.mark.parametrize("path", ["/dir", "/nonce", "/authz"])
def test_reading_is_repeated(ca: FakeCA, job: Job, path: str):
    ca.scripts[path][:0] = [html(502), SILENCE]
    assert reaches_finalization(job)


@pytest.mark.parametrize("path", [
    "/account", "/order", "/challenge", "/finalize"])
def test_what_changes_something_is_sent_once(ca: FakeCA, job: Job, path: str):
    ca.scripts[path].insert(0, html(502))
    failure = job.run().failure
    assert (failure["problem"], failure["kind"]) == ("outage", LADDER)
    assert "the CA answered 502 with text/html" in failure["detail"]
    assert ca.count(path) == 1


@pytest.mark.parametrize("path", [
    "/account", "/order", "/challenge", "/finalize"])
def test_what_may_have_changed_something_is_no_loss(
        ca: FakeCA, job: Job, path: str):
    ca.scripts[path].insert(0, Reply({"status": "valid"}, cut=5))
    failure = job.run().failure
    assert (failure["problem"], failure["kind"]) == ("interrupted", LADDER)
    assert ca.count(path) == 1


def test_directory_of_html(ca: FakeCA, job: Job):
    ca.say("/dir", html(200))
    failure = job.run().failure
    assert (failure["problem"], failure["kind"]) == ("answer", LADDER)
    assert failure["detail"] == "the CA answered 200 with text/html"
    assert failure["advice"].endswith("check the Directory.")


def test_directory_elsewhere_is_not_followed(ca: FakeCA, job: Job):
    ca.say("/dir", Reply("", 301, {"Location": ca.url("/other")}))
    assert job.run().failure["problem"] == "answer"
    assert ca.count("/other") == 0


def test_answer_without_end(ca: FakeCA, job: Job):
    ca.say("/dir", Reply("{" + " " * 2**20))
    assert "the answer is too large" in job.run().failure["detail"]


def test_broken_json(ca: FakeCA, job: Job):
    ca.say("/dir", Reply('{"newNonce": ', 200,
                         {"Content-Type": "application/json"}))
    assert "no valid JSON at line 1" in job.run().failure["detail"]


@pytest.mark.parametrize("reply, kind", [
    (problem("rateLimited", 429, headers={"Retry-After": "86400"}), GATE),
    (problem("rateLimited", 429), LADDER),
    (html(503, Retry_After="86400"), GATE),
    (html(500, Retry_After="86400"), LADDER)])
def test_retry_after_in_seconds(ca: FakeCA, job: Job, reply: Reply, kind: int):
    ca.say("/order", reply)
    failure = job.run().failure
    assert failure["kind"] == kind
    assert failure["retry_after"] == (
        86400 if "Retry-After" in reply.headers else -1)


def test_retry_after_as_a_date(ca: FakeCA, job: Job):
    """It counts from the server's clock, whatever ours says."""
    theirs = time.time() + 1e6
    ca.say("/order", html(
        503, Date=email.utils.formatdate(theirs, usegmt=True),
        Retry_After=email.utils.formatdate(theirs + 3600, usegmt=True)))
    failure = job.run().failure
    assert failure["kind"] == GATE
    assert 3600 <= failure["retry_after"] <= 3601


def test_clock_that_is_wrong_is_told(ca: FakeCA, job: Job):
    assert "clock" not in job.run().log
    theirs = time.time() - 1800
    ca.scripts["/dir"][0].headers["Date"] = email.utils.formatdate(
        theirs, usegmt=True)
    done = job.run()
    assert re.search(r"warning: this machine's clock is \d+ seconds ahead of"
                     " the CA's", done.log)
    assert done.failure["problem"] == URN + "badCSR"


@pytest.mark.parametrize("hours", [-2, 2, 500000])
def test_clock_that_is_far_off_makes_no_order(
        ca: FakeCA, job: Job, hours: int):
    theirs = time.time() - 3600 * hours
    ca.scripts["/dir"][0].headers["Date"] = email.utils.formatdate(
        theirs, usegmt=True)
    failure = job.run().failure
    assert (failure["problem"], failure["kind"]) == ("clock", LADDER)
    date = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ"
    assert re.fullmatch(f"this machine's clock says {date}, the CA's says"
                        f" {date}", failure["detail"])
    assert "NTP" in failure["advice"]
    assert ca.count("/account") == ca.count("/order") == 0


def test_challenges_that_make_no_sense_are_passed_over(ca: FakeCA, job: Job):
    odd = [{}, {"type": "dns-persist-01", "url": ca.url("/x")},
           {"type": "http-01", "url": ca.url("/x")},
           ca.challenge(token="../../etc/passwd", url=ca.url("/x")),
           ca.challenge(token="", url=ca.url("/x")),
           ca.challenge(token="a" * 129, url=ca.url("/x")),
           ca.challenge(url=None), ca.challenge()]
    ca.say("/authz", Reply(ca.authorization("pending", *odd)),
           Reply(ca.authorization("valid")))
    assert reaches_finalization(job)
    assert ca.count("/x") == 0


def test_challenge_that_was_started_is_only_waited_for(ca: FakeCA, job: Job):
    started = ca.challenge(status="processing")
    ca.say("/authz", Reply(ca.authorization("pending", started)),
           Reply(ca.authorization("valid")))
    done = job.run()
    assert done.failure["problem"] == URN + "badCSR"
    assert len(done.fields("CHALLENGE_SET")) == 1
    assert ca.count("/challenge") == 0


def test_challenge_that_was_started_meanwhile(ca: FakeCA, job: Job):
    """By a job that was killed before it saw the answer."""
    ca.say("/challenge", problem("malformed", detail="not pending"))
    assert reaches_finalization(job)


def test_challenge_that_cannot_be_started(ca: FakeCA, job: Job):
    ca.say("/authz", Reply(ca.authorization("pending")))
    ca.say("/challenge", problem("malformed", detail="why not"))
    failure = job.run().failure
    assert failure["problem"] == URN + "malformed"
    assert failure["detail"] == "why not"
    assert ca.count("/challenge") == 1


def test_order_that_is_ready_at_once(ca: FakeCA, job: Job):
    ca.say("/order", Reply(ca.order("ready"), 201,
                           {"Location": ca.url("/order/1")}))
    assert reaches_finalization(job)
    assert ca.count("/authz") == 0


def test_order_that_becomes_ready_late(ca: FakeCA, job: Job):
    ca.say("/finalize", problem("orderNotReady", 403), problem("badCSR"))
    ca.say("/order/1", Reply(ca.order("pending")), Reply(ca.order("pending")),
           Reply(ca.order("ready")))
    assert reaches_finalization(job)
    assert ca.count("/finalize") == 2


def test_order_that_fails_while_processing(ca: FakeCA, job: Job):
    ca.say("/finalize", Reply(ca.order("processing")))
    ca.say("/order/1", Reply(ca.order("processing")), Reply(ca.order(
        "invalid", error={"type": URN + "caa", "detail": 'CAA says "no"'})))
    failure = job.run().failure
    assert (failure["problem"], failure["kind"]) == (URN + "caa", DAILY)
    assert failure["detail"] == "order: CAA says 'no'"
    assert failure["advice"].startswith("A CAA record")


def test_failed_challenge_names_the_address(ca: FakeCA, job: Job):
    ca.say("/authz", Reply(ca.authorization("pending")), Reply(
        ca.authorization("invalid", ca.challenge(
            status="invalid", error={
                "type": URN + "connection", "detail": "Timeout\x1b[2J"},
            validationRecord=[{"addressUsed": "192.0.2.1"},
                              {"addressUsed": "2001:db8::1"}]))))
    failure = job.run().failure
    assert failure["problem"] == URN + "connection"
    assert failure["detail"] == (
        "gw.test: timeout at the IPv6 address 2001:db8::1, port 80: "
        "Timeout?[2J")
    assert "or correct the AAAA record" in failure["advice"]


def test_subproblems_are_told(ca: FakeCA, job: Job):
    ca.say("/order", problem("compound", subproblems=[
        {"type": URN + "dns", "detail": "no such name",
         "identifier": {"type": "dns", "value": "gw.test"}},
        {"type": URN + "rejectedIdentifier", "detail": "not this one"}]))
    failure = job.run().failure
    assert failure["kind"] == DAILY
    assert failure["detail"] == (
        "because; gw.test: no such name; not this one")


def test_account_that_is_lost_twice(ca: FakeCA, job: Job):
    ca.say("/order", problem("accountDoesNotExist"))
    assert job.run().failure["problem"] == URN + "accountDoesNotExist"
    assert ca.count("/order") == 2
    assert ca.count("/account") == 2


def test_account_that_is_lost_is_made_again(ca: FakeCA, job: Job):
    job.run().failure
    ca.scripts["/order"].insert(0, problem("accountDoesNotExist"))
    job.store.order_url = ""
    key = job.store.account_key
    assert reaches_finalization(job)
    assert job.store.account_key == key
    assert ca.count("/account") == 2
    assert ca.count("/order") == 3


def test_paused_account_shows_the_page(ca: FakeCA, job: Job):
    page = "https://portal.example.org/sfe/v1/unpause?jwt=" + "x" * 400
    ca.say("/order", problem(
        "rateLimited", 429, f"Your account is paused. Visit {page}",
        {"Retry-After": "86400"}))
    failure = job.run().failure
    assert failure["problem"] == URN + "rateLimited"
    assert failure["kind"] == DAILY
    assert page in failure["detail"]
    assert "open the page that it names" in failure["advice"]


def test_order_that_is_handed_out_again(ca: FakeCA, job: Job):
    """Some CAs answer the same names with the order that is pending."""
    ca.say("/challenge", html(502), Reply(ca.challenge()))
    assert job.run().failure["problem"] == "outage"
    job.store.order_url = job.store.order_key = ""
    ca.say("/order", Reply(ca.order("pending"), 200,
                           {"Location": ca.url("/order/1")}))
    ca.say("/authz", Reply(ca.authorization("pending")),
           Reply(ca.authorization("valid")))
    ca.issue()
    assert job.run().issued
    assert len(ca.payloads("/finalize")) == 1


def test_certificate_that_ends_early_is_fetched_again(ca: FakeCA, job: Job):
    ca.issue()
    whole = ca.scripts["/cert"][0]
    ca.say("/cert", lambda: replace(whole(), cut=300), whole)
    assert job.run().issued
    assert ca.count("/cert") == 2


def test_answers_that_end_early_each_time(ca: FakeCA, job: Job):
    ca.say("/authz", Reply(ca.authorization("pending"), cut=20))
    failure = job.run().failure
    assert (failure["problem"], failure["kind"]) == ("interrupted", LOST)
    assert ca.count("/authz") == 3
    # The order waits for the next job: no second one is made.
    ca.say("/order/1", Reply(ca.order("ready"), cut=20))
    assert job.run().failure["kind"] == LOST
    assert ca.count("/order") == 1


def test_answer_that_drips(ca: FakeCA, job: Job):
    ca.scripts["/dir"][0] = replace(ca.scripts["/dir"][0], pause=0.002)
    assert reaches_finalization(job)


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_answer_that_drips_for_ever(ca: FakeCA, job: Job):
    ca.say("/account", Reply("{" + " " * 100000, 201, {
        "Content-Type": "application/json"}, pause=0.1))
    job.patience = 120
    failure = job.run().failure
    assert (failure["problem"], failure["kind"]) == ("interrupted", LADDER)


def test_nonces_that_are_never_good(ca: FakeCA, job: Job):
    ca.say("/order", problem("badNonce"))
    assert job.run().failure["problem"] == URN + "badNonce"
    assert ca.count("/order") == 10


def test_nonce_is_used_once(ca: FakeCA, job: Job):
    ca.say("/order", Reply(ca.order("ready"), 201,
                           {"Location": ca.url("/order/1")}, nonce=False))
    assert reaches_finalization(job)
    assert ca.count("/nonce") == 2


def test_ca_without_nonces(ca: FakeCA, job: Job):
    ca.say("/nonce", Reply(nonce=False))
    assert "gave no nonce" in job.run().failure["detail"]


def test_order_for_other_names(ca: FakeCA, job: Job):
    ca.say("/order", Reply(ca.order("ready", identifiers=[
        {"type": "dns", "value": "evil.test"}]), 201,
        {"Location": ca.url("/order/1")}))
    assert "other names" in job.run().failure["detail"]


def test_busy_ca_is_not_given_a_second_order(ca: FakeCA, job: Job):
    job.run().failure
    ca.say("/order/1", html(503, Retry_After="60"))
    assert job.run().failure["kind"] == GATE
    assert ca.count("/order") == 1


def certificate(key_pem: str, *, age: int, left: int) -> str:
    """A self-signed certificate for gw.test; its days behind and ahead."""
    key = load_pem_private_key(key_pem.encode(), None)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gw.test")])
    now = datetime.datetime.now(datetime.timezone.utc)
    return x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(),
        now - datetime.timedelta(age), now + datetime.timedelta(left)
    ).add_extension(
        x509.SubjectAlternativeName([x509.DNSName("gw.test")]), False
    ).sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


@pytest.mark.parametrize("age, left, good", [
    (10, 20, True), (20, 10, False), (30, -1, False), (-1, 30, False)])
def test_certificate_of_an_earlier_order(
        ca: FakeCA, job: Job, age: int, left: int, good: bool):
    """It is delivered, unless it is (nearly) due for renewal already."""
    job.run().failure
    ca.say("/order/1", Reply(ca.order("valid", certificate=ca.url("/cert"))))
    ca.say("/cert", Reply(
        certificate(job.store.order_key, age=age, left=left), 200,
        {"Content-Type": "application/pem-certificate-chain"}))
    done = job.run()
    if good:
        assert done.issued
        assert ca.count("/order") == 1
    else:
        assert done.failure["problem"] == URN + "badCSR"
        assert ca.count("/order") == 2


@pytest.mark.parametrize("text", [
    "", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_certificate_that_is_none(ca: FakeCA, job: Job, text: str):
    ca.say("/finalize", Reply(
        ca.order("valid", certificate=ca.url("/cert"))))
    ca.say("/cert", Reply(text))
    failure = job.run().failure
    assert (failure["problem"], failure["kind"]) == ("certificate", LADDER)
    assert "cannot be read" in failure["detail"]
