"""The status over HTTP, and the figures that the workers make."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import time
from typing import Callable, Iterator

import pytest

from actors.client import RawClient, WebSocket, tls_context
from actors.front import NAME, from_address, pound
from actors.home_assistant import HomeAssistant
from actors.openmetrics import CONTENT_TYPE, Series, parse
from actors.ports import free_port
from actors.watched import Watched


@pytest.fixture(scope="module")
def watched(home_assistant: HomeAssistant) -> Iterator[Watched]:
    with Watched(home_assistant.address) as made:
        yield made


@pytest.fixture
def watch(make_gateway, home_assistant: HomeAssistant
          ) -> Callable[..., Watched]:
    """Makes one of the test's own."""
    return lambda *lines, **options: make_gateway(
        Watched, home_assistant.address, *lines, **options).start_ready()


# What is told

def test_requests_are_counted(watched, home_assistant):
    before = watched.metrics()
    with watched.https() as client:
        for _ in range(3):
            assert client.request("GET", "/manifest.json").status == 200
        assert client.request("GET", "/nowhere").status == 404
        upload = client.request("POST", "/api/nothing", body=b"x" * 1000)
    after = watched.eventually(
        lambda now: now.total("gatehouse_requests_total")
        == before.total("gatehouse_requests_total") + 5)

    def grown(name: str, **labels: str) -> float:
        return after.get_one(name, **labels) - before.get_one(name, **labels)

    assert grown("gatehouse_requests_total", **{"class": "2xx"}) == 3
    assert grown("gatehouse_requests_total", **{
        "class": f"{upload.status // 100}xx"}) == 2
    assert grown("gatehouse_received_bytes_total") == 1000
    assert grown("gatehouse_sent_bytes_total") > len(upload.body)
    assert grown("gatehouse_tls_handshakes_total", version="TLSv1.3") == 1
    assert grown("gatehouse_tls_handshakes_total", version="TLSv1.2") == 0
    https = f"https 127.0.0.1:{watched.https_port}"
    assert grown("gatehouse_listener_requests_total", listener=https) == 5
    assert grown("gatehouse_listener_connections_total", listener=https) == 1
    there = home_assistant.address
    assert grown("gatehouse_backend_requests_total", backend=there) == 5
    assert grown("gatehouse_backend_errors_total", backend=there) == 0
    assert grown("gatehouse_backend_response_seconds_count",
                 backend=there) == 5
    assert after.get_one("gatehouse_backend_up", backend=there) == 1
    assert after.get_one("gatehouse_refusals_total", status="404") \
        == before.get_one("gatehouse_refusals_total", status="404")


def test_files_are_counted_and_logged(watch, home_assistant, tmp_path):
    (tmp_path / "file").write_bytes(b"x" * 100000)
    front = watch()
    front.configure(pound(home_assistant.address, top=front.section() + f"""
        LogFormat "own" "%U %s %B %{{Content-Type}}o"
        LogLevel own
        """, tls=f"""
        Service
            SendFile "{tmp_path}"
        End
        """)(front))
    front.reload()
    with front.https() as client:
        assert client.request("GET", "/file").status == 200
        assert client.request("GET", "/file", headers=[
            ("Range", "bytes=0-9")]).status == 206
        assert client.request("HEAD", "/file").status == 200
        assert client.request("GET", "/files").status == 404
    now = front.eventually(
        lambda now: now.total("gatehouse_requests_total") == 4)
    assert 100010 < now.get_one("gatehouse_sent_bytes_total") < 101000
    assert now.get_one("gatehouse_requests_total", **{"class": "2xx"}) == 3
    assert now.get_one("gatehouse_refusals_total", status="404") == 1
    front.wait_for_line(r"/file 200 100000 application/octet-stream$")
    front.wait_for_line(r"/file 206 10 application/octet-stream$")
    front.wait_for_line(r"/files 404 \d+ text/plain; charset=utf-8$")


def test_refusals_are_counted(watched):
    before = watched.metrics()
    with watched.http() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        assert client.read_response().status == 400
    with watched.http() as client:
        client.send(b"GET /" + b"x" * 40000 + b" HTTP/1.1\r\n\r\n")
        assert client.read_response().status == 414
    with watched.client(watched.https_port, name=NAME) as client:
        client.send(b"GET / HTTP/1.1\r\n\r\n")
        assert client.read_response().status == 400
    with watched.client(watched.https_port, name=NAME) as client:
        client.send(b"\x16\x03\x01\x00\x05hello")
        client.read_to_end()
    after = watched.metrics()

    def grown(name: str, **labels: str) -> float:
        return after.get_one(name, **labels) - before.get_one(name, **labels)

    assert grown("gatehouse_refusals_total", status="400") == 2
    assert grown("gatehouse_refusals_total", status="414") == 1
    assert grown("gatehouse_tls_failures_total") == 2


