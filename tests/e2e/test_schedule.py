"""When certificates are renewed, and by whom: not before their time."""

from __future__ import annotations

import re
import select
import time
from datetime import datetime, timezone
from typing import Callable, Iterator

import pytest

from actors.clock import Clock
from actors.fake_ca import FakeCA, Reply, html, problem
from actors.front import NAME, Front, native

DAY = 86400
HOUR = 3600


@pytest.fixture
def ca() -> Iterator[FakeCA]:
    with FakeCA() as made:
        made.offer(renewalInfo="/renewal")
        made.say("/renewal/", window(10, 20))
        made.issue()
        yield made


@pytest.fixture
def second() -> Iterator[FakeCA]:
    with FakeCA() as made:
        made.offer(renewalInfo="/renewal")
        made.say("/renewal/", window(10, 20))
        made.issue()
        yield made


@pytest.fixture
def make(make_gateway, home_assistant) -> Callable[..., Front]:
    """A gateway, not started, that turns to these CAs."""
    def made(ca: FakeCA, fallback: FakeCA | None = None) -> Front:
        front = make_gateway(Front, native(
            home_assistant.address, directory=ca.directory,
            ca_file=ca.ca_file))
        if fallback:
            text = front.file.read_text()
            front.configure(text.replace(
                "ACME\n", 'ACME\n    Fallback "other"\n') +
                f'ACME "other"\n    Directory "{fallback.directory}"\n'
                f'    CAFile "{fallback.ca_file}"\nEnd\n')
        return front
    return made


