"""Fixtures: the actors, started and ended around the tests that use them."""

from __future__ import annotations

import shutil
import signal
import tempfile
from pathlib import Path
from typing import Callable, Iterator, NamedTuple

import pytest

from actors.backend import ScriptedBackend, answer
from actors.front import Front, native, pound
from actors.gateway import BUILD, Gateway, gateway_config
from actors.home_assistant import HomeAssistant
from actors.netns import Namespace, or_skip
from actors.pebble import Pebble
from actors.ports import free_port
from actors.process import Process


def pytest_configure() -> None:
    """End on SIGTERM as on Ctrl-C: with every fixture torn down.

    Who runs us in the background may have had SIGINT ignored, by us and by
    all that we start.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM,
                  lambda *_: pytest.exit("terminated", returncode=143))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    """Show the log of every actor with a failure."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for actor in Process.open_ones:
            report.sections.append((f"log of {actor.name}", actor.tail()))


class Ports(NamedTuple):
    """Where the gateways of a module listen."""

    http: int
    https: int


@pytest.fixture(scope="module")
def ports() -> Ports:
    return Ports(free_port(), free_port())


@pytest.fixture(scope="module")
def pebble(ports: Ports) -> Iterator[Pebble]:
    """A CA that validates against the HTTP port of the module."""
    with Pebble(http_port=ports.http) as ca:
        yield ca


@pytest.fixture(scope="module")
def home_assistant() -> Iterator[HomeAssistant]:
    with HomeAssistant() as backend:
        yield backend


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    with or_skip(Namespace) as own:
        yield own


@pytest.fixture(scope="module")
def network() -> Iterator[Namespace]:
    """A namespace that the tests of a module share."""
    with or_skip(Namespace) as own:
        yield own


@pytest.fixture
def mounts() -> Iterator[Namespace]:
    """File systems that only this test sees; the network is everybody's."""
    with or_skip(Namespace, network=False) as own:
        yield own


@pytest.fixture
def make_gateway() -> Iterator[Callable[..., Gateway]]:
    """Makes gateways that are not started; what runs at the end must stop."""
    made: list[Gateway] = []

    def make(kind: type[Gateway] = Gateway, *args, **options) -> Gateway:
        made.append(kind(*args, **options))
        return made[-1]

    yield make
    try:
        for gateway in made:
            if gateway.running:
                gateway.stop()
    finally:
        for gateway in made:
            gateway.close()


@pytest.fixture
def gateway(make_gateway, ports: Ports, pebble: Pebble,
            home_assistant: HomeAssistant) -> Gateway:
    """The common case, serving: gw.test before the stand-in, by Pebble."""
    made = make_gateway()
    made.configure(gateway_config(
        made.state_dir, forward=home_assistant.address,
        http_port=ports.http, https_port=ports.https,
        directory=pebble.directory, ca_file=pebble.ca_file))
    return made.start_ready()


@pytest.fixture
def serving(make_gateway, home_assistant: HomeAssistant) -> Front:
    """A gateway of the test's own, which it may stop, reload and kill."""
    return make_gateway(Front, native(home_assistant.address)).start_ready()


@pytest.fixture
def issued(make_gateway, home_assistant: HomeAssistant
           ) -> Callable[[Pebble], Front]:
    """Makes a gateway, not started, whose certificates are of this CA."""
    return lambda pebble: make_gateway(
        Front, native(home_assistant.address, directory=pebble.directory,
                      ca_file=pebble.ca_file), http_port=pebble.http_port)


@pytest.fixture
def short() -> Iterator[Path]:
    """A directory whose name leaves room for that of a UNIX socket."""
    with tempfile.TemporaryDirectory(prefix="gh-", dir="/tmp") as directory:
        yield Path(directory)


@pytest.fixture
def programs(short: Path) -> Path:
    """What was built, where everybody may run it, wherever the clone is."""
    for name in "bin", "sbin", "libexec":
        shutil.copytree(BUILD / name, short / name)
    return short


@pytest.fixture(scope="module")
def front(home_assistant: HomeAssistant) -> Iterator[Front]:
    """A Gateway section before the stand-in, with its self-signed start."""
    with Front(native(home_assistant.address)) as made:
        yield made


@pytest.fixture(scope="module")
def backend() -> Iterator[ScriptedBackend]:
    with ScriptedBackend() as made:
        yield made


@pytest.fixture
def script(backend: ScriptedBackend) -> Iterator[ScriptedBackend]:
    """The backend of `scripted`, for one test to change its behaviour."""
    yield backend
    backend.stop()
    backend.connections.clear()
    backend.behaviour = answer()
    backend.start()


@pytest.fixture(scope="module")
def scripted(backend: ScriptedBackend) -> Iterator[Front]:
    """HTTP and HTTPS before a scripted backend, which nobody else visits."""
    with Front(pound(backend.address, top="Alive 3600")) as made:
        yield made
