"""gatehouse-acme against a real CA, with the test as its supervisor."""

from __future__ import annotations

import datetime
import re
from typing import Iterator

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding, PublicFormat, load_pem_private_key)
from cryptography.x509.oid import NameOID

from actors.acme_job import ChallengeServer, Job, Store
from actors.pebble import Pebble, newer_programs

URN = "urn:ietf:params:acme:error:"
LADDER, GATE, DAILY, LOST = range(4)
NEW_ACCOUNT = r"POST /sign-me-up -> calling handler\(\)"


@pytest.fixture(scope="module", params=["installed", "newer"])
def pebble(request) -> Iterator[Pebble]:
    programs = newer_programs() if request.param == "newer" else None
    if request.param == "newer" and programs is None:
        pytest.skip("no Pebble of 2.10 or later: tests/newer-pebble gets it")
    with Pebble(nonce_reject=0, programs=programs) as ca:
        yield ca


@pytest.fixture
def job(pebble: Pebble) -> Iterator[Job]:
    with ChallengeServer(pebble.http_port) as server:
        yield job_at(pebble, server)


def job_at(ca: Pebble, server: ChallengeServer, **options) -> Job:
    return Job(server.answers, directory=ca.directory,
               ca_file=str(ca.ca_file), **options)


def key_fits(pem: bytes, certificate: x509.Certificate) -> bool:
    """Is the private key in the text the certificate's?"""
    ours, theirs = (key.public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for key in (
            load_pem_private_key(pem, None).public_key(),
            certificate.public_key()))
    return ours == theirs


def date_of(leaf: x509.Certificate, name: str) -> datetime.datetime:
    """A date of a certificate; since cryptography 42 it knows its zone."""
    if hasattr(leaf, f"{name}_utc"):
        return getattr(leaf, f"{name}_utc")
    return getattr(leaf, name).replace(tzinfo=datetime.timezone.utc)


def chain_of(issued: dict) -> list[x509.Certificate]:
    return [x509.load_pem_x509_certificate(pem) for pem in re.findall(
        rb"-----BEGIN CERT.*?-----END CERT\w+-----\n", issued["pem"], re.S)]


def key_of(issued: dict) -> bytes:
    return re.search(rb"-----BEGIN PRIV.*?-----END.*?\n", issued["pem"],
                     re.S)[0]


def common_name(name: x509.Name) -> str:
    return name.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value


def names_of(issued: dict) -> set[str]:
    """The names of a certificate whose key and dates are checked as well."""
    pem = issued["pem"]
    leaf, *issuers = chain_of(issued)
    assert issuers
    assert key_fits(pem, leaf)
    assert int(issued["serial"], 16) == leaf.serial_number
    for field, date in (("not_before", "not_valid_before"),
                        ("not_after", "not_valid_after")):
        assert issued[field] == date_of(leaf, date).timestamp()
    san = leaf.extensions.get_extension_for_class(
        x509.SubjectAlternativeName).value
    return {str(name.value) for name in san}


def test_first_certificate(pebble: Pebble, job: Job):
    before = pebble.requests
    done = job.run(email="someone@example.com")
    assert names_of(done.issued) == {"gw.test"}
    assert pebble.requests - before <= 15
    assert job.answers == {}
    saved = [values["url"] for values in done.fields("ACCOUNT_SAVE")]
    assert saved[0] == ""
    assert saved[1] == job.store.account_url != ""
    kinds = [kind for kind, _ in done.messages]
    assert kinds.index("ORDER_SAVE") < kinds.index("CHALLENGE_SET")
    assert "PRIVATE KEY" not in done.log
    assert done.issued["serial"] in done.log


def test_account_is_used_again(pebble: Pebble, job: Job):
    job.run().issued
    accounts = pebble.count(NEW_ACCOUNT)
    job.store.order_url = job.store.order_key = ""
    done = job.run(names="gw.test other.test")
    assert names_of(done.issued) == {"gw.test", "other.test"}
    assert done.fields("ACCOUNT_SAVE") == []
    assert pebble.count(NEW_ACCOUNT) == accounts


@pytest.mark.parametrize("key_type", ["P-384", "RSA-2048"])
def test_key_types(job: Job, key_type: str):
    assert names_of(job.run(key_type=key_type).issued) == {"gw.test"}


@pytest.mark.parametrize("moment", [
    "ACCOUNT_SAVE", "ORDER_SAVE", "CHALLENGE_SET", "CHALLENGE_CLEAR"])