def test_resumption_is_counted(watched):
    context = tls_context(maximum=ssl.TLSVersion.TLSv1_2)
    before = watched.metrics()
    with watched.https(tls=context) as client:
        client.request("GET", "/manifest.json")
        session = client.sock.session
    with watched.https(tls=context, session=session) as client:
        client.request("GET", "/manifest.json")
    after = watched.metrics()
    for name, count in (("gatehouse_tls_handshakes_total", 2),
                        ("gatehouse_tls_resumptions_total", 1)):
        assert after.get_one(name, version="TLSv1.2") \
            - before.get_one(name, version="TLSv1.2") == count


def test_websockets_are_counted(watched):
    before = watched.metrics()
    with watched.https() as client, WebSocket(client) as socket:
        socket.receive_json()
        now = watched.metrics()
        for name in "gatehouse_websockets_open", "gatehouse_websockets_total":
            assert now.get_one(name) == before.get_one(name) + 1
        assert now.get_one("gatehouse_sent_bytes_total") \
            > before.get_one("gatehouse_sent_bytes_total")
    watched.eventually(
        lambda now: now.get_one("gatehouse_websockets_open") == 0
        and now.get_one("gatehouse_connections_open") == 0)


def test_a_backend_that_is_down(watch, home_assistant):
    gone = f"127.0.0.1:{free_port()}"
    front = watch()
    front.configure(front.file.read_text().replace(
        home_assistant.address, gone))
    front.reload()
    with front.https() as client:
        assert client.request("GET", "/").status == 503
    now = front.eventually(
        lambda now: Series("gatehouse_backend_up",
                           frozenset({("backend", gone)})) in now)
    assert now.get_one("gatehouse_backend_up", backend=gone) == 0
    assert now.get_one("gatehouse_backend_errors_total", backend=gone) == 1
    assert now.get_one("gatehouse_refusals_total", status="503") == 1
    down = next(event for event in front.events()
                if event["kind"] == "backend-down")
    assert down["text"] == f"{gone}: Connection refused"


def test_certificates_and_processes(watched):
    now = watched.metrics()
    labels = {"name": NAME, "slot": "0", "source": "self-signed"}
    left = now.get_one("gatehouse_certificate_expiry_timestamp_seconds",
                       **labels) - time.time()
    assert left > 86400
    assert now.get_one("gatehouse_workers", state="serving") == 2
    assert now.get_one("gatehouse_generation") == 1
    assert time.time() - now.get_one("gatehouse_start_time_seconds") < 600
    memory = {dict(series.labels)["process"]: value
              for series, value in now.items()
              if series.name == "gatehouse_process_resident_memory_bytes"}
    assert set(memory) == {"supervisor", "monitor", "worker"}
    assert all(value > 500_000 for value in memory.values())


def test_status_json_is_what_the_command_prints(watched):
    told, asked = watched.status_json(), watched.status()
    assert set(told) == set(asked)
    for member in "version", "pid", "listeners", "certificates", "generation":
        assert told[member] == asked[member]
    assert told["events"][-1]["kind"] == "start"
    assert abs(told["now"] - time.time()) < 60


def test_metrics_of_a_service(watch, home_assistant):
    """The workers tell what they count, all of them together."""
    front = watch()
    front.configure(pound(home_assistant.address, top=front.section(), tls="""
        Service
            Path -exact "/metrics"
            ACL
                "127.0.0.1"
            End
            Metrics
        End
        """, workers=2)(front))
    front.reload()
    with front.https() as client:
        assert client.request("GET", "/manifest.json").status == 200
    told = front.eventually(lambda now: now.get_one(
        "gatehouse_requests_total", **{"class": "2xx"}) == 1
        and now.get_one("gatehouse_connections_open") == 0)
    with front.https() as client:
        answer = client.request("GET", "/metrics")
        assert answer.header("Content-Type") == CONTENT_TYPE
        asked = parse(answer.body.decode())
        head = client.request("HEAD", "/metrics")
        assert (head.status, head.body) == (200, b"")
    for name in ("gatehouse_build_info", "gatehouse_requests_total",
                 "gatehouse_backend_response_seconds_count"):
        assert asked.total(name) == told.total(name) > 0
    assert asked.get_one("gatehouse_connections_open") == 1
    with front.https(connect=from_address("127.0.0.2")) as client:
        assert client.request("GET", "/metrics").status == 404


# What outlives what

def test_figures_outlive_a_reload(watch, home_assistant):
    front = watch()
    with front.https() as kept, front.https() as client:
        assert kept.request("GET", "/manifest.json").status == 200
        assert client.request("GET", "/manifest.json").status == 200
        with WebSocket(kept) as socket:
            socket.receive_json()
            before = front.eventually(
                lambda now: now.get_one("gatehouse_websockets_open") == 1)
            front.reload()
            after = front.metrics()
            assert after.get_one("gatehouse_generation") == 2
            assert after.get_one("gatehouse_websockets_open") == 1
            for series, value in before.items():
                if series.name.endswith(("_total", "_count", "_bucket")):
                    assert after[series] >= value, series
    # The old generation counted on: the WebSocket's request has ended.
    front.eventually(lambda now: now.get_one(
        "gatehouse_requests_total", **{"class": "1xx"}) == 1)
    assert [event["kind"] for event in front.events()] == ["reload", "start"]
    assert front.status_json()["hour"]["requests"] >= 3


