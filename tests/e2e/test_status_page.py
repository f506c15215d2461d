"""The status as a page, in a browser."""

from __future__ import annotations

import copy
import http.server
import json
import re
import threading
import time
from typing import Callable, Iterator

import pytest

from actors.chromium import Chromium
from actors.front import NAME, backend, from_address, pound
from actors.home_assistant import HomeAssistant
from actors.ports import free_port
from actors.watched import Watched

DAY = 86400
LONG = "a-name-that-somebody-chose." + "label." * 20 + "example.org"
HOSTILE = ("<script>complain()</script><img src=x onerror=complain()>"
           "\" ' </style> \u202e")


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with Chromium() as made:
        yield made


@pytest.fixture(scope="module")
def watched(home_assistant: HomeAssistant) -> Iterator[Watched]:
    with Watched(home_assistant.address) as made:
        yield made


@pytest.fixture
def page(browser: Chromium, watched: Watched
         ) -> Iterator[Callable[..., Chromium]]:
    """Opens the page, with this status in the place of the real one; at the
    end the browser must not have complained."""
    def opened(status: dict | None = None, *, width: int = 1280,
               height: int = 800, dark: bool = False) -> Chromium:
        if status is not None:
            browser.answer("/status.json", json.dumps(status).encode())
        browser.look(width, height, dark=dark)
        browser.visit(f"http://127.0.0.1:{watched.status_port}/")
        browser.wait("document.getElementById('events') !== null")
        return browser

    browser.complaints.clear()
    yield opened
    browser.answer_no_more()
    browser.visit("about:blank")
    assert browser.complaints == []


def certificate(name: str, **other) -> dict:
    now = int(time.time())
    return {"slot": 0, "names": [name], "source": "acme", "state": "valid",
            "serial": "04ab", "issuer": "Test CA", "not_before": now - 30 * DAY,
            "not_after": now + 60 * DAY + 100, "issued_by": "", "directory": "",
            "profile": "", "window_start": 0, "window_end": 0, "chosen": 0,
            "next_attempt": now + 30 * DAY + 100, "reason": "because",
            "attempts": 1, "failures": 0, "problem": "", "advice": "", **other}


def well(watched: Watched) -> dict:
    """What the gateway says, with a certificate as it should be."""
    status = watched.status_json()
    status["certificates"] = [certificate("ha.test")]
    for each in status["backends"]:
        each["state"] = "up"
    status["problems"] = []
    return status


def ill(watched: Watched) -> dict:
    """A bit of everything that can go wrong."""
    status = well(watched)
    now = status["now"]
    status["certificates"] += [
        certificate(LONG, state="failing", failures=3, advice="Open port 80.",
                    problem=f"urn:ietf:params:acme:error:dns: {HOSTILE}"),
        certificate("old.test", state="own", not_before=now - 90 * DAY,
                    not_after=now - DAY, next_attempt=0)]
    status["backends"].append({
        "id": 1, "name": f"{LONG}:8123", "address": "", "host": LONG,
        "port": 8123, "state": "down", "since": now - 120, "error": HOSTILE})
    status["ddns"] = [{
        "provider": "duckdns", "names": ["x.test", "y.test"],
        "ipv4": "203.0.113.9", "ipv6": "", "state": "failing", "visible": 2,
        "next": now + 7300, "problem": HOSTILE, "advice": "Copy the token."}]
    status["portmap"] = {
        "state": "mapped", "wan": "100.64.3.4", "ports": "80:80 443:443",
        "lifetime": 3600, "warning": f"nobody outside reaches it: {LONG}",
        "problem": "", "advice": ""}
    status["mqtt"] = {
        "state": "failing", "server": f"{LONG}:1883", "told_at": 0,
        "next_attempt": now + 60, "failures": 2, "problem": HOSTILE,
        "advice": "Correct the password."}
    status["problems"] = [
        {"what": what, "advice": advice} for what, advice in (
            (f"the backend {LONG}:8123 is down: {HOSTILE}", "See that it runs."),
            (f"{LONG}: dns: {HOSTILE}", "Open port 80."),
            ("the certificate of old.test has expired", ""),
            (f"Dynamic DNS, x.test, y.test: {HOSTILE}", "Copy the token."),
            ("Novelty: unheard of", ""))]
    status["novelty"] = {"state": "lost", "problem": "unheard of",
                         "since": 0, "inner": {"deep": [1, True]}}
    status["hour"]["minutes"] = [
        {"from": now - 60 * (60 - n), "to": now - 60 * (59 - n),
         "requests": n % 7, "errors": n % 2, "received": 1, "sent": 1,
         "p50": n % 5, "p95": n * 3, "p99": 300} for n in range(60)]
    status["events"].insert(0, {"when": now - 9, "kind": "backend-down",
                                "text": HOSTILE})
    return status


def heading(browser: Chromium) -> str:
    return browser.evaluate("document.querySelector('h1').innerText")


# What it shows

