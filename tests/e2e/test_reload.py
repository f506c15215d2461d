"""A reload: nobody notices, or nothing has happened."""

from __future__ import annotations

import base64
import collections
import contextlib
import os
import re
import signal
import socket
from typing import Iterator

import pytest

from actors.client import BadResponse
from actors.front import NAME, Front, native, pound
from actors.home_assistant import (TOKEN, HomeAssistant,
                                   HomeAssistantSocket)
from actors.load import Load
from actors.node import HomeAssistantClient
from actors.pebble import HeldValidation, Pebble
from actors.ports import free_port

GONE = r"worker \d of generation {} is gone"
REFUSED = "; generation 1 serves on"


@pytest.fixture(scope="module")
def other_backend() -> Iterator[HomeAssistant]:
    with HomeAssistant() as backend:
        yield backend


def reload_by_command(front: Front) -> None:
    assert re.search("^reloaded, generation [0-9]+$", front.reload(), re.M)


def reload_by_signal(front: Front) -> None:
    since = front.mark()
    front.signal(signal.SIGHUP)
    front.wait_ready(since=since)


def edit(front: Front, old: str, new: str) -> None:
    """Change the configuration in one place."""
    text = front.file.read_text()
    assert text.count(old) == 1
    front.configure(text.replace(old, new))


def refused(front: Front) -> list[str]:
    """The messages of a reload that is refused, without the file's name.

    Nothing else must have happened.
    """
    def serving() -> list:
        status = front.status()
        return [status["listeners"], front.pids()["monitor"], [
            row for row in status["workers"] if row["generation"] == 1]]

    before, since = serving(), front.mark()
    done = front.run("reload", "-f", str(front.file))
    assert (done.returncode, done.stdout) == (1, "")
    assert serving() == before
    front.wait_for_line(REFUSED, since=since)
    with front.https() as client:
        assert client.request("GET", "/manifest.json").status == 200
    lines = done.stderr.splitlines()
    for line in lines:
        assert front.count(re.escape(line), since=since) == 1
    return [line.removeprefix(f"{front.file}:") for line in lines]


# Nobody notices

def test_home_assistants_own_client_keeps_its_connection(
        make_gateway, home_assistant):
    with Pebble() as pebble:
        front = make_gateway(Front, native(
            home_assistant.address, directory=pebble.directory,
            ca_file=pebble.ca_file), http_port=pebble.http_port)
        front.start_ready()
        front.wait_certificate()
        with HomeAssistantClient(
                f"https://{NAME}:{front.https_port}", TOKEN,
                ca_file=pebble.root_file()) as client:
            client.wait_event("ready")
            client.command("subscribe", "subscribed")
            for change in [
                    lambda: front.run_checked("renew", "-f",
                                              str(front.file)),
                    lambda: reload_by_command(front),
                    lambda: reload_by_signal(front)]:
                change()
                client.command("ping", "pong")
            client.wait_event("event", since=client.mark())
            assert (client.count('"event":"ready"'), client.disconnects) == (
                1, 0)
            since = front.mark()
            client.command("close", "closed")
            front.wait_for_line(GONE.format(1), since=since)
    assert home_assistant.wait_counters(websockets=0)


@pytest.mark.parametrize("reload", [reload_by_command, reload_by_signal])
def test_reload_under_load(serving, reload):
    """Every request is answered, and the old workers end by themselves."""
    with Load(pause=0.02) as load:
        load.keep_alive(serving.https, 20)
        load.keep_alive(serving.http, 5, target="/x", status=301)
        load.new_connections(serving.https, 2)
        load.websockets(serving.https, 5)
        for generation in 1, 2, 3:
            since = serving.mark()
            reload(serving)
            load.wait_more("requests", "pongs", "handshakes", count=30)
        assert load.done["connections"] >= 25 * 4
    for generation in 1, 2, 3:
        for worker in 0, 1:
            serving.wait_for_line(
                f"worker {worker} of generation {generation} is gone")
    assert {row["generation"] for row in serving.status()["workers"]
            if row["state"] == "serving"} == {4}


