"""What a person asks of a certificate authority beside renewals."""

from __future__ import annotations

from actors.client import tls_context
from actors.front import NAME
from actors.pebble import Pebble
from actors.store import Store


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
            f"{NAME}: the dry run succeeded: {pebble.directory} issued ")
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
        before = front.status()["certificates"]
        pebble.stop()
        done = front.run("renew", "--dry-run", "-f", str(front.file))
        assert done.returncode == 1
        assert done.stderr.startswith(f"{NAME}: ")
        assert front.status()["certificates"] == before
