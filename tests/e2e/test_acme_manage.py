"""What a person asks of a CA beside certificates, and webhooks."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Iterator

import pytest

from actors.acme_job import Job
from actors.fake_ca import SILENCE, URN, FakeCA, Reply, html, problem
from actors.ports import free_port

LADDER, GATE, DAILY, LOST = range(4)


@pytest.fixture
def ca() -> Iterator[FakeCA]:
    with FakeCA() as made:
        made.offer(revokeCert="/revoke", keyChange="/keys")
        made.say("/revoke", Reply())
        made.say("/keys", Reply())
        made.say("/account/1", Reply({"status": "valid", "contact": [
            "mailto:a@example.com"]}))
        yield made


@pytest.fixture
def job(ca: FakeCA) -> Job:
    """With an account."""
    made = Job(directory=ca.directory, ca_file=str(ca.ca_file))
    made.run().failure
    ca.requests.clear()
    return made


# --- the account ------------------------------------------------------------

def test_contact_that_is_taken_away(ca: FakeCA, job: Job):
    ca.say("/account/1", Reply({"status": "valid"}))
    assert job.run("ACCOUNT", arg="update").done.endswith(
        "is valid, without a contact")
    assert ca.payloads("/account/1") == [{"contact": []}]


def test_what_the_ca_says_is_escaped(ca: FakeCA, job: Job):
    ca.say("/account/1", Reply({"status": "\x1b[2J", "contact": [7, "\n"]}))
    assert job.run("ACCOUNT", arg="show").done.endswith(
        r"is \x1b[2J, contact ? \x0a")


def test_unknown_act(ca: FakeCA, job: Job):
    assert job.run("ACCOUNT", arg="sell").failure["problem"] == "local"
    assert not ca.requests


def test_key_that_the_ca_refuses(ca: FakeCA, job: Job):
    ca.say("/keys", problem("badPublicKey"))
    old = job.store.account_key
    done = job.run("ACCOUNT", arg="roll")
    assert done.failure["problem"] == URN + "badPublicKey"
    assert job.store.account_key == old


@pytest.mark.parametrize("reply", [SILENCE, html(502)])
def test_key_of_which_nobody_knows(ca: FakeCA, job: Job, reply: Reply):
    """Both stay until the CA says which it has."""
    ca.say("/keys", reply)
    old = job.store.account_key
    job.run("ACCOUNT", arg="roll").failure
    both = job.store.account_key
    assert both.startswith(old) and both != old
    ca.say("/account", problem("accountDoesNotExist"), Reply(
        {"status": "valid"}, 200, {"Location": ca.url("/account/1")}))
    done = job.run("ACCOUNT", arg="show")
    assert "the account has its new key" in done.log
    assert old + job.store.account_key == both
    assert ca.payloads("/account") == [{"onlyReturnExisting": True}] * 2


def test_neither_key_is_known(ca: FakeCA, job: Job):
    """The CA has lost the account: it is made again."""
    ca.say("/keys", SILENCE)
    job.run("ACCOUNT", arg="roll").failure
    ca.say("/account", problem("accountDoesNotExist"),
           problem("accountDoesNotExist"),
           Reply({"status": "valid"}, 201, {"Location": ca.url("/account/2")}))
    job.store.order_url = ""
    assert job.run().failure["problem"] == URN + "badCSR"
    assert job.store.account_key.count("BEGIN PRIVATE KEY") == 1
    assert job.store.account_url == ca.url("/account/2")


def test_ca_that_changes_no_keys(ca: FakeCA, job: Job):
    del ca.scripts["/dir"][0].body["keyChange"]
    done = job.run("ACCOUNT", arg="roll")
    assert "does not change keys" in done.failure["detail"]
    assert not done.fields("ACCOUNT_SAVE")


@pytest.mark.parametrize("reply", [SILENCE, html(502)])
def test_account_that_may_still_be_there_is_kept(
        ca: FakeCA, job: Job, reply: Reply):
    ca.say("/account/1", reply)
    done = job.run("ACCOUNT", arg="deactivate")
    assert done.failure
    assert not done.fields("ACCOUNT_SAVE")


def test_wrong_clock_does_not_keep_from_revoking(ca: FakeCA, job: Job):
    ca.scripts["/dir"][0].headers["Date"] = "Mon, 01 Jan 2001 00:00:00 GMT"
    assert job.run("REVOKE", certificate=ca.certificate()).done


# --- revocation -------------------------------------------------------------

@pytest.mark.parametrize("arg, reason", [("", None), ("0", 0), ("10", 10)])
def test_reason(ca: FakeCA, job: Job, arg: str, reason: int | None):
    job.run("REVOKE", certificate=ca.certificate(), arg=arg).done
    assert ca.payloads("/revoke")[0].get("reason") == reason


@pytest.mark.parametrize("arg", ["11", "x", "-1", "1 "])
def test_reason_that_is_none(ca: FakeCA, job: Job, arg: str):
    failure = job.run("REVOKE", certificate=ca.certificate(), arg=arg).failure
    assert failure["problem"] == URN + "badRevocationReason"
    assert ca.count("/revoke") == 0


def test_certificate_that_is_none(ca: FakeCA, job: Job):
    assert job.run("REVOKE", certificate="x").failure["problem"] == "state"


def test_key_of_another_certificate(ca: FakeCA, job: Job):
    ca.say("/revoke", problem("unauthorized", 403))
    failure = job.run("REVOKE", certificate=ca.certificate(),
                      reuse_key=job.store.account_key).failure
    assert failure["detail"] == "the key is not the certificate's"
    assert ca.count("/revoke") == 1


def test_nothing_to_revoke_with(ca: FakeCA):
    job = Job(directory=ca.directory, ca_file=str(ca.ca_file))
    assert job.run("REVOKE", certificate=ca.certificate()
                   ).failure["problem"] == "account"
    assert ca.count("/account") == 0


# --- webhooks ---------------------------------------------------------------

class Hook(HTTPServer):
    """A webhook over plain HTTP."""

    def __init__(self, status: int) -> None:
        self.heard: list[tuple[str, str, bytes]] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                owner.heard.append((self.path, self.headers["Content-Type"],
                                    self.rfile.read(length)))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_args) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.serve_forever,
                                       kwargs={"poll_interval": 0.01})
        self.thread.start()

    def __exit__(self, *_exc) -> None:
        self.shutdown()
        self.thread.join()
        self.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/api/webhook/hush"


TEXT = json.dumps({"event": "issued", "names": ["gw.test"]})


@pytest.mark.parametrize("status", [200, 204])
def test_webhook_is_told(status: int):
    with Hook(status) as hook:
        done = Job().run("NOTIFY", directory=hook.url, arg=TEXT)
    assert done.done == "the webhook was told"
    assert hook.heard == [
        ("/api/webhook/hush", "application/json", TEXT.encode())]
    assert "hush" not in done.log


@pytest.mark.parametrize("status", [301, 404, 500])
def test_webhook_that_refuses(status: int):
    with Hook(status) as hook:
        done = Job().run("NOTIFY", directory=hook.url, arg=TEXT)
    assert done.failure["problem"] == "refused"
    assert done.failure["detail"] == f"the webhook answered {status}"
    assert len(hook.heard) == 1


def test_webhook_over_https(ca: FakeCA):
    ca.say("/hook", Reply())
    Job(ca_file=str(ca.ca_file)).run(
        "NOTIFY", directory=ca.url("/hook"), arg=TEXT).done
    assert ca.payloads("/hook") == [json.loads(TEXT)]


def test_webhook_that_is_not_there():
    done = Job().run("NOTIFY", arg=TEXT, directory=(
        f"http://127.0.0.1:{free_port()}/api/webhook/hush"))
    assert done.failure["problem"] == "unreachable"
    assert done.failure["advice"].startswith("Check the Webhook")
    assert "hush" not in done.log + str(done.messages)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_webhook_of_another_kind(url: str):
    assert "not an http:// or https:// URL" in Job().run(
        "NOTIFY", directory=url, arg=TEXT).failure["detail"]


def test_authority_without_https_is_not_asked():
    assert "not an https:// URL" in Job(
        directory="http://127.0.0.1:1/dir").run().failure["detail"]