def test_worker_that_drains_ends_with_its_last_websocket(serving):
    with HomeAssistantSocket(serving.https()) as stays, \
            HomeAssistantSocket(serving.https()) as leaves:
        serving.reload()
        states = {row["pid"]: row["state"]
                  for row in serving.status()["workers"]}
        assert sorted(states.values()) in (
            ["draining", "serving", "serving"],
            ["draining", "draining", "serving", "serving"])
        leaves.close()
        assert stays.call("ping")["type"] == "pong"
        assert serving.count(GONE.format(1)) <= 1
        stays.close()
        for index in range(2):
            serving.wait_for_line(f"worker {index} of generation 1 is gone")


def with_a_new_worker(front: Front) -> HomeAssistantSocket:
    """The old ones accept until they have heard of the reload."""
    new = {row["pid"] for row in front.status()["workers"]
           if row["state"] == "serving"}
    while True:
        client = front.https()
        if front.worker_of(client) in new:
            return HomeAssistantSocket(client)
        client.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="looks into a worker")
def test_only_a_few_generations_drain(serving):
    """Somebody who reloads every minute does not fill the memory."""
    with contextlib.ExitStack() as stack:
        sockets = []
        for _ in range(6):
            sockets.append(stack.enter_context(with_a_new_worker(serving)))
            reload_by_command(serving)
        serving.wait_for_line("generation 1 drains no longer")
        serving.wait_for_line("generation 2 drains no longer")
        for ended in sockets[:2]:
            with pytest.raises((OSError, BadResponse)):
                ended.call("ping")
        for alive in sockets[2:]:
            assert alive.call("ping")["type"] == "pong"


def test_reload_while_the_ca_looks(make_gateway, home_assistant):
    """The renewal goes on, and the new workers know the answer."""
    with HeldValidation() as held, Pebble(http_port=held.port) as pebble:
        front = make_gateway(Front, native(
            home_assistant.address, directory=pebble.directory,
            ca_file=pebble.ca_file)).start_ready()
        held.wait_for_connections(1)
        reload_by_command(front)
        for worker in 0, 1:
            front.wait_for_line(f"worker {worker} of generation 1 is gone")
        held.release(front.http_port)
        front.wait_certificate()
        assert (pebble.new_accounts, pebble.new_orders) == (1, 1)


def test_signals_that_come_while_it_reloads(serving):
    """The last configuration is the one that counts."""
    text = serving.file.read_text()
    for workers in range(1, 9):
        serving.configure(text.replace("Workers 2", f"Workers {workers}"))
        serving.signal(signal.SIGHUP)
    serving.wait_for_line("ready: 2 listeners, 8 workers, generation")
    # The next one may be about to serve already, for the signal after that.
    assert 8 in collections.Counter(
        row["generation"] for row in serving.status()["workers"]
        if row["state"] == "serving").values()


def test_who_asks_next_is_told_of_the_new_one(serving):
    """The old monitor is still there, but has nothing to say any more."""
    for generation in range(2, 12):
        if generation % 2:
            serving.reload()
        else:
            serving.signal(signal.SIGHUP)
            serving.wait_for_line(f"ready: .*, generation {generation}$")
        assert [row["generation"] for row in serving.status()["workers"]
                if row["state"] == "serving"] == [generation] * 2


def test_answer_comes_when_the_old_workers_accept_no_more(serving):
    """Whoever comes after it meets the new configuration."""
    with contextlib.ExitStack() as stopped:
        for pid in serving.pids()["proxy"]:
            os.kill(pid, signal.SIGSTOP)
            stopped.callback(os.kill, pid, signal.SIGCONT)
        since = serving.mark()
        serving.signal(signal.SIGHUP)
        with serving.https() as client:     # of a new one
            assert client.request("GET", "/manifest.json").status == 200
        asked = serving.run("renew", "-f", str(serving.file), "nobody")
        assert asked.returncode == 1        # the supervisor has answered
        assert serving.count("ready: ", since=since) == 0
    serving.wait_ready(since=since)


