"""What a person asks of a certificate authority beside renewals."""

from __future__ import annotations

import datetime
import json
import queue
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Iterator

import pytest

from actors.client import tls_context
from actors.front import NAME, Front
from actors.pebble import Pebble
from actors.store import Store


def settled(front: Front) -> dict:
    """The row of the certificate, when it says that all is well."""
    deadline = time.monotonic() + 10
    while True:
        row, = front.status()["certificates"]
        if row["state"] == "valid" and row["problem"] == "":
            return row
        assert time.monotonic() < deadline, row


def test_dry_run_changes_nothing(issued):
    with Pebble() as pebble:
        trusted = tls_context(pebble.root_file())
        front = issued(pebble).start_ready()
        front.wait_certificate()
        store = Store(front.state_dir)
        serials = store.serials(NAME)
        said = front.run_checked(
            "renew", "--dry-run", NAME, "-f", str(front.file))
        assert said.startswith(
            f"{NAME}: the dry run with {pebble.directory} succeeded: ")
        assert (pebble.new_accounts, pebble.new_orders) == (1, 2)
        assert store.serials(NAME) == serials
        assert f"{NAME}.order.pem" not in store.names()
        with front.https(tls=trusted) as client:
            assert [client.peer_serial()] == serials
        store.check()


def test_dry_run_fails(issued):
    """What is wrong is said; the certificate's own schedule stays."""
    with Pebble() as pebble:
        front = issued(pebble).start_ready()
        front.wait_certificate()
        before = settled(front)
        pebble.stop()
        done = front.run("renew", "--dry-run", "-f", str(front.file))
        assert done.returncode == 1
        assert done.stderr.startswith(f"{NAME}: ")
        after, = front.status()["certificates"]
        assert {name for name in after if after[name] != before[name]} == set()


def test_revoked_certificate_is_replaced(issued):
    """At once, and with another key; clients notice nothing."""
    with Pebble() as pebble:
        trusted = tls_context(pebble.root_file())
        front = issued(pebble).start_ready()
        front.wait_certificate()
        store, since = Store(front.state_dir), front.mark()
        before = store.pair(f"{NAME}.pem")
        said = front.run_checked("revoke", NAME, "--yes", "--reason",
                                 "keyCompromise", "-f", str(front.file))
        serial = format(before.serial_number, "x")
        assert re.fullmatch(rf"{NAME}: serial 0*{serial} is revoked; "
                            "a new certificate is being obtained\n", said)
        front.wait_certificate(since=since)
        after = store.pair(f"{NAME}.pem")
        assert after.serial_number != before.serial_number
        assert after.public_key() != before.public_key()
        with front.https(tls=trusted) as client:
            assert client.peer_serial() == after.serial_number
        row = settled(front)
        assert (row["directory"], row["issued_by"]) == (
            pebble.directory, pebble.directory)
        assert (row["attempts"], row["failures"]) == (2, 0)
        store.check()


def test_account_commands(issued):
    with Pebble() as pebble:
        front = issued(pebble).start_ready()
        front.wait_certificate()
        account, = front.state_dir.glob("accounts/*")
        url, key = ((account / name).read_text() for name in (
            "url", "key.pem"))

        def ask(*words: str) -> str:
            return front.run_checked("account", *words, "-f", str(front.file))

        assert ask() == ask("show", "--acme", "default")
        assert f"account {url} is valid" in ask()
        front.configure(front.file.read_text().replace(
            "ACME\n", 'ACME\n    Email "new@example.org"\n')).reload()
        assert "mailto:new@example.org" in ask("update")
        ask("roll")
        assert (account / "key.pem").read_text() != key
        assert (account / "url").read_text() == url
        front.run_checked("renew", "-f", str(front.file))
        assert pebble.new_accounts == 1
        ask("deactivate", "--yes")
        front.run_checked("renew", "-f", str(front.file))
        assert pebble.new_accounts == 2
        assert (account / "url").read_text() != url
        Store(front.state_dir).check()


class Webhook(BaseHTTPRequestHandler):
    """Keeps what it is told in its server's queue."""

    def do_POST(self) -> None:
        self.server.told.put(json.loads(
            self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_args) -> None:
        pass


@pytest.fixture
def webhook() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    server.told = queue.Queue()
    thread = threading.Thread(target=server.serve_forever,
                              kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_hook_and_webhook_hear_of_a_certificate(issued, webhook):
    with Pebble() as pebble:
        front = issued(pebble)
        hook = front.directory / "hook"
        hook.write_text('#!/bin/sh\necho "$GATEHOUSE_EVENT '
                        '$GATEHOUSE_NAMES $GATEHOUSE_NOT_AFTER"\n')
        hook.chmod(0o755)
        front.configure(front.file.read_text().replace(
            "ACME\n", f'ACME\n    Hook "{hook}"\n    Webhook '
            f'"http://127.0.0.1:{webhook.server_port}/secret"\n'))
        front.start_ready()
        front.wait_certificate()
        end = int(Store(front.state_dir).pair(
            f"{NAME}.pem").not_valid_after.replace(
                tzinfo=datetime.timezone.utc).timestamp())
        assert webhook.told.get(timeout=10) == {
            "event": "issued", "names": [NAME], "not_after": end,
            "problem": ""}
        front.wait_for_line(f"hook: issued {NAME} {end}")
        assert front.count("/secret") == 0
