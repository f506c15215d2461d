"""Every provider of dynamic DNS, by its own documents, and their refusals.

The job runs alone, against fakes that demand what the documents demand. One
table says what each of them is given and how many requests are enough.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

import pytest

from actors.authority import Authority
from actors.ddns import (
    BROKEN, DOWN, EMPTY, HTML, HURRIED, LOGIN, MISDIRECTED, PASSWORD, TOKEN,
    Reply)
from actors.ddns_job import (
    IPV4, UNASKED, VISIBLE, Job, Outcome, Street, street)
from actors.gateway import REPOSITORY
from actors.netns import Namespace

OLD4, NEW4, OLD6, NEW6 = (
    "93.184.216.34", "93.184.216.35", "2a02:1234::7", "2a02:1234::8")
ZONES = ("duckdns.org", "house.dynv6.net", "house.dedyn.io", "mine.com")
HOSTS = ("ha.mine.com", "cam.mine.com", "mine.com", "myhome.duckdns.org",
         "cam.duckdns.org", "house.dynv6.net", "house.dedyn.io")
WAYS = {"IPv4": (NEW4, ""), "IPv6": ("", NEW6), "both": (NEW4, NEW6)}
LONG_AGO = 1_000_000_000


@dataclass(frozen=True)
class Row:
    """A provider. needs: fields of a DDNS_JOB.

    requests: how many are enough for one family, and for both. removes: it
    can take a family away; together: so many for two hosts. texts: how many
    values a name can have, and the name of the record.
    """

    name: str
    needs: dict[str, str]
    host: str = "ha.mine.com"
    other: str = "cam.mine.com"
    requests: tuple[int, int] = (1, 1)
    ipv6: bool = True
    removes: bool = False
    together: int = 1
    texts: int = 0
    text_needs: dict[str, str] = field(default_factory=dict)

    @property
    def record(self) -> str:
        return f"_acme-challenge.{self.host}"


BASIC = {"login": LOGIN, "password": PASSWORD}
BEARER = {"token": TOKEN}
ZONED = {"token": TOKEN, "zone": "mine.com"}

# The first request of the REST interfaces looks, each further one changes.
ROWS = {row.name: row for row in (
    Row("duckdns", BEARER, "myhome.duckdns.org", "cam.duckdns.org",
        removes=True, texts=1),
    Row("dyndns2", {**BASIC, "server": "dyn.check.test"}),
    Row("noip", BASIC),
    Row("dyn", BASIC),
    Row("strato", BASIC),
    Row("ovh", BASIC, ipv6=False),
    Row("inwx", BASIC),
    Row("he", {"password": PASSWORD}, requests=(1, 2), together=2),
    Row("ipv64", BEARER),
    Row("ddnss", BEARER),
    Row("dynu", BASIC, texts=9, text_needs=BEARER),
    Row("dynv6", BEARER, "house.dynv6.net", "", removes=True, texts=9),
    Row("desec", BEARER, "house.dedyn.io", "mine.com", removes=True,
        together=2, texts=9),
    Row("freedns", BEARER, HOSTS[0], "", requests=(1, 2)),
    Row("cloudflare", ZONED, requests=(3, 5), removes=True, together=6,
        texts=9),
    Row("hetzner", ZONED, requests=(3, 6), removes=True, together=6, texts=9),
    Row("porkbun", {**BASIC, "zone": "mine.com"}, requests=(2, 4),
        removes=True, together=4, texts=9),
    Row("gandi", ZONED, requests=(2, 4), removes=True, together=4, texts=9),
    Row("godaddy", {**BASIC, "zone": "mine.com"}, requests=(2, 4),
        removes=True, together=4, texts=9),
    Row("namecheap", {"password": PASSWORD, "zone": "mine.com"}, ipv6=False,
        together=2),
    Row("custom", {**BEARER, "success": "^status=fine$", "url":
                   "https://custom.check.test/u?h=%h&ip=%i&six=%6&k=%t"},
        together=2),
)}

UNNAMED = "freedns", "custom"     # say nothing that would tell
all_rows = pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))


@pytest.fixture(scope="module")
def town(network: Namespace, tmp_path_factory
         ) -> Iterator[Street]:
    with street(network, tmp_path_factory.mktemp("town"), zones=ZONES,
                hosts=HOSTS) as made:
        made.address("add", f"{NEW4}/24")
        made.address("add", f"{NEW6}/64")
        yield made


@pytest.fixture(autouse=True)
def strict(town: Street) -> Iterator[None]:
    """Nobody may do what a document forbids."""
    town.providers.reset()
    yield
    assert town.providers.complaints == []


def job(town: Street, row: Row, ipv4: str = NEW4, ipv6: str = "",
        **fields) -> Job:
    """With our addresses, of which an empty one is not to be published."""
    given = {"provider": row.name, "hosts": row.host, **row.needs,
             "ipv4": "INTERFACE" if ipv4 else "NONE",
             "ipv6": "INTERFACE" if ipv6 else "NONE"}
    return Job(town, **{**given, **fields})


def published(town: Street, host: str) -> tuple[list[str], list[str]]:
    return (town.providers.records.get(host, "A"),
            town.providers.records.get(host, "AAAA"))


def listed(*addresses: str) -> tuple[list[str], ...]:
    return tuple([address] if address else [] for address in addresses)


def put(town: Street, host: str, ipv4: str, ipv6: str) -> None:
    """What is there before."""
    for kind, address in ("A", ipv4), ("AAAA", ipv6):
        town.providers.records.set(host, kind, *listed(address)[0])


def ways(row: Row) -> list[str]:
    return list(WAYS) if row.ipv6 else ["IPv4"]


every_way = pytest.mark.parametrize("row, way", [
    pytest.param(row, way, id=f"{row.name}-{way}")
    for row in ROWS.values() for way in ways(row)])


def test_table_is_complete():
    text = (REPOSITORY / "include/config/providers.def").read_text()
    assert set(ROWS) == set(re.findall(r'PROVIDER\("(\w+)"', text))


@every_way
def test_first(town: Street, row: Row, way: str):
    done = job(town, row, *WAYS[way]).run()
    assert done.done["updated"] == 1
    assert published(town, row.host) == listed(*WAYS[way])
    assert (done.found["ipv4"], done.found["ipv6"]) == WAYS[way]
    requests = town.providers.requests
    assert len(requests) <= row.requests[way == "both"], [
        request.target for request in requests]


@every_way
def test_changed(town: Street, row: Row, way: str):
    ipv4, ipv6 = WAYS[way]
    old = OLD4 if ipv4 else "", OLD6 if ipv6 else ""
    put(town, row.host, *old)
    done = job(town, row, ipv4, ipv6, known4=old[0], known6=old[1],
               published=LONG_AGO).run()
    assert done.done["updated"] == 1
    assert published(town, row.host) == listed(ipv4, ipv6)
    assert (done.found["dns4"], done.found["dns6"]) == old
    assert len(town.providers.requests) <= row.requests[way == "both"]


@every_way
def test_nothing_is_asked_of_who_knows_it(town: Street, row: Row, way: str):
    """As it was, and in the name service; even if we have forgotten it."""
    put(town, row.host, *WAYS[way])
    ipv4, ipv6 = WAYS[way]
    for known in {"known4": ipv4, "known6": ipv6, "published": 2**31}, {}:
        done = job(town, row, ipv4, ipv6, **known).run()
        assert done.done["updated"] == 0
        assert done.found["visible"] == VISIBLE
    assert town.providers.requests == []


@all_rows
def test_look_publishes_nothing(town: Street, row: Row):
    done = job(town, row).run("LOOK")
    assert done.done["updated"] == 0
    assert town.providers.requests == []


@all_rows
def test_said_to_be_so_already(town: Street, row: Row):
    """The name service is behind, or it was forced."""
    put(town, row.host, NEW4, "")
    town.providers.zone.frozen[row.host, "A"] = [OLD4]
    done = job(town, row).run("FORCE")
    assert done.done["updated"] in (0, 1)
    assert published(town, row.host) == listed(NEW4, "")
    assert len(town.providers.requests) <= row.requests[0]
    if row.name == "desec":     # forbids it, but a person wants it
        town.providers.complaints.clear()


@pytest.mark.parametrize("row", [row for row in ROWS.values() if row.removes],
                         ids=[r.name for r in ROWS.values() if r.removes])
def test_family_that_has_gone(town: Street, row: Row):
    put(town, row.host, NEW4, OLD6)
    done = job(town, row, known4=NEW4, known6=OLD6,
               published=LONG_AGO).run()
    assert done.done["updated"] == 1
    assert published(town, row.host) == listed(NEW4, "")
    assert len(town.providers.requests) <= row.requests[1] + 1


@pytest.mark.parametrize("row", [row for row in ROWS.values() if row.other],
                         ids=[r.name for r in ROWS.values() if r.other])
def test_two_names(town: Street, row: Row):
    done = job(town, row, hosts=[row.host, row.other]).run()
    assert done.done["updated"] == 1
    for host in row.host, row.other:
        assert published(town, host) == listed(NEW4, "")
    assert len(town.providers.requests) <= row.together


def refused(town: Street, done: Outcome, kind: str) -> dict:
    """What it says; nothing was published."""
    assert done.kind == kind, done.failure
    assert done.failure["problem"] and done.failure["detail"].isprintable()
    assert not any(town.providers.records.history)
    return done.failure


@all_rows
def test_wrong_credentials(town: Street, row: Row):
    wrong = {name: f"wrong-{name}" for name in row.needs
             if name in ("token", "password")}
    said = refused(town, job(town, row, **wrong).run(), "STOP")
    assert said["advice"]
    assert not any(value in str(said) for value in wrong.values())
    assert len(town.providers.requests) == 1


@pytest.mark.parametrize(
    "row", [row for row in ROWS.values() if row.name not in UNNAMED],
    ids=[name for name in ROWS if name not in UNNAMED])
def test_unknown_name(town: Street, row: Row):
    if row.name in ("cloudflare", "hetzner", "porkbun", "gandi", "godaddy"):
        fields = {"hosts": "ha.else.org", "zone": "else.org"}
    elif row.name == "namecheap":
        fields = {"hosts": "nobody.mine.com"}
    else:
        zone = row.host.partition(".")[2]
        fields = {"hosts": f"nobody.{zone}"}
    said = refused(town, job(town, row, **fields).run(), "STOP")
    assert said["advice"]


DYNDNS2 = "dyndns2", "noip", "dyn", "strato", "ovh", "inwx", "he"

# What can come instead of any answer: how it is taken, and for how long
ANSWERS = {
    "HTML": (HTML, "AGAIN", -1),
    "empty": (EMPTY, "AGAIN", -1),
    "500": (BROKEN, "AGAIN", -1),
    "503": (DOWN, "AGAIN", 1800),
    "429": (HURRIED, "AGAIN", 937),
    "redirect": (MISDIRECTED, "AGAIN", -1),
    "cut": (Reply("good OK SUCCESS" * 9, cut=20), "AGAIN", -1),
}


@pytest.mark.parametrize("row, what", [
    pytest.param(row, what, id=f"{row.name}-{what}")
    for row in ROWS.values() for what in ANSWERS
    # which says nothing else when all is well
    if (row.name, what) != ("godaddy", "empty")])
def test_answer_of_nobody(town: Street, row: Row, what: str):
    answer, kind, retry_after = ANSWERS[what]
    town.providers.answer = answer
    if row.name in DYNDNS2 and what == "500":
        retry_after = 1800
    done = job(town, row).run()
    assert refused(town, done, kind)["retry_after"] == retry_after
    assert len(town.providers.requests) == 1


def answers(*rows: tuple) -> list:
    return [pytest.param(ROWS[name], answer, kind, retry, id=f"{name}-{label}")
            for name, label, answer, kind, retry in rows]


def word(name: str, *cases: tuple) -> list[tuple]:
    """Answers of one word: what, the kind, and seconds."""
    return [(name, text, Reply(text + "\n"), kind,
             rest[0] if rest else -1) for text, kind, *rest in cases]


FATAL = [(text, "STOP") for text in (
    "badauth", "badagent", "!donator", "notfqdn", "nohost", "!yours",
    "numhost", "abuse", "badsys", "good 127.0.0.1")]
DOWN_FOR_NOW = [("dnserr", "AGAIN", 1800), ("911", "AGAIN", 1800),
                ("servererror", "AGAIN", 1800)]
LATER = [*DOWN_FOR_NOW,
         ("w90s", "AGAIN", 90), ("w5m", "AGAIN", 300), ("w2h", "AGAIN", 7200),
         ("goodness gracious", "AGAIN"), ("not good", "AGAIN"),
         ("GOOD-BYE", "AGAIN")]


def cloudflare(status: int, code: int) -> Reply:
    return Reply({"success": False, "result": None, "messages": [],
                  "errors": [{"code": code, "message": "no"}]}, status)


@pytest.mark.parametrize("row, answer, kind, retry", answers(
    *word("dyndns2", *FATAL, *LATER),
    *word("noip", *FATAL, *LATER), *word("dynu", *FATAL[:3], *[
        (text, kind, 600) for text, kind, _ in DOWN_FOR_NOW]),
    *word("strato", ("badrequest", "STOP"), *DOWN_FOR_NOW),
    ("dyndns2", "401", Reply("", 401), "STOP", -1),
    ("dyndns2", "403", Reply("", 403), "STOP", -1),
    *word("duckdns", ("KO", "STOP"), ("OKAY", "AGAIN"), ("NOT OK", "AGAIN")),
    ("desec", "429", Reply({"detail": "Request was throttled."}, 429,
                           {"Retry-After": "37"}), "AGAIN", 37),
    ("cloudflare", "no-permission", cloudflare(403, 10000), "STOP", -1),
    ("cloudflare", "bad-header", cloudflare(400, 6003), "STOP", -1),
    ("cloudflare", "lie", Reply({"success": False, "result": [],
                                 "errors": []}), "AGAIN", -1),
    ("cloudflare", "no-json", Reply('{"success": tru'), "AGAIN", -1),
    ("godaddy", "denied", Reply({"code": "ACCESS_DENIED", "message": "x"},
                                403), "STOP", -1),
    ("godaddy", "422", Reply({"code": "INVALID_BODY"}, 422), "STOP", -1),
    ("porkbun", "opt-in", Reply({"status": "ERROR", "message":
                                 "Domain is not opted in to API access."},
                                400), "STOP", -1),
    ("hetzner", "read-only", Reply({"error": {"code": "token_readonly"}},
                                   403), "STOP", -1),
    ("gandi", "403", Reply({"message": "Access denied"}, 403), "STOP", -1),
    ("custom", "no-match", Reply("status=fine but not quite"), "AGAIN", -1),
))
def test_answer(town: Street, row: Row, answer: Reply, kind: str, retry: int):
    town.providers.answer = answer
    said = refused(town, job(town, row).run(), kind)
    assert said["retry_after"] == retry
    assert said["advice"] or kind != "STOP"
    assert len(town.providers.requests) == 1


@pytest.mark.slow
@pytest.mark.timeout(100)
def test_answer_that_drips(town: Street):
    """Each byte comes in time, and the whole never."""
    town.providers.answer = Reply("good 93.184.216.35\n", pause=7)
    slow = job(town, ROWS["dyndns2"])
    slow.patience = 80
    refused(town, slow.run(), "AGAIN")


def test_one_line_for_all_names(town: Street):
    row = ROWS["dyndns2"]
    town.providers.answer = Reply("good 93.184.216.35")
    assert job(town, row, hosts=[row.host, row.other]).run().done["updated"]


def test_one_of_two_names_is_refused(town: Street):
    row = ROWS["dyndns2"]
    done = job(town, row, hosts=[row.host, "nobody.mine.com"]).run()
    assert done.kind == "STOP"
    assert "nobody.mine.com" in done.failure["detail"]
    assert len(town.providers.requests) == 1


def test_provider_echoes_the_secret(town: Street):
    """What it says is shown, but not that; see Job.run()."""
    for name, secret in (("dyndns2", PASSWORD), ("duckdns", TOKEN),
                         ("custom", TOKEN), ("cloudflare", TOKEN),
                         ("namecheap", PASSWORD)):
        town.providers.answer = Reply(f"bad {secret} or \x1b[1m\n")
        refused(town, job(town, ROWS[name]).run(), "AGAIN")


def test_provider_that_is_not_who_it_says(town: Street, tmp_path: Path):
    """Its certificate is of nobody that we trust."""
    stranger = Authority(tmp_path).ca_file
    done = job(town, ROWS["dyndns2"], ca_file=str(stranger)).run()
    refused(town, done, "AGAIN")
    assert town.providers.requests == []


# The record that proves a name

with_texts = pytest.mark.parametrize(
    "row", [row for row in ROWS.values() if row.texts],
    ids=[r.name for r in ROWS.values() if r.texts])
VALUES = "Tk0_9-" * 7 + "a", "Zk0_9-" * 7 + "b"


@with_texts
def test_text(town: Street, row: Row):
    """Set, beside another where there is room, and cleared one by one."""
    records = town.providers.records
    run = job(town, row, **row.text_needs, name=row.record).run
    for value in VALUES:
        run("TXT_SET", value=value).done
    room = VALUES if row.texts > 1 else VALUES[1:]
    assert sorted(records.get(row.record, "TXT")) == sorted(room)
    for value in VALUES:
        run("TXT_CLEAR", value=value).done
        left = [one for one in records.get(row.record, "TXT") if one == value]
        assert left == []
    assert records.get(row.record, "TXT") == []
    assert published(town, row.host) == ([], [])


@with_texts
def test_text_again(town: Street, row: Row):
    """A job that was cut off is repeated: neither two nor an error."""
    run = job(town, row, **row.text_needs, name=row.record,
              value=VALUES[0]).run
    for _ in range(2):
        run("TXT_SET").done
        assert town.providers.records.get(row.record, "TXT") == [VALUES[0]]
    for _ in range(2):
        run("TXT_CLEAR").done
        assert town.providers.records.get(row.record, "TXT") == []


@with_texts
def test_text_with_wrong_credentials(town: Street, row: Row):
    wrong = {name: "wrong" for name in {**row.needs, **row.text_needs}
             if name in ("token", "password")}
    done = job(town, row, **{**row.text_needs, **wrong}, name=row.record,
               value=VALUES[0]).run("TXT_SET")
    assert refused(town, done, "STOP")["advice"]


@pytest.mark.parametrize("row", [row for row in ROWS.values()
                                 if not row.texts],
                         ids=[r.name for r in ROWS.values() if not r.texts])
def test_no_text(town: Street, row: Row):
    done = job(town, row, name=row.record, value=VALUES[0]).run("TXT_SET")
    refused(town, done, "STOP")
    assert town.providers.requests == []


# Custom: whatever a configuration describes

def test_custom_way(town: Street):
    done = job(
        town, ROWS["custom"], NEW4, NEW6, login=LOGIN, password=PASSWORD,
        token="", url="https://custom.check.test/%u/up%%20date?h=%h",
        method="PUT", headers="X-Key: %p\nContent-Type: text/x-plain",
        body='{"four": "%i", "six": "%6", "key": "%p"}',
        success="^status=fine$").run()
    assert done.done["updated"] == 1
    request = town.providers.requests[0]
    assert (request.method, request.path) == ("PUT", f"/{LOGIN}/up%20date")
    assert request.headers["x-key"] == PASSWORD
    assert request.headers["content-type"] == "text/x-plain"
    assert request.body.decode() == (
        f'{{"four": "{NEW4}", "six": "{NEW6}", "key": "{PASSWORD}"}}')


def test_substitutes_are_encoded(town: Street):
    job(town, ROWS["custom"], url="https://custom.check.test/?h=%h&ip=%i&p=%p",
        token="", password=PASSWORD).run()
    assert town.providers.requests[0].query["p"] == PASSWORD


# Whom we are

def test_only_what_we_listen_on(town: Street):
    done = job(town, ROWS["dyndns2"], NEW4, NEW6, listens=IPV4).run()
    assert done.found["ipv6"] == ""
    assert published(town, ROWS["dyndns2"].host) == listed(NEW4, "")


def test_name_servers_that_say_nothing(town: Street):
    row = ROWS["dyndns2"]
    for server in town.servers:
        server.refuses = True
    try:
        done = job(town, row, known4=NEW4, published=2**31).run()
        assert done.found["visible"] == UNASKED
        assert done.done["updated"] == 0
        assert town.providers.requests == []
    finally:
        for server in town.servers:
            server.refuses = False
