"""gatehouse ha-trust: Home Assistant is made to trust the gateway."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import re
import signal
import struct
import subprocess
from pathlib import Path
from typing import Callable, Iterator

import pytest

from actors.authority import Authority
from actors.backend import Connection, ScriptedBackend
from actors.clock import Clock
from actors.front import NAME, Front, native
from actors.gateway import BUILD, Gateway
from actors.home_assistant import TOKEN, HomeAssistant, HomeAssistantSocket
from actors.terminal import Terminal

GOOD, BAD = 0, 1
GUEST = "guest-token"
DISTRUSTS = ["--no-forwarded"]
HOW_TO = ("make one in Home Assistant, as an administrator: your name at the "
          "bottom left, Security, Long-lived access tokens, Create token")
ADDED = ("127.0.0.1/32 and ::1/128 added to the trusted proxies of Home "
         "Assistant, which was restarted and trusts the gateway")
ALREADY = "Home Assistant trusts the gateway already"


class House:
    """A Home Assistant, and a configuration that leads to it."""

    def __init__(self, backend: HomeAssistant, front: Front, token: Path
                 ) -> None:
        self.backend = backend
        self.front = front
        self.token = token
        self.url = f"https://{NAME}:{front.https_port}"

    def run(self, *options: str, status: int = GOOD, token: str = TOKEN,
            **more) -> subprocess.CompletedProcess[str]:
        self.token.write_text(token + "\n")
        done = self.front.run("ha-trust", "-f", str(self.front.file),
                              "--token-file", str(self.token), *options,
                              **more)
        assert done.returncode == status, done
        assert token not in done.stdout + done.stderr
        return done

    def said(self, *options: str, **more) -> str:
        """What is printed of the one backend, without its name."""
        done = self.run(*options, **more)
        lines = done.stdout.removesuffix("\n")
        assert lines.startswith(f"{self.backend.place}: "), done
        return lines.removeprefix(f"{self.backend.place}: ")

    def settings(self) -> dict:
        with self.backend.client() as client:
            session = HomeAssistantSocket(client)
            answer = session.call("http/config")["result"]
            answer["external_url"] = session.call(
                "get_config")["result"]["external_url"]
        return answer

    def configure(self) -> None:
        with self.backend.client() as client:
            assert HomeAssistantSocket(client).call(
                "http/config/configure", config={
                    "server_port": self.backend.port,
                    "use_x_forwarded_for": True,
                    "trusted_proxies": ["127.0.0.1"]})["result"]["restart"]

    def trusts(self) -> bool:
        with self.backend.client() as client:
            status = client.request("GET", "/manifest.json", headers=[
                ("X-Forwarded-For", "192.0.2.7")]).status
        assert status in (200, 400)
        return status == 200

    def restarts(self, number: int) -> None:
        """So many, and never a failed login."""
        if number > 0:
            self.backend.wait_for_line(f"restarted: {number}$")
        counts = self.backend.wait_counters(restarts=number)
        assert counts["unauthorized"] == counts["wrong_logins"] == 0


@pytest.fixture
def make(make_gateway, tmp_path) -> Iterator[Callable[..., House]]:
    with contextlib.ExitStack() as stack:
        def build(*options: str, **more) -> House:
            backend = stack.enter_context(HomeAssistant(*options, **more))
            backend.place = f"127.0.0.1 port {backend.port}"
            token = tmp_path / "token"
            token.touch(mode=0o600)
            return House(backend, make_gateway(
                Front, native(backend.address)), token)

        yield build


def test_from_distrust_to_trust_in_one_command(make):
    house = make(*DISTRUSTS)
    before = house.settings()["stable"]
    done = house.run()
    assert done.stdout == (f"{house.backend.place}: {ADDED}\n"
                           f"external_url is now {house.url}\n")
    assert done.stderr.splitlines() == [f"gatehouse: {step}" for step in (
        "looking at Home Assistant",
        "changing the settings of Home Assistant",
        "waiting until Home Assistant has restarted",
        "looking whether Home Assistant trusts the gateway",
        "telling Home Assistant its public address")]
    house.restarts(1)
    assert house.trusts()
    after = house.settings()
    assert (after["active_config_type"], after["pending"],
            after["revert_at"]) == ("stable", None, None)
    assert after["external_url"] == house.url
    ours = {"use_x_forwarded_for": True,
            "trusted_proxies": ["127.0.0.1/32", "::1/128"]}
    del before["created_at"], after["stable"]["created_at"]
    assert after["stable"] == {**before, **ours}


def test_second_run_changes_nothing(make):
    house = make(*DISTRUSTS)
    house.run()
    kept = house.settings()
    assert house.said() == ALREADY
    house.restarts(1)
    assert house.settings() == kept


def test_other_proxies_are_kept(make):
    house = make("--trusted-proxy", "10.0.0.0/8",
                 "--trusted-proxy", "2001:db8::/32",
                 "--lost-mask", "192.168.1.9/24")
    house.run()
    assert house.settings()["stable"]["trusted_proxies"] == [
        "10.0.0.0/8", "2001:db8::/32", "192.168.1.0/24", "127.0.0.1/32", "::1/128"]


def test_trusted_by_a_larger_network_needs_no_restart(make):
    house = make("--trusted-proxy", "127.0.0.0/8")
    assert house.said() == f"external_url is now {house.url}"
    assert house.said() == ALREADY
    house.restarts(0)


def test_dry_run(make):
    house = make(*DISTRUSTS)
    kept = house.settings()
    assert house.said("--dry-run") == (
        "127.0.0.1/32 and ::1/128 would be added to the trusted proxies of "
        "Home Assistant, which restarts for that\n"
        f"external_url would become {house.url}")
    house.restarts(0)
    assert house.settings() == kept


def test_json(make):
    house = make(*DISTRUSTS)
    done = house.run("--json")
    assert done.stderr == ""
    assert json.loads(done.stdout) == [{
        "backend": house.backend.place, "end": "done", "url_set": True,
        "text": f"{ADDED}\nexternal_url is now {house.url}"}]


def test_default_settings_at_the_legacy_port(make):
    """Left out, the port would become 80, which is not free."""
    house = make(*DISTRUSTS, "--legacy-port")
    assert house.settings()["active_config_type"] == "default_legacy_port"
    house.run()
    assert house.settings()["stable"]["server_port"] == 8123
    assert house.trusts()


def test_home_assistant_that_is_still_starting(make):
    house = make(*DISTRUSTS, "--not-running", "2")
    done = house.run()
    assert done.stderr.count("waiting until Home Assistant has started") == 2
    assert ADDED in done.stdout
    house.restarts(1)


def test_answer_is_lost_in_the_restart(make):
    house = make(*DISTRUSTS, "--lose-answer")
    assert house.said().startswith(ADDED)
    house.restarts(1)


def test_fragments_arrays_and_pings(make):
    house = make(*DISTRUSTS, "--awkward")
    assert house.said().startswith(ADDED)


def test_settings_that_do_not_help_are_not_kept(make):
    house = make(*DISTRUSTS, "--sees", "172.17.0.1")
    said = house.said(status=BAD)
    assert re.fullmatch(
        r"with the new settings Home Assistant still does not trust the "
        r"gateway: it trusts 127\.0\.0\.1, but its log says that requests "
        r"with X-Forwarded-For came from 172\.17\.0\.1; if that is this "
        r"machine, add it to the trusted proxies in its settings for HTTP\. "
        r"Home Assistant takes the change back by itself at "
        r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ", said)
    os.kill(house.backend.pid, signal.SIGUSR1)      # that is now
    house.restarts(2)
    settings = house.settings()
    assert settings["active_config_type"] == "stable"
    assert settings["pending"]["error"] == "not_promoted"
    assert not house.trusts()


def test_our_address_is_in_the_list_and_another_one_is_seen(make):
    house = make("--trusted-proxy", "127.0.0.1", "--sees", "172.17.0.1")
    assert house.said(status=BAD) == (
        "it trusts 127.0.0.1, but its log says that requests with "
        "X-Forwarded-For came from 172.17.0.1; if that is this machine, add "
        "it to the trusted proxies in its settings for HTTP")
    house.restarts(0)


def test_settings_that_cannot_be_used(make):
    house = make(*DISTRUSTS, "--trial", "unusable")
    assert house.said(status=BAD) == (
        "Home Assistant could not start with the new settings (Failed to "
        "create HTTP server), and runs with the old ones")
    assert not house.trusts()


def test_settings_that_are_not_kept(make):
    house = make(*DISTRUSTS, "--trial", "unkept")
    assert house.said(status=BAD).startswith(
        "Home Assistant does not keep the new settings: No space left on "
        "device. Home Assistant takes the change back by itself at 20")


def test_run_that_was_interrupted_is_finished(make):
    house = make(*DISTRUSTS)
    house.configure()
    house.restarts(1)
    assert house.settings()["active_config_type"] == "pending"
    assert house.said("--dry-run").startswith(
        "the settings that Home Assistant has on trial would be kept: with "
        "them it trusts the gateway\n")
    assert house.said().startswith(
        "the settings that Home Assistant had on trial are kept: with them "
        "it trusts the gateway\n")
    assert house.settings()["active_config_type"] == "stable"
    house.restarts(1)


def test_stand_in_takes_back_what_nobody_keeps(make):
    house = make(*DISTRUSTS, "--revert-after", "0.1")
    house.configure()
    house.restarts(2)
    assert house.settings()["pending"]["error"] == "not_promoted"


@pytest.mark.release    # libfaketime and a sanitizer want to be first
def test_home_assistant_that_does_not_come_back(make, tmp_path):
    """Four minutes pass at once, for us alone."""
    house = make(*DISTRUSTS, "--never-back")
    clock = Clock(tmp_path / "clock", "gatehouse")
    clock.environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "0"
    house.token.write_text(TOKEN)
    with subprocess.Popen(
            [BUILD / "bin/gatehouse", "ha-trust", "-f", house.front.file,
             "--token-file", house.token], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
            env=os.environ | clock.environment) as child:
        for line in child.stderr:
            if "until Home Assistant has restarted" in line:
                break
        clock.shift(245)
        said = child.stdout.read()
    assert child.returncode == BAD
    assert said == (
        f"{house.backend.place}: Home Assistant has not come back within 4 "
        "minutes of the new settings; it takes them back by itself 5 minutes "
        "after its start. Look at its log, then try again\n")


def test_settings_that_are_refused(make):
    house = make(*DISTRUSTS, "--trial", "refused")
    assert house.said(status=BAD) == (
        "Home Assistant refuses the new settings: Failed to bind to port "
        f"{house.backend.port}; nothing was changed")
    house.restarts(0)


@pytest.mark.parametrize("version, wants_yaml", [
    ("2026.4.2", True), ("2026.7.3", True)])
def test_version_with_yaml(make, version, wants_yaml):
    house = make(*DISTRUSTS, "--version", version)
    assert house.run(status=BAD).stdout == (
        f"{house.backend.place}: this Home Assistant reads its settings from "
        "a file. Add this to its configuration.yaml and restart it:\n"
        "  http:\n    use_x_forwarded_for: true\n    trusted_proxies:\n"
        "      - 127.0.0.1\n      - ::1\n")
    assert json.loads(house.run("--json", status=BAD).stdout)[0]["end"] \
        == "yaml"


def test_version_with_yaml_that_trusts_us(make):
    house = make("--version", "2026.4.2")
    assert house.said() == f"external_url is now {house.url}"
    assert house.said() == ALREADY


def test_token_that_it_does_not_know(make):
    house = make(*DISTRUSTS)
    assert house.said(token="wrong", status=BAD) == (
        f"no login: Home Assistant does not know this token; {HOW_TO}")
    counts = house.backend.counters()
    assert counts["wrong_logins"] == 1
    assert counts["unauthorized"] == 0


def test_text_that_is_no_token(make):
    house = make(*DISTRUSTS)
    said = house.said(token='a "quoted" one', status=BAD)
    assert said.startswith("no login: this is no token: one is a single word")
    house.restarts(0)


def test_token_of_nobody_in_charge(make):
    house = make(*DISTRUSTS, "--guest-token", GUEST)
    assert house.said(token=GUEST, status=BAD) == (
        "this token is not an administrator's, who alone may change the "
        f"settings for HTTP: {HOW_TO}")
    assert not house.trusts()


def test_token_file_that_others_may_read(make):
    house = make()
    house.token.chmod(0o640)
    assert (f"gatehouse: warning: {house.token} can be read by others; say "
            f"`chmod 600 {house.token}`\n") in house.run().stderr


@pytest.mark.parametrize("content, said", [
    (None, "No such file or directory"),
    ("\nsecond line", "has nothing in its first line")])
def test_token_file_without_a_token(make, content, said):
    house = make()
    if content is None:
        house.token.unlink()
    else:
        house.token.write_text(content)
    done = house.front.run("ha-trust", "-f", str(house.front.file),
                           "--token-file", str(house.token))
    assert done.returncode == BAD
    assert said in done.stderr and str(house.token) in done.stderr


def ask(house: House) -> Terminal:
    return Terminal([BUILD / "bin/gatehouse", "ha-trust", "-f",
                     house.front.file])


def test_token_is_asked_for_and_not_shown(make):
    house = make(*DISTRUSTS)
    with ask(house) as terminal:
        terminal.wait_for(b"Enter for none): ")
        terminal.type(TOKEN.encode() + b"\n")
        terminal.wait_for(b"external_url is now")
        assert terminal.wait_ended() == GOOD
    assert TOKEN.encode() not in terminal.output
    assert house.trusts()


def test_enter_skips_the_question(make):
    house = make(*DISTRUSTS)
    with ask(house) as terminal:
        terminal.wait_for(b"Enter for none): ")
        terminal.type(b"\n")
        terminal.wait_for(b"within 5 minutes of the restart\r\n")
        assert terminal.wait_ended() == BAD
    assert (b"switch X-Forwarded-For on, add 127.0.0.1/32 and ::1/128 to the "
            b"trusted proxies" in terminal.output)
    assert all(len(line) <= 80 for line in terminal.output.split(
        b"Enter for none")[0].splitlines())
    house.restarts(0)


def test_signal_during_the_question(make):
    house = make(*DISTRUSTS)
    with ask(house) as terminal:
        terminal.wait_for(b"Enter for none): ")
        terminal.type(b"half a tok\x03")
        assert terminal.wait_ended() == -signal.SIGINT


def test_stop_during_the_question(make):
    house = make(*DISTRUSTS)
    with ask(house) as terminal:
        terminal.wait_for(b"Enter for none): ")
        terminal.kill(signal.SIGTSTP)
        terminal.wait_stopped()
        since = terminal.mark()
        terminal.kill(signal.SIGCONT)
        terminal.wait_for(b"Enter for none): ", since=since)
        terminal.type(TOKEN.encode() + b"\n")
        terminal.wait_for(b"external_url is now")
        assert terminal.wait_ended() == GOOD
    assert TOKEN.encode() not in terminal.output


def test_nobody_is_asked_without_need(make):
    house = make()
    with ask(house) as terminal:
        terminal.wait_for(ALREADY.encode())
        assert terminal.wait_ended() == GOOD
    done = make(*DISTRUSTS).front.run("ha-trust", "-f", str(house.front.file))
    assert (done.returncode, "Enter for none" in done.stderr) == (GOOD, False)


def test_no_home_assistant(make):
    house = make()
    house.backend.stop()
    done = house.run(status=BAD)
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        f"gatehouse: {house.backend.place}: Connection refused",
        f"gatehouse: no backend of {house.front.file} answers as Home "
        "Assistant: start it, or see `gatehouse doctor`"]


def test_backend_with_a_name(make, make_gateway):
    """Its address is known to the gateway, while that runs."""
    house = make(*DISTRUSTS)
    house.front = make_gateway(Front, native(
        f"localhost:{house.backend.port}"))
    house.backend.place = f"localhost port {house.backend.port}"
    assert house.run(status=BAD).stderr.splitlines()[0] == (
        f"gatehouse: {house.backend.place}: the gateway knows no address of "
        "this name")
    house.front.start_ready()
    house.front.wait_for_line("backend localhost is at")
    assert house.said().startswith(ADDED)


@pytest.mark.parametrize("vouched", [True, False])
def test_home_assistant_with_tls(make_gateway, tmp_path, vouched):
    authority = Authority(tmp_path)
    chain, key = authority.issue("127.0.0.1")
    both = tmp_path / "both.pem"
    both.write_text(chain.read_text() + key.read_text())
    token = tmp_path / "token"
    token.touch(mode=0o600)
    token.write_text(TOKEN)
    with HomeAssistant(*DISTRUSTS, "--certificate", str(both)) as backend:
        gateway = make_gateway(Gateway)
        ca = f'CAFile "{authority.ca_file}"' if vouched else ""
        gateway.configure(
            f'StateDir "{gateway.state_dir}"\nListenHTTP\n Address 127.0.0.1'
            f"\n Port 8080\n Service\n  BackEnd\n   Address 127.0.0.1\n"
            f"   Port {backend.port}\n   HTTPS\n   {ca}\n  End\n End\nEnd\n")
        done = gateway.run("ha-trust", "-f", str(gateway.file),
                           "--token-file", str(token))
    if vouched:
        assert done.returncode == GOOD, done
        assert done.stdout.endswith(f": {ADDED}\n")
    else:
        assert done.returncode == BAD
        assert "certificate" in done.stderr


# What answers in place of its WebSocket

MANIFEST = (b"HTTP/1.1 200 OK\r\nContent-Length: 25\r\nConnection: close\r\n"
            b"\r\n" + b'{"name":"Home Assistant"}')
REFUSED = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
SECRET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(text: str, opcode: int = 1) -> bytes:
    length = (bytes([len(text)]) if len(text) < 126
              else struct.pack(">BH", 126, len(text)) if len(text) < 65536
              else struct.pack(">BQ", 127, len(text)))
    return bytes([0x80 | opcode]) + length + text.encode()


MEET = frame('{"type":"auth_required","ha_version":"2026.9.1"}')
LET_IN = frame('{"type":"auth_ok"}')


def stranger(first: bytes, *answers: bytes, accept: bytes | None = None
             ) -> Callable[[Connection], None]:
    """Nearly a Home Assistant. After the upgrade it says `first`, and each
    of the answers to a frame of the client."""
    def behave(connection: Connection) -> None:
        head = connection.read_head()
        key = re.search(rb"\r\nSec-WebSocket-Key: (\S+)\r\n", head)
        if key is None:
            connection.send(REFUSED if b"X-Forwarded-For" in head
                            else MANIFEST)
            return
        digest = hashlib.sha1(key[1] + SECRET).digest()
        if not first.startswith(b"HTTP/"):
            connection.send(
                b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                b"Upgrade: websocket\r\nSec-WebSocket-Accept: "
                + (accept or base64.b64encode(digest)) + b"\r\n\r\n")
        connection.send(first)
        for answer in answers:
            connection.receive()
            connection.send(answer)
        with contextlib.suppress(OSError):      # it may have gone first
            connection.finish_sending()
        connection.read_to_end()

    return behave


def many(*results: str) -> bytes:
    return b"".join(map(frame, results))


LATER = "try again when it has started"
TELLS_NOT = "Home Assistant does not tell its settings: "


@pytest.mark.parametrize("behaviour, said", [
    (stranger(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
     "no login: Home Assistant has banned this machine: take it out of its "
     f"ip_bans.yaml and restart it; {LATER}"),
    (stranger(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
     "no login: the WebSocket of Home Assistant is answered with 200; "
     + LATER),
    (stranger(MEET, accept=b"dGhlIHNhbXBsZSBub25jZQ=="),
     "no login: what answers in place of Home Assistant is no WebSocket; "
     + LATER),
    (stranger(frame('{"type":"auth_ok"}')),
     "no login: the WebSocket is not that of Home Assistant; " + LATER),
    (stranger(b""), "no login: it closed its WebSocket; " + LATER),
    (stranger(frame("", 8)), "no login: it closed its WebSocket; " + LATER),
    (stranger(b"\x82\x01x"), "no login: what it says on its WebSocket makes "
     "no sense; " + LATER),
    (stranger(frame("what?")), "no login: what it says on its WebSocket "
     "makes no sense; " + LATER),
    (stranger(frame("")), "no login: what it says on its WebSocket makes no "
     "sense; " + LATER),
    (stranger(MEET, frame('{"type":"pong"}')),
     "no login: what answers the login is not Home Assistant; " + LATER),
    (stranger(MEET, LET_IN), TELLS_NOT + "it closed its WebSocket; " + LATER),
    (stranger(MEET, LET_IN, frame(" " * 1048577)), TELLS_NOT
     + "what it says on its WebSocket makes no sense; " + LATER),
    (stranger(MEET, LET_IN, many(
        '{"id":2,"type":"result","success":true,"result":7}', '[[],7]',
        '{"id":1,"type":"result","success":false,"error":{"code":"odd"}}')),
     TELLS_NOT + "odd; " + LATER),
    (stranger(MEET, LET_IN, many(
        '[7,{"id":1,"type":"result","success":true,"result":null}]')),
     TELLS_NOT + "what Home Assistant says of its HTTP settings makes no "
     "sense to this version of Gatehouse; " + LATER),
], ids=["banned", "no-upgrade", "wrong-accept", "no-welcome", "end", "close",
        "binary", "no-json", "nothing", "no-login", "end-after-login", "too-long",
        "odd-refusal", "no-settings"])
def test_what_is_not_home_assistant(make_gateway, tmp_path, behaviour, said):
    token = tmp_path / "token"
    token.touch(mode=0o600)
    token.write_text(TOKEN)
    with ScriptedBackend(behaviour) as backend:
        front = make_gateway(Front, native(backend.address))
        done = front.run("ha-trust", "-f", str(front.file),
                         "--token-file", str(token))
    assert done.returncode == BAD
    assert done.stdout == f"127.0.0.1 port {backend.port}: {said}\n"


def test_largest_message(make_gateway, tmp_path):
    """1 MiB is taken, and another message waits behind it."""
    settings = json.dumps({"id": 1, "type": "result", "success": True,
                           "result": {"active_config_type": "stable",
                                      "stable": {"server_port": 1,
                                                 "filler": "%"}}})
    settings = settings.replace("%", "x" * (1048576 - len(settings) + 1))
    behaviour = stranger(MEET, LET_IN, many("{}", settings, "{}"))
    token = tmp_path / "token"
    token.touch(mode=0o600)
    token.write_text(TOKEN)
    with ScriptedBackend(behaviour) as backend:
        front = make_gateway(Front, native(backend.address))
        done = front.run("ha-trust", "-f", str(front.file), "--dry-run",
                         "--token-file", str(token))
    assert "127.0.0.1/32 and ::1/128 would be added" in done.stdout


# gatehouse doctor --ha-token-file

def examine(house: House, token: str = TOKEN) -> dict[str, tuple[str, ...]]:
    """Verdict, evidence and cure of what is found in the settings."""
    house.token.write_text(token)
    done = house.front.run("doctor", "--json", "-f", str(house.front.file),
                           "--ha-token-file", str(house.token))
    assert token not in done.stdout + done.stderr
    return {row["subject"].removesuffix(f" of {house.backend.place}"):
            (row["verdict"], row["evidence"], row["cure"])
            for row in json.loads(done.stdout)["checks"]
            if row["check"] == "settings"}


SAY = "Say `gatehouse ha-trust`, which sees to it."


def test_doctor_before_and_after(make):
    house = make(*DISTRUSTS)
    assert examine(house) == {
        "trusted proxies": (
            "warn", "they have no 127.0.0.1, the address that we come from",
            SAY),
        "external URL": ("warn", f"is not set, and we serve {house.url}",
                         SAY)}
    house.run()
    assert examine(house) == {
        "trusted proxies": ("ok", "they have 127.0.0.1", ""),
        "external URL": ("ok", f"is {house.url}", "")}


def test_doctor_during_a_trial(make):
    house = make(*DISTRUSTS)
    house.configure()
    house.restarts(1)
    verdict, evidence, cure = examine(house)["trusted proxies"]
    assert re.fullmatch(r"they have 127\.0\.0\.1 on trial only; Home "
                        r"Assistant takes that back at .{19}Z", evidence)
    assert (verdict, cure) == ("warn", "Say `gatehouse ha-trust` before that.")


def test_doctor_with_a_version_with_yaml(make):
    house = make("--version", "2026.4.2")
    assert examine(house)["trusted proxies"] == (
        "skipped", "because this version has them in its configuration.yaml",
        "")


def test_doctor_with_host_bits(make):
    house = make("--lost-mask", "192.168.1.9/24")
    assert examine(house)["trusted proxies"] == (
        "warn", "'192.168.1.9/24' is no network: Home Assistant refuses the "
        "list when it is next changed",
        "Correct it in Home Assistant: Settings, System, Network, HTTP. The "
        "bits behind the mask must be zero.")


@pytest.mark.parametrize("token, said, more", [
    ("wrong", "Home Assistant does not know this token", {"settings"}),
    (GUEST, "Unauthorized", {"trusted proxies", "external URL"})])
def test_doctor_with_a_wrong_token(make, token, said, more):
    house = make("--guest-token", GUEST)
    found = examine(house, token)
    assert set(found) == more
    verdict, evidence, cure = found[min(more - {"external URL"})]
    assert (verdict, evidence) == ("warn", said)
    assert "administrator" in cure


def test_doctor_without_a_token_asks_for_none(make):
    house = make()
    done = house.front.run("doctor", "--json", "-f", str(house.front.file))
    assert not [row for row in json.loads(done.stdout)["checks"]
                if row["check"] == "settings"]
