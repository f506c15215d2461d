"""What Home Assistant is told through an MQTT broker, and when it is not."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Callable, Iterator

import pytest

from actors.authority import Authority
from actors.backend import ScriptedBackend
from actors.front import NAME, Front, pound
from actors.gateway import Gateway
from actors.mosquitto import LOGIN, PASSWORD, Mosquitto, Watcher, moment
from actors.ports import free_port
from actors.watched import wait_for

NODE = "gatehouse_house"
PATIENCE = 30   # a job every ten seconds at most, on a machine that is busy


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    with Mosquitto() as made:
        yield made


@pytest.fixture
def watcher(broker: Mosquitto) -> Iterator[Watcher]:
    with broker.watcher() as made:
        yield made


@pytest.fixture
def backend() -> Iterator[ScriptedBackend]:
    with ScriptedBackend() as made:
        yield made


def section(port: int, *, host: str = "127.0.0.1", login: str = LOGIN,
            password: str = PASSWORD, extra: str = "") -> str:
    account = f'Login "{login}"\nPassword "{password}"' if login else ""
    return (f'Alive 1\nMQTT "{host}:{port}"\n{account}\nID "House"\n'
            f"{extra}\nEnd\n")


@pytest.fixture
def make_front(make_gateway) -> Callable[..., Front]:
    """Makes gateways with certificates of their own; not started."""
    return lambda *forward, top: make_gateway(Front, pound(*forward, top=top))


def mqtt(gateway: Gateway) -> dict:
    return gateway.status()["mqtt"]


def wait_state(gateway: Gateway, state: str) -> dict:
    """Until the job has ended so: the log says it before the status does."""
    return wait_for(lambda: mqtt(gateway), lambda row: row["state"] == state)


def told(gateway: Gateway, *, since: int = 0) -> None:
    gateway.wait_for_line("Home Assistant is told of", PATIENCE, since=since)


def refused(gateway: Gateway, *, since: int = 0) -> dict:
    gateway.wait_for_line("warning: MQTT: ", PATIENCE, since=since)
    return wait_state(gateway, "failing")


def test_all_entities_of_one_device(broker, watcher, backend, make_front):
    user = 'User "nobody"\n' if os.geteuid() == 0 else ""
    front = make_front(backend.address,
                       top=user + section(broker.port)).start_ready()
    told(front)
    watcher.wait_state("Problem", "OFF", PATIENCE)
    configs = watcher.configs()
    assert set(configs) == {"Problem", f"Certificate {NAME}",
                            f"Backend {backend.address}"}
    for config in configs.values():
        assert config["device"]["identifiers"] == [NODE]
        assert config["device"]["name"] == "Gatehouse House"
        assert config["unique_id"].startswith(f"{NODE}_")
        assert config["state_topic"] == "gatehouse/house/state"
        assert config["expire_after"] == 900
    assert len({config["unique_id"] for config in configs.values()}) == 3
    cert, = front.status()["certificates"]
    expires, facts = watcher.entities()[f"Certificate {NAME}"]
    assert moment(expires) == cert["not_after"]
    assert facts["state"] == "own"
    watcher.wait_state(f"Backend {backend.address}", "ON", PATIENCE)
    # Who subscribes later, or starts again, is told the same.
    with broker.watcher() as late:
        late.wait_until(lambda: late.topics() == watcher.topics())


@pytest.mark.slow
def test_backend_goes_and_comes_back(broker, watcher, backend, make_front):
    make_front(backend.address, top=section(broker.port)).start_ready()
    name = f"Backend {backend.address}"
    watcher.wait_state(name, "ON", PATIENCE)
    backend.stop()
    assert "refused" in watcher.wait_state(name, "OFF", PATIENCE)["error"]
    problems = watcher.wait_state("Problem", "ON", PATIENCE)["problems"]
    assert problems == [f"the backend {backend.address} is down: "
                        "Connection refused. See that it runs, and that the "
                        "configuration has the right address and port."]
    backend.start()
    watcher.wait_state(name, "ON", PATIENCE)
    watcher.wait_state("Problem", "OFF", PATIENCE)


def test_what_is_no_more_is_taken_away(broker, watcher, backend, make_front):
    gone = f"127.0.0.1:{free_port()}"
    front = make_front(backend.address, gone,
                       top=section(broker.port)).start_ready()
    watcher.wait_until(lambda: f"Backend {gone}" in watcher.entities())
    front.configure(pound(backend.address, top=section(broker.port))(front))
    front.reload()
    watcher.wait_until(
        lambda: f"Backend {gone}" not in watcher.configs(), PATIENCE)
    assert f"Backend {backend.address}" in watcher.configs()


def test_leaves_alone_what_is_not_ours(broker, watcher, backend, make_front):
    """Another gateway's, another program's, and what only looks like ours."""
    others = {f"homeassistant/{part}/config": "{}" for part in (
        "sensor/gatehouse_other/a", f"light/{NODE}/a", f"sensor/{NODE}/a/b",
        f"sensor/{NODE}/A")}
    ours = f"homeassistant/sensor/{NODE}/a_1/config"
    for topic in *others, ours:
        broker.publish(topic, "{}")
    watcher.wait_until(lambda: len(watcher.topics()) == len(others) + 1)
    front = make_front(backend.address,
                       top=section(broker.port)).start_ready()
    told(front)
    watcher.wait_until(lambda: ours not in watcher.topics())
    assert others.items() <= watcher.topics().items()


def test_wrong_password_and_the_right_one(broker, backend, make_front):
    wrong = "not the right password"
    front = make_front(backend.address, top=section(
        broker.port, password=wrong)).start_ready()
    row = refused(front)
    assert row["problem"] == (f"login: 127.0.0.1 does not accept user {LOGIN} "
                              "with this password")
    assert "Login and Password in MQTT" in row["advice"]
    assert row["failures"] == 1
    assert row["next_attempt"] > time.time() - 5
    shown = front.run_checked("status", "-f", str(front.file))
    assert "MQTT" in shown.split("\n\n")[0] and row["advice"] in shown
    since = front.mark()
    front.configure(pound(backend.address, top=section(broker.port))(front))
    front.reload()
    told(front, since=since)
    row = wait_state(front, "told")
    assert row["problem"] == "" and row["failures"] == 0
    assert abs(row["told_at"] - time.time()) < 60
    shown = front.run_checked("status", "-f", str(front.file))
    assert shown.startswith("All is well.")
    assert "Home Assistant is told" in shown
    assert front.count(wrong) == 0


def test_no_login_where_one_is_needed(broker, backend, make_front):
    front = make_front(backend.address, top=section(
        broker.port, login="")).start_ready()
    row = refused(front)
    assert row["problem"] == "login: 127.0.0.1 lets nobody in without a user"
    assert "Give MQTT the Login and Password" in row["advice"]


@pytest.mark.slow
def test_broker_goes_and_comes_back(broker, backend, make_front):
    front = make_front(backend.address,
                       top=section(broker.port)).start_ready()
    told(front)
    broker.stop()
    since = front.mark()
    backend.stop()      # so that there is something to tell
    row = refused(front, since=since)
    assert row["problem"] == (f"connection: 127.0.0.1:{broker.port}: "
                              "Connection refused")
    assert "Check that the broker runs" in row["advice"]
    broker.start()
    with broker.watcher() as watcher:
        told(front, since=since)
        watcher.wait_state(f"Backend {backend.address}", "OFF", PATIENCE)
        # That nothing could be told was told first, and is over now.
        watcher.wait_until(lambda: "MQTT" not in str(
            watcher.entities()["Problem"]), PATIENCE)


def test_broker_that_says_nothing(backend, make_front):
    """It takes the connection, and that is all."""
    def silent(connection) -> None:
        connection.read_to_end()

    with ScriptedBackend(silent) as dumb:
        front = make_front(backend.address,
                           top=section(dumb.port)).start_ready()
        row = refused(front)
    assert row["problem"] == (f"timeout: 127.0.0.1:{dumb.port} does not "
                              "answer in 10 seconds")


def test_broker_that_speaks_something_else(backend, make_front):
    def babble(connection) -> None:
        connection.send(b"HTTP/1.1 400 Bad Request\r\n" + b"X: y\r\n" * 50)
        connection.read_to_end()

    with ScriptedBackend(babble) as other:
        front = make_front(backend.address,
                           top=section(other.port)).start_ready()
        problem = refused(front)["problem"]
    assert problem.startswith(f"connection: 127.0.0.1:{other.port}")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def secure(authority: Authority) -> Iterator[Mosquitto]:
    with Mosquitto(tls=authority.issue("localhost"),
                   ca_file=authority.ca_file) as made:
        yield made


def over_tls(broker: Mosquitto, **options) -> str:
    return section(broker.port, host="localhost", **options)


def test_over_tls(secure, authority, backend, make_front):
    with secure.watcher() as watcher:
        make_front(backend.address, top=over_tls(
            secure, extra=f'TLS yes\nCAFile "{authority.ca_file}"')
            ).start_ready()
        watcher.wait_state(f"Backend {backend.address}", "ON", PATIENCE)


def test_over_tls_by_the_systems_list(secure, authority, backend,
                                      make_front):
    front = make_front(backend.address,
                       top=over_tls(secure, extra="TLS yes"))
    front.env["SSL_CERT_FILE"] = str(authority.ca_file)
    front.start_ready()
    told(front)


@pytest.mark.parametrize("mistake", ["nobody vouches", "another name",
                                     "no file", "no TLS there",
                                     "TLS only there"])
def test_over_tls_is_verified(secure, authority, backend, make_front,
                              mistake: str, broker):
    trust = f'TLS yes\nCAFile "{authority.ca_file}"'
    top = {"nobody vouches": over_tls(secure, extra="TLS yes"),
           "another name": section(secure.port, extra=trust),
           "no file": over_tls(secure, extra='TLS yes\nCAFile "/none.pem"'),
           "no TLS there": section(broker.port, extra=trust),
           "TLS only there": over_tls(secure)}[mistake]
    front = make_front(backend.address, top=top).start_ready()
    row = refused(front)
    if mistake == "TLS only there":
        assert row["problem"].startswith("connection: localhost:")
        assert "TLS yes" in row["advice"]
    else:
        assert row["problem"].startswith("tls: ")
        assert "CAFile" in row["advice"]
    assert secure.count("Sending CONNACK") == 0


def test_password_is_nobodys_business(broker, backend, make_front):
    front = make_front(backend.address,
                       top=section(broker.port)).start_ready()
    told(front)
    wait_state(front, "told")
    front.assert_supervisor_alone_knows(PASSWORD)
    assert PASSWORD not in front.run_checked("status", "-f", str(front.file))
    assert PASSWORD not in str(front.status())
    assert PASSWORD not in front.run("check", "--expand",
                                     "-f", str(front.file)).stdout
    assert front.count(PASSWORD) == 0


def test_off_by_default(backend, make_front):
    front = make_front(backend.address, top="").start_ready()
    assert "mqtt" not in front.status()
    assert "MQTT" not in front.run_checked("status", "-f", str(front.file))