def test_all_is_well(page, watched):
    shown = page(well(watched))
    assert heading(shown) == "All is well"
    text = shown.text()
    assert "ha.test" in text and "in 60 days" in text
    assert re.search(r"Next renewal\s+\S+ \S+ \(in 30 days\): because", text)
    assert re.search(r"127\.0\.0\.1:\d+\s+up for ", text)
    assert f"127.0.0.1:{watched.https_port}" in text
    assert "generation 1 serves" in text
    assert shown.evaluate("document.title").endswith("Gatehouse")
    assert "Dynamic DNS" not in text
    past = shown.evaluate("document.querySelector('.life .past').style.width")
    assert 33 < float(past.removesuffix("%")) < 34


def test_what_is_wrong_and_what_to_do(page, watched):
    shown = page(ill(watched))
    assert heading(shown) == "This needs attention"
    verdict = shown.evaluate("document.getElementById('verdict').innerText")
    for part in (f"The backend {LONG}:8123 is down: {HOSTILE}",
                 f"\n{LONG}: dns: {HOSTILE}",
                 "Open port 80.", "The certificate of old.test has expired",
                 f"Dynamic DNS, x.test, y.test: {HOSTILE}", "Copy the token.",
                 "Novelty: unheard of"):
        assert part in verdict
    assert "ha.test" not in verdict
    text = shown.text()
    assert re.search(r"Next attempt\s+.*\s+Failures\s+3 in a row", text)
    assert re.search(r"IPv4\s+203\.0\.113\.9\s+next\s+\S+ \S+ \(in 2 hours\)",
                     text)
    assert re.search(r"mapped\s+nobody outside reaches it: .*\s+"
                     r"address outside\s+100\.64\.3\.4", text)
    assert re.search(r"lifetime\s+1 hour", text) and "visible" not in text
    assert re.search(r"Novelty\s+lost\s+unheard of\s+inner\s+deep 1, yes", text)
    # Text was text: there is one script, and it is ours.
    assert shown.evaluate("document.querySelectorAll('script').length") == 1
    assert shown.evaluate("document.querySelectorAll('img').length") == 0
    assert shown.evaluate("document.querySelectorAll('svg rect').length") > 60
    assert shown.evaluate("document.querySelectorAll('svg path').length") == 2


def test_more_sections(page, watched):
    """They stand before what happened lately, and leave no hole."""
    def sections() -> list[str]:
        return shown.evaluate("[...document.querySelectorAll('section')]"
                              ".map(section => section.id)")

    def chip(section: str) -> str:
        return shown.evaluate(f"document.querySelector('#{section} .chip')"
                              ".className")

    def answer(**more) -> None:
        shown.answer("/status.json", json.dumps({**status, **more}).encode())
        shown.evaluate("ask()")

    status = {**well(watched), "portmap": {"state": "off"}}
    known = ["certificates", "backends", "listeners", "hour", "events"]
    shown = page(status)
    assert sections() == known
    answer(portmap={"state": "mapped"}, mqtt={"state": "told"})
    assert sections() == [*known[:4], "other-portmap", "other-mqtt", "events"]
    assert chip("other-mqtt") == "chip good"
    assert shown.evaluate("document.querySelectorAll('h3:empty').length") == 0
    answer(mqtt={"state": "waiting", "warning": "slow"})
    assert sections() == [*known[:4], "other-mqtt", "events"]
    assert chip("other-mqtt") == "chip warn"
    mqtt, events = (shown.evaluate(f"document.getElementById('{each}')"
                                   ".getBoundingClientRect().width")
                    for each in ("other-mqtt", "events"))
    assert mqtt == events


def test_dates_stand_apart(page, watched):
    shown = page(well(watched), width=320, height=640)
    edges = shown.evaluate("""[...document.querySelectorAll('.scale b')]
        .map(e => { const range = document.createRange();
            range.selectNodeContents(e);
            const box = range.getBoundingClientRect();
            return [box.left, box.right]; })""")
    for (_, right), (left, _) in zip(edges, edges[1:]):
        assert left - right >= 6, edges


@pytest.mark.parametrize("width, height", [(320, 640), (360, 740), (1280, 800)])
@pytest.mark.parametrize("dark", [False, True])
def test_fits_and_can_be_read(page, watched, width, height, dark):
    shown = page(ill(watched), width=width, height=height, dark=dark)
    assert shown.evaluate("document.documentElement.scrollWidth") == width
    # Nothing is wider than what it is in, either.
    assert shown.evaluate("""[...document.querySelectorAll('main *')]
        .filter(e => !e.closest('svg') && !e.closest('.life') &&
            e.getBoundingClientRect().right >
            e.closest('section').getBoundingClientRect().right)
        .map(e => e.outerHTML)""") == []
    back, text = (
        sum(map(int, re.findall(r"\d+", shown.evaluate(
            f"getComputedStyle(document.body).{what}"))[:3]))
        for what in ("backgroundColor", "color"))
    assert text > back + 400 if dark else back > text + 400


def test_the_real_status(page, watched):
    """What this gateway says just now: its authority cannot be reached."""
    with watched.https() as client:
        assert client.request("GET", "/manifest.json").status == 200
    shown = page()
    assert heading(shown) == "This needs attention"
    assert f"{NAME} has no certificate from an authority yet" in shown.text()
    certificates = shown.evaluate(
        "document.getElementById('certificates').innerText")
    assert watched.status_json()["certificates"][0]["serial"] in certificates


