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
from actors.load import Load
from actors.process import Process

pytestmark = [
    pytest.mark.release,
    pytest.mark.skipif(os.geteuid() != 0, reason="strace needs root here")]

KIBIBYTE = (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
            b"Content-Length: 1024\r\n\r\n" + bytes(1024))
REQUESTS, CLIENTS = 3000, 40


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


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("traced, most", [
    (0, 5), (1, 6)],    # a line in the log is one more, if it is alone
    indirect=["traced"])
def test_system_calls_per_request(traced, most, scheme):
    with Load(pause=0) as load:
        load.keep_alive(lambda: traced.open(scheme), CLIENTS)
        with strace(traced, "-c") as tracer:
            before = load.done["requests"]
            load.wait_more("requests", count=REQUESTS, timeout=30)
            after = load.done["requests"]
    total = tracer.wait_for_line(r"^100\.00 .* (\d+) +\d* *total$")
    assert int(total[1]) / (after - before) <= most, tracer.tail()


TOGETHER, ROUNDS = 16, 20


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
            for _ in range(ROUNDS):
                exchange()
    assert front.count('"GET / HTTP/1.1" 200') == TOGETHER * (ROUNDS + 1)
    total = tracer.wait_for_line(r"^100\.00 .* (\d+) +\d* *total$")
    assert int(total[1]) / (TOGETHER * ROUNDS) <= 5, tracer.tail()


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