def test_download_under_way_is_finished(serving):
    with serving.https() as client:
        client.send_request("GET", "/api/download?size=67108864")
        head = client.read_head()
        pieces = client.pieces(head)
        received = len(next(pieces))
        serving.reload()
        assert received + sum(map(len, pieces)) == 67108864
        # Its head promised to go on, so there is one more request.
        response = client.request("GET", "/manifest.json")
        assert response.header("Connection") == "close"
        client.expect_end()


# What is new takes effect

def test_second_host(serving, other_backend):
    edit(serving, f'Gateway "{NAME}"', f"""
Gateway "second.test"
    Forward "{other_backend.address}"
    Address "127.0.0.1"
    Port {serving.http_port}
    HTTPSPort {serving.https_port}
End
Gateway "{NAME}\"""")
    with serving.https() as client:
        assert client.request("GET", "/", host="second.test").status == 421
    reload_by_command(serving)
    for name, backend in (NAME, None), ("second.test", other_backend):
        before = other_backend.counters()["requests"]
        with serving.https(name=name) as client:
            assert client.request("GET", "/manifest.json").status == 200
            names = client.peer_certificate().extensions
            assert f"<DNSName(value='{name}')>" in str(names)
        after = other_backend.counters()["requests"]
        assert after - before == (1 if backend else 0)


def test_another_backend(serving, home_assistant, other_backend):
    with serving.https() as client:
        edit(serving, home_assistant.address, other_backend.address)
        before = other_backend.counters()["requests"]
        reload_by_command(serving)
        # The old connection has its old backend, for one more request.
        response = client.request("GET", "/manifest.json")
        assert response.header("Connection") == "close"
        assert other_backend.counters()["requests"] == before
    with serving.https() as client:
        assert client.request("GET", "/manifest.json").status == 200
    assert other_backend.counters()["requests"] == before + 1


def test_other_ports(serving):
    old, new = serving.https_port, free_port()
    edit(serving, f"HTTPSPort {old}", f"HTTPSPort {new}")
    reload_by_command(serving)
    serving.https_port = new
    with serving.https() as client:
        assert client.request("GET", "/manifest.json").status == 200
    with pytest.raises(ConnectionRefusedError):
        serving.client(old)


@pytest.mark.parametrize("workers", [1, 3])
def test_other_number_of_workers(serving, workers):
    edit(serving, "Workers 2", f"Workers {workers}")
    reload_by_command(serving)
    rows = serving.status()["workers"]
    assert [row["state"] for row in rows if row["generation"] == 2] == [
        "serving"] * workers


def test_fewer_workers_lose_no_connection_that_waits(serving):
    """It may be in a socket that only a worker has which is to go."""
    old = serving.pids()["proxy"]
    for pid in old:
        os.kill(pid, signal.SIGSTOP)
    with contextlib.ExitStack() as stack:
        edit(serving, "Workers 2", "Workers 1")
        reload_by_command(serving)
        clients = [stack.enter_context(serving.http()) for _ in range(16)]
        for client in clients:
            client.send_request("GET", "/x")
        for pid in old:
            os.kill(pid, signal.SIGCONT)
        for client in clients:
            assert client.read_response().status == 301


def test_certificate_file_is_read_again(make_gateway, home_assistant):
    front = make_gateway(Front, pound(home_assistant.address))
    front.start_ready()
    with front.https() as client:
        before = client.peer_serial()
    front.certificate(NAME)
    with front.https() as client:
        assert client.peer_serial() == before
    reload_by_command(front)
    with front.https() as client:
        assert client.peer_serial() != before


# Nothing has happened

@pytest.mark.parametrize("line, said", [
    ("Wrokers 2", "1:1: unknown word 'Wrokers'; did you mean 'Workers'?"),
    ("  Workers many", "1:11: "),
    ("Workers 2 3", "1:11: "),
    ("Workers 100", "1:9: "),
    ('LogLevel "x', "1:10: "),
    ("End", "1:1: "),
    ('Include "/nonexistent"', "1:9: ")])
def test_broken_configuration(serving, line, said):
    good = serving.file.read_text()
    serving.configure(f"{line}\n{good}")
    lines = refused(serving)
    assert lines[0].startswith(said), lines
    serving.configure(good)
    reload_by_command(serving)


