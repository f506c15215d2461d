"""gatehouse ha-sensors: what it prints, read as Home Assistant reads it."""

from __future__ import annotations

import datetime
import json
import time

import jinja2
import jinja2.sandbox
import pytest
import yaml

from actors.front import NAME, backend, pound
from actors.ports import free_port
from actors.watched import Watched, wait_for

# Those that the sensors use, as homeassistant/helpers/template.py has them.
ENVIRONMENT = jinja2.sandbox.ImmutableSandboxedEnvironment()
ENVIRONMENT.filters["timestamp_utc"] = lambda value: (
    datetime.datetime.fromtimestamp(value, datetime.timezone.utc).isoformat())

KEYS = {
    "sensor": {"name", "unique_id", "device_class", "state_class",
               "unit_of_measurement", "value_template", "availability"},
    "binary_sensor": {"name", "unique_id", "device_class", "value_template"}}


def printed(front: Watched) -> dict:
    """The one resource, after what Home Assistant's schema would look at."""
    text = front.run_checked("ha-sensors", "-f", str(front.file))
    document = yaml.safe_load(text)
    assert list(document) == ["rest"]
    resource, = document["rest"]
    ids = set()
    for kind, known in KEYS.items():
        for sensor in resource[kind]:
            assert set(sensor) <= known
            assert all(isinstance(value, str) for value in sensor.values())
            assert sensor["unique_id"] not in ids
            ids.add(sensor["unique_id"])
    return resource


def render(template: str, status: dict) -> str:
    return ENVIRONMENT.from_string(template).render(
        value_json=status, value=json.dumps(status)).strip()


def states(resource: dict, status: dict) -> dict[str, str | None]:
    """The state of each sensor by its name; None: not available."""
    found = {}
    for kind in KEYS:
        for sensor in resource[kind]:
            name = sensor["name"].removeprefix("Gatehouse ")
            value = render(sensor["value_template"], status)
            available = render(sensor.get("availability", "True"), status)
            assert available in ("True", "False")
            assert len(value) <= 255
            found[name] = value if available == "True" else None
    return found


@pytest.fixture
def front(make_gateway, home_assistant) -> Watched:
    return make_gateway(Watched, home_assistant.address).start_ready()


def test_every_sensor_of_a_real_status(front, home_assistant):
    resource = printed(front)
    assert resource["resource"] \
        == f"http://127.0.0.1:{front.status_port}/status.json"
    with front.https() as client:
        assert client.request("GET", "/manifest.json").status == 200
    status = wait_for(
        front.status_json,
        lambda status: status["traffic"]["requests"]["2xx"] == 1
        and status["backends"][0]["state"] == "up")
    there = home_assistant.address
    now = states(resource, status)
    assert now[f"backend {there}"] == "True"
    assert now["problem"] == "True"
    assert now["problem text"].startswith(f"{NAME}")
    assert (now["requests"], now["failed requests"]) == ("1", "0")
    assert now["connections"] in ("0", "1")
    assert now["time to answer"].isdigit()
    expires = datetime.datetime.fromisoformat(now[f"{NAME} certificate expires"])
    assert expires.timestamp() == status["certificates"][0]["not_after"]
    assert float(now[f"{NAME} certificate days left"]) == pytest.approx(
        (expires.timestamp() - time.time()) / 86400, abs=0.2)


def test_all_is_well_and_what_is_not(front, home_assistant):
    resource = printed(front)
    status = front.status_json()
    cert, = status["certificates"]
    status["backends"][0]["state"] = "up"
    status["problems"] = []

    def problems(*texts: str) -> None:
        status["problems"] = [{"what": text, "advice": "Look at it."}
                              for text in texts]

    def text() -> str | None:
        now = states(resource, status)
        assert now["problem"] == str(now["problem text"] != "none")
        return now["problem text"]

    assert text() == "none"
    problems("no router")
    assert text() == "no router"
    status["backends"][0].update(state="down", error="Connection refused")
    there = home_assistant.address
    problems(f"{there} is down: Connection refused", "no router")
    assert text() == f"{there} is down: Connection refused; no router"
    assert states(resource, status)[f"backend {there}"] == "False"
    status["backends"].clear()
    assert states(resource, status)[f"backend {there}"] == "False"
    problems(f"{NAME}: " + "x" * 1000)
    assert text().startswith(f"{NAME}: xxx")
    cert.update(not_after=0, source="none")
    assert states(resource, status)[f"{NAME} certificate expires"] is None