def date(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ")


def window(first: float, last: float, *, retry_after: int = 7200) -> Reply:
    """A suggestion, in days from now."""
    start, end = (int(time.time() + days * DAY) for days in (first, last))
    return Reply({"suggestedWindow": {"start": date(start), "end": date(end)}},
                 headers={"Retry-After": str(retry_after)})


class Record:
    """What a gateway remembers of its certificate over a restart."""

    def __init__(self, front: Front) -> None:
        self.file = front.state_dir / f"certs/{NAME}.state"

    def __getitem__(self, key: str) -> str:
        return re.search(rf"^{key}: (.*)$", self.file.read_text(), re.M)[1]

    def number(self, key: str) -> int:
        return int(self[key])

    def edit(self, **values: int) -> None:
        text = self.file.read_text()
        for key, value in values.items():
            text, count = re.subn(rf"^({key.replace('_', '-')}): .*$",
                                  rf"\1: {value}", text, flags=re.M)
            assert count == 1, key
        self.file.write_text(text)


def again(front: Front, **edits: int) -> int:
    """A restart, and a record that time has passed over; where it began."""
    front.stop()
    Record(front).edit(**edits)
    since = front.mark()
    front.start_ready()
    return since


def wait_until(holds: Callable[[], bool], timeout: float = 10) -> None:
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline
        select.select([], [], [], 0.01)


def test_window_is_chosen_once_and_kept(ca: FakeCA, make):
    front = make(ca).start_ready()
    front.wait_certificate()
    record, now = Record(front), time.time()
    chosen = record.number("chosen")
    assert 10 * DAY - 60 < chosen - now < 20 * DAY
    assert 7200 - 60 < record.number("info-at") - now <= 7200

    again(front)
    assert front.https().peer_serial() == int(record["serial"], 16)
    assert (ca.count("/renewal/"), ca.count("/order")) == (1, 1)
    assert record.number("chosen") == chosen

    ca.say("/renewal/", Reply({"suggestedWindow": {
        edge: date(record.number(f"window-{edge}"))
        for edge in ("start", "end")}}, headers={"Retry-After": "300"}))
    again(front, info_at=1)
    wait_until(lambda: record.number("info-at") > now)
    assert record.number("info-at") - time.time() <= 300
    assert record.number("chosen") == chosen

    ca.say("/renewal/", window(2, 3))
    since = again(front, info_at=1)
    front.wait_for_line("the CA suggests to renew it about", since=since)
    assert 2 * DAY - 60 < record.number("chosen") - time.time() < 3 * DAY
    assert (ca.count("/renewal/"), ca.count("/order")) == (3, 1)


def test_window_in_the_past_renews_at_once_but_not_again_and_again(
        ca: FakeCA, make):
    """A CA that has to revoke says so; one that says so for ever is wrong."""
    front = make(ca).start_ready()
    first = front.wait_certificate()["serial"]
    ca.say("/renewal/", window(-2, -1))
    since = again(front, info_at=1)
    serial = front.wait_certificate(since=since)["serial"]
    assert serial != first
    path = next(path for _, path, _ in ca.requests
                if path.startswith("/renewal/"))
    assert [order.get("replaces") for order in ca.payloads("/order")] == [
        None, path.removeprefix("/renewal/")]
    record = Record(front)
    assert record.number("chosen") < time.time()
    assert record.number("rest-until") - time.time() > 10 * HOUR
    since = again(front)
    assert front.https().peer_serial() == int(serial, 16)
    assert ca.count("/order") == 2


def test_ca_that_does_not_say_when_is_asked_ever_later(ca: FakeCA, make):
    ca.say("/renewal/", html(500))
    front = make(ca).start_ready()
    record = Record(front)
    front.wait_certificate()
    for failures, minutes in enumerate((1, 2, 4, 8), 1):
        wait_until(lambda: record.number("info-failures") == failures)
        wait = record.number("info-at") - time.time()
        assert 60 * minutes - 30 < wait <= 60 * minutes
        again(front, info_at=1)
    assert ca.count("/order") == 1


def accounts(front: Front) -> int:
    return len(list((front.state_dir / "accounts").iterdir()))


def test_fallback_after_three_failures(ca: FakeCA, second: FakeCA, make):
    good = ca.scripts["/order"]
    ca.say("/order", problem("unauthorized", 403))
    front = make(ca, second).start_ready()
    since = 0
    for failures in 1, 2, 3:
        front.wait_for_line("urn:ietf:params:acme:error:unauthorized",
                            since=since)
        assert Record(front).number("failures") == failures
        assert (ca.count("/order"), second.requests) == (failures, [])
        since = again(front, retry_at=0)
    front.wait_certificate(since=since)
    record = Record(front)
    assert record["issuer"] == second.directory
    assert (ca.count("/order"), second.count("/order")) == (3, 1)
    assert (ca.count("/account"), second.count("/account")) == (1, 1)
    assert accounts(front) == 2

    # The one that issued it is asked when to renew it.
    assert ca.count("/renewal/") == 0
    asked = second.count("/renewal/")
    again(front, info_at=1)
    wait_until(lambda: second.count("/renewal/") > asked)

    # The next one begins with the first again; it replaces none of its own.
    ca.scripts["/order"] = good
    since = front.mark()
    front.run_checked("renew", NAME, "-f", str(front.file))
    front.wait_certificate(since=since)
    assert record["issuer"] == ca.directory
    assert "replaces" not in ca.payloads("/order")[-1]
    assert (ca.count("/account"), second.count("/order")) == (1, 1)


def test_fallback_while_the_first_one_must_not_be_asked(
        ca: FakeCA, second: FakeCA, make):
    ca.say("/order", problem("rateLimited", 429,
                             headers={"Retry-After": "7200"}))
    front = make(ca, second).start_ready()
    front.wait_for_line("urn:ietf:params:acme:error:rateLimited")
    record = Record(front)
    until, directory = record["gates"].split()
    assert directory == ca.directory
    assert 7200 - 60 < int(until) - time.time() <= 7200
    since = again(front, retry_at=0)
    front.wait_certificate(since=since)
    assert record["issuer"] == second.directory
    front.run_checked("renew", NAME, "-f", str(front.file))
    assert record["gates"] == f"{until} {ca.directory}"
    assert (ca.count("/order"), second.count("/order")) == (1, 2)


# What a wrong clock must not do. Who is not preloaded has the true time.

MADE = 1793491200   # base/version.h
TEN_YEARS = 3650 * DAY
WRONG = "the clock says .*, which cannot be right"
AGAIN = 10      # seconds between looks at a clock that cannot be right


def wrong_clock(front: Front, *programs: str) -> Clock:
    clock = Clock(front.directory / "clock", *programs)
    front.env = clock.environment
    return clock


def lose_certificate(front: Front) -> None:
    for file in (front.state_dir / "certs").glob(f"{NAME}*.pem"):
        file.unlink()


@pytest.mark.release
def test_nothing_is_ordered_in_1970(ca: FakeCA, make):
    front = make(ca)
    clock = wrong_clock(front, "gatehoused")
    clock.set(3 * DAY)
    front.start_ready()
    front.wait_for_line(WRONG)
    with front.https() as client:
        assert client.request("GET", "/manifest.json").status == 200
    refused = front.run("renew", "-f", str(front.file))
    assert (refused.returncode != 0, "clock" in refused.stderr +
            refused.stdout) == (True, True)
    assert ca.requests == []
    clock.put_right()
    front.wait_for_line("the clock says .* now: renewals go on", AGAIN + 5)
    front.wait_certificate()
    assert ca.count("/order") == 1
    assert front.count(WRONG) == 1


@pytest.mark.release
def test_nothing_is_ordered_before_what_was_written_down(ca: FakeCA, make):
    """A clock that could be right, were it not for the record."""
    front = make(ca).start_ready()
    front.wait_certificate()
    front.stop()
    lose_certificate(front)
    asked, since = len(ca.requests), front.mark()
    clock = wrong_clock(front, "gatehoused")
    clock.set(MADE + HOUR)
    front.start_ready()
    front.wait_for_line(WRONG, since=since)
    assert len(ca.requests) == asked
    clock.put_right()
    front.wait_certificate(AGAIN + 5, since=since)
    assert ca.count("/order") == 2
    assert front.count(WRONG) == 1


@pytest.mark.release
@pytest.mark.timeout(90)
def test_nothing_is_ordered_in_ten_years_from_now(ca: FakeCA, make):
    """The certificate that serves has expired, for all that one can tell."""
    front = make(ca).start_ready()
    serial = int(front.wait_certificate()["serial"], 16)
    front.stop()
    asked, since = ca.count("/order"), front.mark()
    clock = wrong_clock(front, "gatehoused", "gatehouse-acme")
    clock.shift(TEN_YEARS)
    front.start_ready()
    front.wait_for_line(f"certificate for {NAME}: .*; next attempt 203",
                        since=since)
    with front.https() as client:
        assert client.peer_serial() == serial
    assert ca.count("/order") == asked
    front.stop()

    # What was written then is no reason to wait for ten years.
    lose_certificate(front)
    clock = wrong_clock(front, "gatehoused")
    clock.hurry(100)
    since = front.mark()
    front.start_ready()
    front.wait_for_line(WRONG, since=since)
    front.wait_for_line("the clock was ahead and went back", 2 * AGAIN + 5,
                        since=since)
    front.wait_certificate(AGAIN + 5, since=since)
    assert ca.count("/order") == asked + 1
    assert front.count(WRONG, since=since) == 1