def test_state_directory_stays(serving):
    edit(serving, f'StateDir "{serving.state_dir}"', 'StateDir "/elsewhere"')
    serving.signal(signal.SIGHUP)
    serving.wait_for_line(rf"{serving.file}:1:10: StateDir cannot change in a "
                          rf"reload \(it is {serving.state_dir}\)")
    serving.wait_for_line(REFUSED)


def test_every_mistake_is_named_at_once(serving):
    good = serving.file.read_text()
    serving.configure(f"Aliev 15\nGarce 30\n{good}\nListenHTTTP\nEnd\n")
    lines = refused(serving)
    assert [line.partition(": ")[0] for line in lines] == [
        "1:1", "2:1", f"{len(good.splitlines()) + 4}:1"]
    done = serving.run("check", "-f", str(serving.file))
    assert done.returncode == 1
    assert done.stderr.splitlines()[:-1] == [
        f"{serving.file}:{line}" for line in lines]


def test_port_that_is_taken(serving):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        edit(serving, f"HTTPSPort {serving.https_port}", f"HTTPSPort {port}")
        lines = refused(serving)
    assert len(lines) == 1
    assert re.fullmatch(rf"\d+:\d+: port {port} is already in use; .*ss .*",
                        lines[0])


@pytest.mark.parametrize("content, said", [
    (None, "No such file"), (b"", "no certificate"),
    (b"-----BEGIN CERTIFICATE-----\nAAAA\n", ""), ("key of another", "key")])
def test_bad_certificate_file(make_gateway, home_assistant, content, said):
    front = make_gateway(Front, pound(home_assistant.address))
    front.start_ready()
    file = front.certificate(NAME)
    good = file.read_bytes()
    if content is None:
        file.unlink()
    elif isinstance(content, bytes):
        file.write_bytes(content)
    else:
        other = front.certificate("other.test").read_bytes()
        end = b"-----END CERTIFICATE-----\n"
        file.write_bytes(good.partition(end)[0] + end
                         + other.partition(end)[2])
    lines = refused(front)
    assert len(lines) == 1 and said in lines[0]
    where = re.match(r"(\d+):(\d+): Cert ", lines[0])
    row = front.file.read_text().splitlines()[int(where[1]) - 1]
    assert row[int(where[2]) - 1:] == f'Cert "{file}"'
    done = front.run("check", "-f", str(front.file))
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == f"{front.file}:{lines[0]}"


WATCHED = """
Service
    Path -filewatch "{patterns}"
    Error 410
End
Service
    Not BasicAuth -filewatch "{users}"
    Error 401
End
"""


def test_watched_files_reload(other_backend):
    def config(front: Front) -> str:
        names = {}
        for name, text in ("patterns", "^/gone$\n"), ("users", "ann:one\n"):
            names[name] = front.directory / name
            names[name].write_text(text)
        return pound(other_backend.address, tls=WATCHED.format(**names))(front)

    def ask(front: Front, path: str, password: str = "one") -> int:
        credentials = base64.b64encode(f"ann:{password}".encode()).decode()
        with front.https() as client:
            return client.request("GET", path, headers=[
                ("Authorization", f"Basic {credentials}")]).status

    with Front(config) as front:
        patterns = front.directory / "patterns"
        assert (ask(front, "/gone"), ask(front, "/away")) == (410, 404)
        since = front.mark()
        patterns.write_text("^/away$\n")
        front.wait_for_line(GONE.format(1), since=since)
        assert (ask(front, "/gone"), ask(front, "/away")) == (404, 410)

        since = front.mark()
        new = front.directory / "new"
        new.write_text("^/ok$\n^/(\n")
        new.rename(patterns)
        front.wait_for_line(r"patterns:2:1: .*regular expression",
                            since=since)
        front.wait_for_line("reload refused", since=since)
        assert ask(front, "/away") == 410

        since = front.mark()
        patterns.write_text("^/x$\n")
        front.wait_for_line(GONE.format(2), since=since)
        since = front.mark()
        (front.directory / "users").write_text("ann:two\n")
        front.wait_for_line(GONE.format(3), since=since)
        assert ask(front, "/", "one") == 401
        assert ask(front, "/", "two") == 200
        front._workers = front.pids()["proxy"]
