"""When CAs want certificates renewed, and orders that say what they replace."""

from __future__ import annotations

import base64
import email.utils
import time
from typing import Iterator

import pytest
from cryptography import x509

from actors.acme_job import Job
from actors.fake_ca import URN, FakeCA, Reply, html, problem

LADDER, GATE, DAILY, LOST = range(4)
START, END = 1800000000, 1800086400
WINDOW = {"start": "2027-01-15T08:00:00Z", "end": "2027-01-16T08:00:00Z"}
SIX_HOURS = 21600
CUT = Reply({"type": "nothing"}, cut=5)
NOTHING = {"start": 0, "end": 0, "retry_after": SIX_HOURS, "url": ""}


@pytest.fixture
def ca() -> Iterator[FakeCA]:
    with FakeCA() as made:
        made.offer(renewalInfo="/renewal")
        made.say("/renewal/", info())
        yield made


@pytest.fixture
def job(ca: FakeCA) -> Job:
    return Job(directory=ca.directory, ca_file=str(ca.ca_file))


def info(window: object = None, *, retry_after: str | None = "3600",
         **members: object) -> Reply:
    return Reply({"suggestedWindow": window or WINDOW, **members},
                 headers={"Retry-After": retry_after} if retry_after else {})


def renewal_id(pem: str) -> str:
    """As RFC 9773 section 4.1 has it, by another library."""
    def encode(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")
    leaf = x509.load_pem_x509_certificate(pem.encode())
    issuer = leaf.extensions.get_extension_for_class(
        x509.AuthorityKeyIdentifier).value.key_identifier
    number = leaf.serial_number
    return f"{encode(issuer)}." + encode(
        number.to_bytes(number.bit_length() // 8 + 1, "big"))


def asked(ca: FakeCA, job: Job) -> dict:
    return job.run("RENEWAL_INFO", certificate=ca.certificate()).informed


def test_window(ca: FakeCA, job: Job):
    pem = ca.certificate()
    ca.say("/renewal/", info(explanationURL="https://ca.test/why?a=1"))
    done = job.run("RENEWAL_INFO", certificate=pem)
    assert done.informed == {"start": START, "end": END, "retry_after": 3600,
                             "url": "https://ca.test/why?a=1"}
    assert [kind for kind, _ in done.messages] == ["RENEWAL_INFO"]
    assert [(method, path) for method, path, _ in ca.requests] == [
        ("GET", "/dir"), ("GET", f"/renewal/{renewal_id(pem)}")]


@pytest.mark.parametrize("start", [
    "2027-01-15T08:00:00.123456789Z", "2027-01-15t08:00:00z",
    "2027-01-15T10:30:00+02:30", "2027-01-15T00:00:00-08:00"])
def test_forms_of_a_date(ca: FakeCA, job: Job, start: str):
    ca.say("/renewal/", info({**WINDOW, "start": start}))
    assert asked(ca, job)["start"] == START


@pytest.mark.parametrize("url", [
    "http://ca.test/", "https://ca.test/\x1b[2J", 7, "https://" + "a" * 9999])
def test_page_that_is_not_harmless(ca: FakeCA, job: Job, url: object):
    ca.say("/renewal/", info(explanationURL=url))
    told = asked(ca, job)
    assert (told["start"], told["url"]) == (START, "")


def test_retry_after_as_a_date(ca: FakeCA, job: Job):
    theirs = time.time() + 1000
    reply = info(retry_after=email.utils.formatdate(
        theirs + 7200, usegmt=True))
    reply.headers["Date"] = email.utils.formatdate(theirs, usegmt=True)
    ca.say("/renewal/", reply)
    assert 7199 <= asked(ca, job)["retry_after"] <= 7201


@pytest.mark.parametrize("value", [None, "soon", "-1", "1.5"])
def test_window_without_retry_after(ca: FakeCA, job: Job, value: str | None):
    ca.say("/renewal/", info(retry_after=value))
    told = asked(ca, job)
    assert (told["start"], told["retry_after"]) == (START, SIX_HOURS)


@pytest.mark.parametrize("window", [
    "soon", {"start": WINDOW["start"]}, {**WINDOW, "end": "tomorrow"},
    {**WINDOW, "end": WINDOW["start"]},
    {"start": WINDOW["end"], "end": WINDOW["start"]},
    {**WINDOW, "end": "2027-13-01T00:00:00Z"},
    {**WINDOW, "end": "2027-01-16T08:00:00"},
    {**WINDOW, "end": 1800086400}])
def test_window_that_is_none(ca: FakeCA, job: Job, window: object):
    ca.say("/renewal/", info(window))
    assert asked(ca, job) == NOTHING


@pytest.mark.parametrize("reply", [
    problem("malformed", 404), problem("unauthorized", 403), html(200),
    html(404), Reply("{", headers={"Content-Type": "application/json"})])
def test_error_that_lasts(ca: FakeCA, job: Job, reply: Reply):
    ca.say("/renewal/", reply)
    assert asked(ca, job) == NOTHING
    assert ca.count("/renewal/") == 1


def test_limit_that_is_named(ca: FakeCA, job: Job):
    ca.say("/renewal/", problem(
        "rateLimited", 429, headers={"Retry-After": "86000"}))
    assert asked(ca, job) == {**NOTHING, "retry_after": 86000}


@pytest.mark.parametrize("reply, kind", [
    (html(502), LADDER), (CUT, LOST),
    (problem("serverInternal", 500), LADDER)])
def test_error_that_passes(ca: FakeCA, job: Job, reply: Reply, kind: int):
    ca.say("/renewal/", reply)
    pem = ca.certificate()
    done = job.run("RENEWAL_INFO", certificate=pem)
    assert done.failure["kind"] == kind
    assert not done.fields("RENEWAL_INFO")
    assert ca.count("/renewal/") == 3


def test_ca_without_renewal_information(ca: FakeCA, job: Job):
    del ca.scripts["/dir"][0].body["renewalInfo"]
    assert asked(ca, job) == NOTHING
    assert [path for _, path, _ in ca.requests] == ["/dir"]


def test_ca_that_is_not_there(ca: FakeCA):
    job = Job(directory="https://127.0.0.1:1/dir")
    assert asked(ca, job) == NOTHING


def test_certificate_without_an_issuer_is_not_asked_for(ca: FakeCA, job: Job):
    own = Job().run("PLACEHOLDER").issued["pem"]
    assert job.run("RENEWAL_INFO", certificate=own).informed == NOTHING
    assert ca.count("/renewal/") == 0


def test_window_comes_with_the_certificate(ca: FakeCA, job: Job):
    ca.issue()
    done = job.run()
    assert done.issued
    assert done.informed["start"] == START
    assert [kind for kind, _ in done.messages][-2:] == [
        "RENEWAL_INFO", "CERT_ISSUED"]
    pem = done.issued["pem"].decode()
    chain = pem[pem.index("-----BEGIN CERT"):]
    assert ca.requests[-1][1] == f"/renewal/{renewal_id(chain)}"


@pytest.mark.parametrize("reply", [html(502), CUT, html(404), info("no")])
def test_certificate_comes_without_a_window(
        ca: FakeCA, job: Job, reply: Reply):
    ca.issue()
    ca.say("/renewal/", reply)
    done = job.run()
    assert done.issued
    assert not done.fields("RENEWAL_INFO")
    assert ca.count("/renewal/") == 1


def test_order_says_what_it_replaces(ca: FakeCA, job: Job):
    ca.issue()
    pem = ca.certificate()
    assert job.run(certificate=pem).issued
    assert [order.get("replaces") for order in ca.payloads("/order")] == [
        renewal_id(pem)]


def test_first_order_replaces_nothing(ca: FakeCA, job: Job):
    ca.issue()
    assert job.run().issued
    assert "replaces" not in ca.payloads("/order")[0]


def test_ca_without_renewal_information_hears_of_no_replacement(
        ca: FakeCA, job: Job):
    del ca.scripts["/dir"][0].body["renewalInfo"]
    ca.issue()
    assert job.run(certificate=ca.certificate()).issued
    assert "replaces" not in ca.payloads("/order")[0]


@pytest.mark.parametrize("reply", [
    problem("alreadyReplaced", 409), problem("conflict", 409),
    problem("unauthorized", 403, detail="requester account did not request"),
    problem("malformed", 400), problem("serverInternal", 500), html(500)])
def test_order_is_placed_once_more_without_replaces(
        ca: FakeCA, job: Job, reply: Reply):
    ca.issue()
    ca.scripts["/order"].insert(0, reply)
    done = job.run(certificate=ca.certificate())
    assert done.issued
    assert ["replaces" in order for order in ca.payloads("/order")] == [
        True, False]
    assert "ordering anew, not as a replacement" in done.log


@pytest.mark.parametrize("reply", [
    problem("alreadyReplaced", 409), problem("rejectedIdentifier", 400)])
def test_order_is_not_placed_a_third_time(ca: FakeCA, job: Job, reply: Reply):
    ca.say("/order", reply)
    job.run(certificate=ca.certificate()).failure
    assert ca.count("/order") == 2


@pytest.mark.parametrize("reply", [
    problem("rateLimited", 429, headers={"Retry-After": "60"}),
    problem("rateLimited", 429), html(503, Retry_After="60"), CUT])
def test_order_that_nothing_in_it_has_stopped(
        ca: FakeCA, job: Job, reply: Reply):
    ca.say("/order", reply)
    job.run(certificate=ca.certificate()).failure
    assert ca.count("/order") == 1


def test_everything_is_mended_once(ca: FakeCA, job: Job):
    """The account is lost, the profile refused, and the order replaced."""
    ca.offer()
    ca.scripts["/dir"][0].body["meta"] = {"profiles": {"shortlived": "6 days"}}
    ca.say("/order", problem("accountDoesNotExist"),
           problem("invalidProfile"), problem("alreadyReplaced", 409),
           problem("accountDoesNotExist"))
    failure = job.run(names="gw.test 192.0.2.1",
                      certificate=ca.certificate()).failure
    assert failure["problem"] == URN + "accountDoesNotExist"
    assert [("profile" in order, "replaces" in order)
            for order in ca.payloads("/order")] == [
        (True, True), (True, True), (False, True), (False, False)]
    assert ca.count("/account") == 2


# --- profiles ---------------------------------------------------------------

def profiles(ca: FakeCA, *names: str) -> None:
    ca.scripts["/dir"][0].body["meta"] = {
        "profiles": {name: f"https://ca.test/{name}" for name in names}}


def test_profile_is_ordered(ca: FakeCA, job: Job):
    profiles(ca, "classic", "tlsserver")
    ca.issue()
    assert job.run(profile="tlsserver").issued
    assert ca.payloads("/order")[0]["profile"] == "tlsserver"


def test_no_profile_is_the_choice_of_the_ca(ca: FakeCA, job: Job):
    profiles(ca, "classic", "shortlived")
    ca.issue()
    assert job.run().issued
    assert "profile" not in ca.payloads("/order")[0]


@pytest.mark.parametrize("offered, told", [
    (["classic", "tlsserver"], "the CA has no profile tls, but: classic"
                               " tlsserver"),
    (["two words", ""], "the CA has no profile tls, but: none at all")])
def test_profile_that_is_not_offered(
        ca: FakeCA, job: Job, offered: list[str], told: str):
    profiles(ca, *offered)
    failure = job.run(profile="tls").failure
    assert (failure["problem"], failure["kind"]) == (
        URN + "invalidProfile", DAILY)
    assert failure["detail"] == told
    assert failure["advice"].startswith("Correct the Profile")
    assert ca.count("/order") == 0


def test_profile_that_was_asked_for_is_not_left_out(ca: FakeCA, job: Job):
    profiles(ca, "tlsserver")
    ca.say("/order", problem("invalidProfile"))
    failure = job.run(profile="tlsserver").failure
    assert (failure["problem"], failure["kind"]) == (
        URN + "invalidProfile", DAILY)
    assert ca.count("/order") == 1


def test_addresses_get_the_profile_that_issues_for_them(ca: FakeCA, job: Job):
    profiles(ca, "classic", "shortlived")
    job.run(names="192.0.2.1").failure
    assert ca.payloads("/order")[0]["profile"] == "shortlived"


def test_profile_of_our_own_choice_is_left_out(ca: FakeCA, job: Job):
    profiles(ca, "shortlived")
    ca.say("/order", problem("invalidProfile"), problem("badCSR"))
    assert job.run(names="2001:db8::1").failure["problem"] == URN + "badCSR"
    assert ["profile" in order for order in ca.payloads("/order")] == [
        True, False]