def test_figures_outlive_a_worker(watch):
    front = watch(workers=1)
    with front.https() as client:
        assert client.request("GET", "/manifest.json").status == 200
        front.eventually(lambda now: now.get_one(
            "gatehouse_requests_total", **{"class": "2xx"}) == 1
            and now.get_one("gatehouse_connections_open") == 1)
        worker, = front.pids()["proxy"]
        since = front.mark()
        os.kill(worker, signal.SIGKILL)
        front.wait_for_line("worker 0 of generation 1 is back", since=since)
        now = front.metrics()
    assert now.get_one("gatehouse_connections_open") == 0
    assert now.get_one("gatehouse_requests_total", **{"class": "2xx"}) == 1
    with front.https() as client:
        assert client.request("GET", "/manifest.json").status == 200
    front.eventually(lambda now: now.get_one(
        "gatehouse_requests_total", **{"class": "2xx"}) == 2)
    event = front.events()[0]
    assert event["kind"] == "worker-died"
    assert event["text"] == "worker 0 of generation 1 was killed by signal 9"


def test_figures_outlive_the_monitor(watch):
    front = watch()
    with front.https() as client:
        client.request("GET", "/manifest.json")
    front.eventually(lambda now: now.total("gatehouse_requests_total") == 1)
    monitor, = front.pids()["monitor"]
    os.kill(monitor, signal.SIGKILL)
    front.wait_for_line(r"gatehouse-monitor\[\d+\] was killed")
    assert front.metrics().total("gatehouse_requests_total") == 1
    assert front.events()[0]["kind"] == "monitor-died"
    assert front.status_json()["hour"]["requests"] == 1


def test_the_listener_may_move(watch):
    front = watch()
    old, front.status_port = front.status_port, free_port()
    front.configure(front.file.read_text().replace(
        f"Port {old}\n", f"Port {front.status_port}\n"))
    front.reload()
    assert front.ask("/metrics").status == 200
    with pytest.raises(ConnectionRefusedError):
        RawClient(("127.0.0.1", old))
    # And go.
    front.configure(front.file.read_text().replace(front.section(), ""))
    front.reload()
    with pytest.raises(ConnectionRefusedError):
        RawClient(("127.0.0.1", front.status_port))


def test_a_port_that_is_taken_refuses_the_reload(watch):
    front = watch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        front.configure(front.file.read_text().replace(
            f"Port {front.status_port}\n",
            f"Port {taken.getsockname()[1]}\n"))
        refused = front.run("reload", "-f", str(front.file))
    assert refused.returncode == 1
    assert "is already in use" in refused.stderr
    assert front.ask("/metrics").status == 200


# Who may ask, and for what

@pytest.mark.parametrize("host, status", [
    ("localhost", 200), ("127.0.0.1:9123", 200), ("[::1]", 200),
    (NAME, 200), (f"{NAME}.", 421), ("evil.test", 421),
    (f"{NAME}.evil.test", 421)])
def test_the_name_must_be_ours(watched, host, status):
    assert watched.ask("/metrics", host=host).status == status


def test_a_name_of_the_section(watch):
    front = watch('ServerName "gateway.local"\nServerName "b.local"')
    assert front.ask("/metrics", host="b.local").status == 200
    assert front.ask("/metrics", host="c.local").status == 421


def test_acl(watch):
    front = watch('ACL\n"127.0.0.2"\nEnd')
    assert front.ask("/metrics").status == 403
    with RawClient(("127.0.0.1", front.status_port), name="localhost",
                   connect=from_address("127.0.0.2")) as client:
        assert client.request("GET", "/metrics").status == 200


def test_other_paths_and_methods(watched):
    answer = watched.ask("/status")
    assert (answer.status, b"/metrics" in answer.body) == (404, True)
    assert watched.ask("/metrics/").status == 404
    answer = watched.ask("/metrics", method="POST")
    assert (answer.status, answer.header("Allow")) == (405, "GET, HEAD")
    answer = watched.ask("/metrics", method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.header("Content-Length")) > 1000


def test_slow_clients_are_given_up(watched):
    """While others are served."""
    with RawClient(("127.0.0.1", watched.status_port),
                   timeout=20) as slow:
        slow.send(b"GET /metrics HT")
        assert watched.ask("/metrics").status == 200
        slow.expect_end()


def test_nothing_in_it_is_a_secret(watched):
    text = (watched.ask("/metrics").body
            + watched.ask("/status.json").body).lower()
    for word in b"private", b"begin ", b"password", b'"eab', b"_eab":
        assert word not in text
