"""What a request costs, counted in system calls by strace."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import signal
import threading
from typing import Iterator

import pytest

from actors.backend import Connection, ScriptedBackend, answer
from actors.front import Front, pound
from actors.process import Process

pytestmark = [
    pytest.mark.release,
    pytest.mark.skipif(os.geteuid() != 0, reason="strace needs root here")]

KIBIBYTE = (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
            b"Content-Length: 1024\r\n\r\n" + bytes(1024))
COUNT = "-c", "-U", "calls,name"
COUNTED = re.compile(r" *(\d+) +(\w+)$")
UNCOUNTED = "epoll_wait", "epoll_pwait", "epoll_pwait2", "total"
ROUNDS, CLIENTS, MESSAGES = 75, 40, 500


@pytest.fixture(scope="module")
def traced(request) -> Iterator[Front]:
    """One worker at a LogLevel, before a backend that answers with 1 KiB."""
    with ScriptedBackend(answer(KIBIBYTE)) as backend, \
            Front(pound(backend.address, top=f"LogLevel {request.param}")
                  ) as front:
        yield front


@contextlib.contextmanager
def strace(front: Front, *options: str) -> Iterator[Process]:
    """Attached to the worker; when it is left, its output is complete."""
    worker, = front.pids()["proxy"]
    with Process("strace", ["strace", "-f", "-p", str(worker), *options]
                 ) as tracer:
        tracer.wait_for_line("attached")
        yield tracer
        tracer.signal(signal.SIGINT)
        tracer.wait()


def calls(tracer: Process) -> int:
    """How many `strace -c` has counted, without those that wait for events:
    the busier the machine, the more events come of one.
    """
    tracer.wait_for_line(r" total$")
    counted = (COUNTED.match(line.text) for line in tracer.lines)
    return sum(int(row[1]) for row in counted
               if row and row[2] not in UNCOUNTED)


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("traced, most", [
    (0, 4), (1, 5)],    # a line in the log is one more, if it is alone
    indirect=["traced"])
def test_system_calls_per_request(traced, most, scheme):
    def ask_all() -> None:
        for client in clients:
            client.send_request("GET", "/")
        for client in clients:
            assert client.read_response().status == 200

    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(traced.open(scheme))
                   for _ in range(CLIENTS)]
        ask_all()       # handshakes are over, and the backend is connected
        with strace(traced, *COUNT) as tracer:
            for _ in range(ROUNDS):
                ask_all()
    assert calls(tracer) / (ROUNDS * CLIENTS) <= most + 0.1, tracer.tail()


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_system_calls_per_message_of_a_websocket(scripted, script, scheme):
    """A read and a write on each way."""
    def behave(connection: Connection) -> None:
        connection.read_head()
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\n"
                        b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        while data := connection.receive():
            connection.send(data)

    script.behaviour = behave
    with scripted.open(scheme) as client:
        client.send_request("GET", "/", headers=[
            ("Connection", "Upgrade"), ("Upgrade", "websocket")])
        assert client.read_response().status == 101
        with strace(scripted, *COUNT) as tracer:
            for _ in range(MESSAGES):
                client.send(b"m" * 200)
                assert client.read_exactly(200) == b"m" * 200
    assert calls(tracer) / MESSAGES <= 4.1, tracer.tail()


TOGETHER, STEPS = 16, 20


def in_step(gate: threading.Barrier, connection: Connection) -> None:
    """Answers when all connections have a request, and the test says so."""
    while True:
        connection.read_request()
        gate.wait(10)
        gate.wait(10)
        connection.send(KIBIBYTE)
        gate.wait(10)


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_lines_of_a_round_cost_one_call(scheme):
    """The worker sleeps until all requests are there, then all answers."""
    gate = threading.Barrier(TOGETHER + 1)
    with contextlib.ExitStack() as stack:
        backend = stack.enter_context(
            ScriptedBackend(functools.partial(in_step, gate)))
        stack.callback(gate.abort)
        front = stack.enter_context(Front(pound(backend.address)))
        worker, = front.pids()["proxy"]
        clients = [stack.enter_context(front.open(scheme))
                   for _ in range(TOGETHER)]

        def exchange() -> None:
            os.kill(worker, signal.SIGSTOP)
            for client in clients:
                client.send_request("GET", "/")
            os.kill(worker, signal.SIGCONT)
            gate.wait(10)
            os.kill(worker, signal.SIGSTOP)
            gate.wait(10)
            gate.wait(10)
            os.kill(worker, signal.SIGCONT)
            for client in clients:
                assert client.read_response().status == 200

        exchange()      # makes the connections to the backend
        with strace(front, "-c") as tracer:
            for _ in range(STEPS):
                exchange()
    assert front.count('"GET / HTTP/1.1" 200') == TOGETHER * (STEPS + 1)
    total = tracer.wait_for_line(r"^100\.00 .* (\d+) +\d* *total$")
    assert int(total[1]) / (TOGETHER * STEPS) <= 5, tracer.tail()


SENT = re.compile(r"(?:write|writev|send|sendto|sendmsg)\("
                  r"\d+<TCP:\[127\.0\.0\.1:(\d+)->127\.0\.0\.1:(\d+)\]>")


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("method, body", [("GET", b""), ("POST", b"b" * 20)])
@pytest.mark.parametrize("traced", [0], indirect=True)
def test_head_and_body_leave_in_one_write(traced, scheme, method, body):
    with traced.open(scheme) as client:
        port = str(client.sock.getpeername()[1])
        client.request("GET", "/")      # handshakes are over
        with strace(traced, "-yy", "-e",
                    "trace=write,writev,sendto,sendmsg") as tracer:
            response = client.request(method, "/", body=body)
            assert len(response.body) == 1024
    sent = [match.groups() for line in tracer.lines
            if (match := SENT.search(line.text))]
    assert len(sent) == 2, tracer.tail()
    assert [ours for ours, _theirs in sent].count(port) == 1


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("traced", [0], indirect=True)
def test_the_last_response_and_the_end_are_one_write(traced, scheme):
    """And whoever asked for the end is not waited for."""
    with traced.open(scheme) as client:
        port = str(client.sock.getpeername()[1])
        with strace(traced, "-yy", "-e",
                    "trace=write,writev,sendto,sendmsg,shutdown,close"
                    ) as tracer:
            client.request("GET", "/", headers=[("Connection", "close")])
            client.expect_end()
            tracer.wait_for_line(rf"close\(\d+<TCP:\[127\.0\.0\.1:{port}->")
    sent = [match[1] for line in tracer.lines
            if (match := SENT.search(line.text))]
    assert sent.count(port) == 1, tracer.tail()
    assert "shutdown(" not in tracer.tail()


@pytest.mark.parametrize("traced", [0], indirect=True)
def test_the_ticket_leaves_with_the_first_response(traced):
    """Two writes for all: the server's part of the handshake is the other."""
    with contextlib.ExitStack() as stack:
        with strace(traced, "-yy", "-e", "trace=write,writev,sendto,sendmsg"
                    ) as tracer:
            # Its end comes after the trace: the gateway would answer that.
            client = stack.enter_context(traced.https())
            port = str(client.sock.getpeername()[1])
            client.request("GET", "/")
            session = client.sock.session
    sent = [match[1] for line in tracer.lines
            if (match := SENT.search(line.text))]
    assert sent.count(port) == 2, tracer.tail()
    with traced.https(tls=client.sock.context, session=session) as client:
        assert client.sock.session_reused