def test_names_that_would_like_to_be_code(make_gateway):
    """A socket's path may hold anything."""
    front = make_gateway(Watched, f"127.0.0.1:{free_port()}")
    path = "/tmp/a'b}}{% x %}\\ #: &amp"
    quoted = path.replace("\\", "\\\\")
    front.configure(front.section() + f"""
        StateDir "{front.state_dir}"
        ListenHTTP
            Address 127.0.0.1
            Port {front.http_port}
            Service
                BackEnd
                    Address "{quoted}"
                End
            End
            Service
                BackEnd
                    Address "{quoted}"
                End
            End
        End
        """)
    resource = printed(front)
    assert [each["name"] for each in resource["binary_sensor"]] == [
        "Gatehouse problem", f"Gatehouse backend {path}"]
    status = {"backends": [{"name": path, "state": "up"}]}
    assert render(resource["binary_sensor"][1]["value_template"],
                  status) == "True"


def test_certificates_from_files(make_gateway, home_assistant):
    """Whom they are for is only known to who reads them: by their number."""
    front = make_gateway(Watched, home_assistant.address)
    front.configure(pound(home_assistant.address, top=front.section(),
                          names=(NAME, "b.test"))(front))
    front.start_ready()
    status = front.status_json()
    now = states(printed(front), status)
    for cert in status["certificates"]:
        assert datetime.datetime.fromisoformat(
            now[f"{cert['slot']} certificate expires"]).timestamp() \
            == cert["not_after"]


@pytest.mark.parametrize("lines, url, said", [
    ("", "http://127.0.0.1:{port}", "listens on this machine only"),
    ('Address 192.0.2.5\nACL\n"192.0.2.9"\nEnd', "http://192.0.2.5:{port}",
     "must have the address of Home Assistant"),
    ("Address 0.0.0.0", "http://127.0.0.1:{port}", "must be the address of"),
    ("Address ::", "http://127.0.0.1:{port}", "must be the address of"),
    ("Address 2001:db8::5", "http://[2001:db8::5]:{port}", "made by"),
    ('Address ::\nServerName "gw.local"', "http://gw.local:{port}", "made by"),
])
def test_where_they_ask(make_gateway, home_assistant, lines, url, said):
    front = make_gateway(Watched, home_assistant.address, lines)
    assert printed(front)["resource"] == url.format(
        port=front.status_port) + "/status.json"
    text = front.run_checked("ha-sensors", "-f", str(front.file))
    assert said in text
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert max(map(len, comments)) <= 80


def test_without_a_status_section(make_gateway, home_assistant):
    front = make_gateway(Watched, home_assistant.address)
    whole = front.file.read_text()
    front.configure(whole.replace(front.section(), ""))
    done = front.run("ha-sensors", "-f", str(front.file))
    assert (done.returncode, done.stdout) == (1, "")
    assert "has no Status section" in done.stderr
    lines = done.stderr.split("\n\n")[1]
    assert lines == "Status\nEnd"
    front.configure(lines + "\n" + front.file.read_text())
    assert printed(front)["resource"] == "http://127.0.0.1:9123/status.json"
    front.configure("Status\nnonsense\nEnd\n")
    done = front.run("ha-sensors", "-f", str(front.file))
    assert (done.returncode, done.stdout) == (1, "")
    assert "gatehouse check" in done.stderr