def test_killed_job_is_continued(pebble: Pebble, job: Job, moment: str):
    accounts, orders = pebble.new_accounts, pebble.new_orders
    job.run(kill_at=moment)
    job.answers.clear()
    assert names_of(job.run().issued) == {"gw.test"}
    assert pebble.new_accounts - accounts == 1
    assert pebble.new_orders - orders == 1


def test_account_url_that_is_cut_off_is_found(pebble: Pebble, job: Job):
    """What a disk has left of it is a URL, but no account's."""
    job.run().issued
    accounts, url = pebble.new_accounts, job.store.account_url
    for cut in url[:-1], url[:len(url) // 2]:
        job.store.account_url = cut
        job.store.order_url = ""
        job.run().issued
        assert job.store.account_url == url
    assert pebble.new_accounts == accounts


def test_account_url_that_was_not_saved_is_found(pebble: Pebble, job: Job):
    job.run().issued
    accounts, url = pebble.new_accounts, job.store.account_url
    job.store.account_url = ""
    assert "found the account" in job.run().log
    assert job.store.account_url == url
    assert pebble.new_accounts == accounts


def test_finished_order_is_downloaded(pebble: Pebble, job: Job):
    first = job.run().issued
    orders = pebble.new_orders
    assert job.run().issued == first
    assert pebble.new_orders == orders


def test_order_of_another_key_is_replaced(pebble: Pebble, job: Job):
    first = job.run().issued
    job.store.order_key = job.store.account_key
    done = job.run()
    assert done.issued["serial"] != first["serial"]
    assert "placing a new order" in done.log


def test_order_for_other_names_is_replaced(job: Job):
    job.run().issued
    done = job.run(names="other.test")
    assert names_of(done.issued) == {"other.test"}
    assert "of no use: the CA's order is for other names" in done.log


def test_order_that_is_gone_is_replaced(pebble: Pebble, job: Job):
    job.run().issued
    job.store.order_url += "x"
    orders = pebble.new_orders
    assert names_of(job.run().issued) == {"gw.test"}
    assert pebble.new_orders == orders + 1


def test_failed_validation(pebble: Pebble, job: Job):
    job.answers = {}    # nobody hears of the answers
    done = job.run()
    failure = done.failure
    assert failure["problem"] == URN + "unauthorized"
    assert failure["kind"] == LADDER
    assert failure["retry_after"] == -1
    assert re.match(r"gw\.test: 404 from something that is not this gateway,"
                    r" at .*port 80: Non-200 status", failure["detail"])
    assert failure["advice"].startswith("Another program, the router itself")
    assert done.fields("CHALLENGE_CLEAR")
    # The order that failed is not tried again.
    orders = pebble.new_orders
    job.run().failure
    assert pebble.new_orders == orders + 1


def test_nobody_on_port_80(pebble: Pebble):
    job = Job(directory=pebble.directory, ca_file=str(pebble.ca_file))
    failure = job.run().failure
    assert failure["problem"] == URN + "connection"
    assert re.match(r"gw\.test: connection refused at .*port 80: ",
                    failure["detail"])
    assert failure["advice"].startswith("Forward port 80 of the router")


def test_name_that_the_ca_refuses(job: Job):
    failure = job.run(names="gw.test blocked.test").failure
    assert failure["problem"] == URN + "rejectedIdentifier"
    assert failure["kind"] == DAILY
    assert "blocked.test" in failure["detail"]


def test_wildcard_is_refused_with_a_reason(job: Job):
    failure = job.run(names="*.gw.test").failure
    assert (failure["problem"], failure["kind"]) == ("challenge", DAILY)
    assert re.search(r"no way that we can go \(http-01\), but: .*\bdns-01\b",
                     failure["detail"])


def test_unreachable_ca():
    failure = Job(directory="https://127.0.0.1:1/dir").run().failure
    assert (failure["problem"], failure["kind"]) == ("unreachable", LOST)
    assert "127.0.0.1" in failure["detail"]


def test_untrusted_ca(pebble: Pebble):
    failure = Job(directory=pebble.directory).run().failure
    assert (failure["problem"], failure["kind"]) == ("untrusted", LADDER)
    assert "check the CAFile and this machine's clock" in failure["advice"]


def test_ca_file_that_is_missing(pebble: Pebble):
    failure = Job(directory=pebble.directory, ca_file="/no/such.pem"
                  ).run().failure
    assert failure["problem"] == "local"
    assert "the CA file /no/such.pem: No such file" in failure["detail"]


def test_damaged_account_key_makes_no_second_account(pebble: Pebble, job: Job):
    accounts = pebble.count(NEW_ACCOUNT)
    failure = job.run(account_key="-----BEGIN PRIVATE KEY-----").failure
    assert (failure["problem"], failure["kind"]) == ("state", DAILY)
    assert pebble.count(NEW_ACCOUNT) == accounts


def test_supervisor_that_leaves_ends_the_job(job: Job):
    done = job.run(leave_at="CHALLENGE_SET")
    assert done.status == 1
    assert "the supervisor is gone" in done.log


def test_placeholder():
    issued = Job().run("PLACEHOLDER", names="gw.test 192.0.2.1 2001:DB8::1"
                       ).issued
    leaf = x509.load_pem_x509_certificate(issued["pem"])
    assert key_fits(issued["pem"], leaf)
    assert (issued["not_after"] - issued["not_before"]) // 86400 == 90
    assert int(issued["serial"], 16) == leaf.serial_number


def test_ca_that_lost_the_account_gets_it_again():
    with Pebble() as ca, ChallengeServer(ca.http_port) as server:
        job = job_at(ca, server)
        job.run().issued
        key = job.store.account_key
        ca.restart()
        accounts = ca.new_accounts
        job.store.order_url = job.store.order_key = ""
        assert names_of(job.run().issued) == {"gw.test"}
        assert job.store.account_key == key
        assert ca.new_accounts == accounts + 1


def test_valid_authorization_is_not_proven_again():
    with Pebble(authz_reuse=100) as ca, ChallengeServer(
            ca.http_port) as server:
        job = job_at(ca, server)
        job.run().issued
        job.store.order_url = ""
        asked = server.asked
        assert job.run().fields("CHALLENGE_SET") == []
        assert server.asked == asked


@pytest.mark.parametrize("percent", [30, 50])
def test_refused_nonces(percent: int):
    with Pebble(nonce_reject=percent) as ca, ChallengeServer(
            ca.http_port) as server:
        for _ in range(10):
            job = job_at(ca, server)
            # Ten refusals in a row end a job; at 50 % that is to be expected
            # now and then, and three jobs in a row are not.
            for _ in range(3):
                done = job.run()
                if done.status == 0:
                    break
                assert done.failure["problem"] == URN + "badNonce"
                assert done.failure["kind"] == LADDER
            assert names_of(done.issued) == {"gw.test"}
        assert ca.new_accounts == 10
        assert ca.new_orders == 10


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_a_hundred_orders_of_a_hundred():
    with Pebble(nonce_reject=30) as ca, ChallengeServer(
            ca.http_port) as server:
        job = job_at(ca, server)
        serials = set()
        for _ in range(100):
            job.store.order_url = job.store.order_key = ""
            serials.add(job.run().issued["serial"])
        assert len(serials) == 100
        assert (ca.new_accounts, ca.new_orders) == (1, 100)


def test_preferred_chain():
    with Pebble(alternate_roots=2, chain_length=2) as ca, ChallengeServer(
            ca.http_port) as server:
        for root in ca.roots():
            name = common_name(x509.load_pem_x509_certificate(
                root.encode()).subject)
            issued = job_at(ca, server).run(chain=name).issued
            assert names_of(issued) == {"gw.test"}
            assert common_name(chain_of(issued)[-1].issuer) == name


def test_preferred_chain_that_is_not_there(pebble: Pebble, job: Job):
    done = job.run(chain="No Such Root")
    assert names_of(done.issued) == {"gw.test"}
    assert "warning: no chain of the CA ends at No Such Root" in done.log


def test_key_is_used_again(job: Job):
    first = job.run().issued
    job.store.order_url = job.store.order_key = ""
    second = job.run(reuse_key=first["pem"]).issued
    assert names_of(second) == {"gw.test"}
    assert second["serial"] != first["serial"]
    assert key_of(second) == key_of(first)


def test_key_of_another_kind_is_not_used_again(job: Job):
    first = job.run().issued
    job.store.order_url = job.store.order_key = ""
    done = job.run(reuse_key=first["pem"], key_type="P-384")
    assert names_of(done.issued) == {"gw.test"}
    assert key_of(done.issued) != key_of(first)
    assert "the key in service is not P-384" in done.log


def test_dry_run_leaves_nothing_behind(pebble: Pebble, job: Job):
    done = job.run("DRY_RUN")
    assert re.match(r"Pebble .* issued a certificate for gw\.test, valid until"
                    r" .*; it was thrown away", done.done)
    assert not done.fields("ORDER_SAVE")
    assert not done.fields("CERT_ISSUED")
    assert not done.fields("RENEWAL_INFO")
    assert done.fields("CHALLENGE_SET")
    assert job.store.account_url


def test_dry_run_that_fails(job: Job):
    job.answers = {}
    assert job.run("DRY_RUN").failure["problem"] == URN + "unauthorized"


def test_revoked_by_the_account(pebble: Pebble, job: Job):
    serial, pem = (job.run().issued[name] for name in ("serial", "pem"))
    assert job.run("REVOKE", certificate=pem, arg="1").done == (
        f"certificate {serial} is revoked")
    assert job.run("REVOKE", certificate=pem).done == (
        f"certificate {serial} was revoked before")


@pytest.mark.parametrize("account", [True, False])
def test_revoked_by_its_key(pebble: Pebble, job: Job, account: bool):
    issued = job.run().issued
    job.store = Store()
    if account:     # but another one
        job.run().issued
    assert job.run("REVOKE", certificate=issued["pem"]).failure[
        "kind"] in (DAILY, LADDER)
    assert "is revoked" in job.run(
        "REVOKE", certificate=issued["pem"], reuse_key=issued["pem"]).done


def test_account_is_shown_and_changed(job: Job):
    job.run(email="old@example.com").issued
    url = job.store.account_url
    assert job.run("ACCOUNT", arg="show").done == (
        f"account {url} is valid, contact mailto:old@example.com")
    assert job.run("ACCOUNT", arg="update", email="new@example.com").done == (
        f"account {url} is valid, contact mailto:new@example.com")
    assert "mailto:new@example.com" in job.run("ACCOUNT", arg="show").done


def test_account_whose_address_was_lost_is_found(job: Job):
    job.run().issued
    url = job.store.account_url
    job.store.account_url = ""
    assert url in job.run("ACCOUNT", arg="show").done
    assert job.store.account_url == url


def test_account_that_was_never_made(pebble: Pebble, job: Job):
    accounts = pebble.new_accounts
    failure = job.run("ACCOUNT", arg="show").failure
    assert (failure["problem"], failure["kind"]) == ("account", DAILY)
    assert pebble.new_accounts == accounts


def test_key_of_the_account_is_rolled_over(job: Job):
    job.run().issued
    old, url = job.store.account_key, job.store.account_url
    assert job.run("ACCOUNT", arg="roll").done == "the account has a new key"
    assert job.store.account_key != old
    assert job.store.account_url == url
    job.store.order_url = job.store.order_key = ""
    assert names_of(job.run().issued) == {"gw.test"}
    stale = job.run("ACCOUNT", arg="show", account_key=old).failure
    assert stale["problem"].startswith(URN)


@pytest.mark.parametrize("known", [1, 2])
def test_roll_over_that_was_killed(pebble: Pebble, job: Job, known: int):
    """Before the CA heard of the new key, or before we heard of it."""
    job.run().issued
    accounts, url = pebble.new_accounts, job.store.account_url
    job.run("ACCOUNT", arg="roll", kill_at="ACCOUNT_SAVE")
    both = job.store.account_key
    assert both.count("BEGIN PRIVATE KEY") == 2
    if known == 2:
        first, second = re.findall(r"-----BEGIN.*?-----END.*?\n", both, re.S)
        # What the job did, with the CA's answer lost.
        job.store.account_key = first
        job.run("ACCOUNT", arg="roll").done
        both = first + job.store.account_key
        assert second not in both
    job.store.account_key = both
    job.store.order_url = job.store.order_key = ""
    assert names_of(job.run().issued) == {"gw.test"}
    assert job.store.account_key.count("BEGIN PRIVATE KEY") == 1
    assert job.store.account_key in both
    assert job.store.account_url == url
    assert pebble.new_accounts == accounts


def test_account_is_ended(pebble: Pebble, job: Job):
    job.run().issued
    ended = vars(job.store).copy()
    assert "the account is no more" in job.run(
        "ACCOUNT", arg="deactivate").done
    assert (job.store.account_key, job.store.account_url) == ("", "")
    # A job that was killed before it could say so does it again.
    assert job.run("ACCOUNT", arg="deactivate", **ended).done
    accounts = pebble.new_accounts
    job.store = Store()
    assert names_of(job.run().issued) == {"gw.test"}
    assert pebble.new_accounts == accounts + 1


def test_external_account():
    key = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
    with Pebble(eab_keys={"kid-1": key}) as ca, ChallengeServer(
            ca.http_port) as server:
        job = job_at(ca, server)
        failure = job.run().failure
        assert failure["problem"] == URN + "externalAccountRequired"
        assert failure["kind"] == DAILY
        assert job.run(eab_kid="kid-1", eab_key="no base64!").failure[
            "problem"] == URN + "externalAccountRequired"
        assert names_of(job.run(
            eab_kid="kid-1", eab_key=key).issued) == {"gw.test"}