def test_a_backend_goes_down(make_gateway, browser):
    """From the probe of the monitor to the screen."""
    gone = f"127.0.0.1:{free_port()}"
    front = make_gateway(Watched, gone).start_ready()
    browser.look(360, 740)
    browser.visit(f"http://localhost:{front.status_port}/")
    browser.wait("document.body.innerText.includes("
                 f"'The backend {gone} is down: Connection refused')"
                 " || (ask(), false)")


# How it keeps up

def test_asks_again_without_flicker(page, watched):
    status = well(watched)
    shown = page(status)
    shown.evaluate("document.getElementById('certificates').kept = true")
    changed = copy.deepcopy(status)
    changed["problems"] = [{"what": "x is down: no route", "advice": ""}]
    shown.answer("/status.json", json.dumps(changed).encode())
    shown.evaluate("ask()")
    assert heading(shown) == "This needs attention"
    assert "no route" in shown.text()
    assert shown.evaluate("document.getElementById('certificates').kept")
    # And by itself, after ten seconds.
    shown.answer("/status.json", json.dumps(status).encode())
    shown.wait("document.querySelector('h1').innerText === 'All is well'")


def test_says_when_nobody_answers(make_gateway, home_assistant, browser):
    front = make_gateway(Watched, home_assistant.address).start_ready()
    browser.look(360, 740)
    browser.visit(f"http://127.0.0.1:{front.status_port}/")
    browser.wait("document.getElementById('events') !== null")
    assert not browser.evaluate("document.querySelector('.stale')")
    front.stop()
    browser.evaluate("ask()")
    text = browser.text()
    assert re.search(r"No answer from the gateway since \d\d:\d\d \(it cannot "
                     r"be reached\)", text)
    assert NAME in text, "what was known stays"
    front.start_ready()
    browser.evaluate("ask()")
    assert "No answer" not in browser.text()


def test_without_javascript(browser, watched):
    browser.script(False)
    try:
        browser.visit(f"http://127.0.0.1:{watched.status_port}/")
        browser.wait("document.readyState === 'complete' && document.body"
                     ".innerText.includes('whole status is in status.json')")
    finally:
        browser.script(True)


# What a browser may do with it

def test_the_policy(watched):
    answer = watched.ask("/")
    assert answer.status == 200
    assert answer.header("Content-Type") == "text/html; charset=utf-8"
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("Referrer-Policy") == "no-referrer"
    policy = answer.header("Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert len(answer.body) <= 24 * 1024
    assert not re.search(rb"innerHTML|outerHTML|insertAdjacent|document\.write",
                         answer.body)
    # Nothing in it comes from elsewhere; the name of SVG is only a name.
    assert re.findall(rb"https?://[^\"]*", answer.body) == [
        b"http://www.w3.org/2000/svg"]
    head = watched.ask("/", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert watched.ask("/status.json").header("Content-Security-Policy") \
        == "default-src 'none'"


def test_what_is_slipped_in_does_not_run(page, watched):
    shown = page(well(watched))
    shown.evaluate("""(() => {
        window.ran = false;
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.body.append(script);
    })()""")
    assert shown.evaluate("window.ran") is False
    assert any("Content Security Policy" in each for each in shown.complaints)
    shown.complaints.clear()


def test_a_panel_of_another_origin_may_show_it(page, browser, watched):
    class Panel(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (f"<link rel=icon href='data:,'><iframe "
                    f"src='http://127.0.0.1:{watched.status_port}/'>").encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Panel) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        browser.events.clear()
        browser.visit(f"http://127.0.0.1:{server.server_port}/")
        thread.join()
        deadline = time.monotonic() + 20
        while not any(
                event["method"] == "Network.responseReceived"
                and event["params"]["response"]["url"].endswith("/status.json")
                and event["params"]["response"]["status"] == 200
                for event in browser.events):
            assert time.monotonic() < deadline, browser.complaints
            browser.evaluate("0")


def test_through_the_gateway(make_gateway, home_assistant):
    """Under a path of the public name and for the home alone, as the manual
    has it."""
    front = make_gateway(Watched, home_assistant.address,
                         f'ServerName "{NAME}"')
    front.configure(pound(home_assistant.address, top=f"""
        {front.section()}
        ACL "home"
            "127.0.0.1"
        End
        """, tls=f"""
        Service
            Path "^/gatehouse(/.*)$"
            ACL "home"
            SetPath "$1"
            {backend(f"127.0.0.1:{front.status_port}")}
        End
        """)(front))
    front.start_ready()
    with front.https() as client:
        answer = client.request("GET", "/gatehouse/")
        assert (answer.status, b"<title>Gatehouse" in answer.body) \
            == (200, True)
        answer = client.request("GET", "/gatehouse/status.json")
        assert json.loads(answer.body)["generation"] == 1
    with front.https(connect=from_address("127.0.0.2")) as client:
        assert client.request("GET", "/gatehouse/").status == 404
