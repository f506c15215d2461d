"""What each provider of dynamic DNS understands, by its own documents.

PROTOCOLS has them by the host, and where that is not enough a path.
"""

from __future__ import annotations

import hashlib
import re
from typing import Callable

from . import ddns_rest as rest
from .ddns import (
    LOGIN, PASSWORD, TOKEN, Answer, Providers, Reply, Request,
    kind_of as _kind)

AGENT = re.compile(r"[\w.-]+/[\w.-]+")
UNAUTHORIZED = Reply("badauth", 401, {
    "WWW-Authenticate": 'Basic realm="DynDNS"'})


def _publish(fake: Providers, host: str, *addresses: str) -> bool:
    """Whether anything has changed."""
    return any([fake.records.set(host, _kind(address), address)
                for address in addresses])


# Those that are told with GET and answer with a word

def duckdns(fake: Providers, request: Request) -> Reply:
    """duckdns.org/spec.jsp: no suffix, one text for all below a name."""
    query = request.query
    request.only("domains", "token", "ip", "ipv6", "verbose", "clear", "txt")
    request.wants(request.method == "GET", "not GET")
    names = query.get("domains", "").split(",")
    request.wants(not any("." in name for name in names), "a suffix")
    hosts = [f"{name}.duckdns.org" for name in names]
    if query.get("token") != TOKEN or not set(hosts) <= fake.hosts:
        return Reply("KO")
    verbose, clear = (query.get(name) == "true"
                      for name in ("verbose", "clear"))
    changed = False
    for host in hosts:
        if "txt" in query:
            changed |= fake.records.set(host, "TXT", *[query["txt"]][clear:])
            fake.records.set(f"_acme-challenge.{host}", "TXT",
                             *[query["txt"]][clear:])
        elif clear:
            changed |= any([fake.records.set(host, kind)
                            for kind in ("A", "AAAA")])
        else:
            request.wants(query.get("ip") or query.get("ipv6"),
                          "it would have to guess the address")
            for name, kind in ("ip", "A"), ("ipv6", "AAAA"):
                if query.get(name) and request.wants(
                        _kind(query[name]) == kind, f"{name} is none"):
                    changed |= fake.records.set(host, kind, query[name])
    if not verbose:
        return Reply("OK")
    word = "UPDATED" if changed else "NOCHANGE"
    lines = [query["txt"], word] if "txt" in query else [
        query.get("ip", ""), query.get("ipv6", ""), word]
    return Reply("\n".join(["OK", *lines]))


def _dyndns2(*, form: str = "list", system: bool = False, agent: bool = False,
             login: str = LOGIN, families: str = "46") -> Answer:
    """form: how both addresses are told: a list in myip, myipv6, apart."""
    def answer(fake: Providers, request: Request) -> Reply:
        query = request.query
        request.only("hostname", "myip", "system", *(
            ["myipv6"] if form == "myipv6" else []))
        request.wants(request.method == "GET", "not GET")
        request.wants(not system or query.get("system") == "dyndns",
                      "no system=dyndns")
        hosts = query.get("hostname", "").split(",")
        agent_sent = request.headers.get("user-agent", "")
        if not AGENT.match(agent_sent) or agent and len(
                agent_sent.split(" ", 1)) < 2:
            return Reply("badagent")
        user = login.format(host=hosts[0])
        if request.basic != (user, PASSWORD):
            return UNAUTHORIZED
        addresses = [address for name in ("myip", "myipv6")
                     for address in query.get(name, "").split(",") if address]
        kinds = [_kind(address) for address in addresses]
        request.wants(addresses and "" not in kinds, "no addresses")
        request.wants(len(set(kinds)) == len(kinds), "two of a family")
        request.wants(form == "list" or "," not in query.get("myip", ""),
                      "a list")
        request.wants(form != "myipv6" or "AAAA" not in kinds
                      or query.get("myipv6"), "IPv6 in myip")
        request.wants(families == "46" or kinds == ["A"], "not only IPv4")
        request.wants(form != "apart" or len(hosts) == 1, "several hosts")
        lines = []
        for host in hosts:
            if "." not in host:
                lines.append("notfqdn")
            elif host not in fake.hosts:
                lines.append("nohost")
            else:
                word = "good" if _publish(fake, host, *addresses) else "nochg"
                lines.append(f"{word} {','.join(addresses)}")
        return Reply("\n".join(lines) + "\n")
    return answer


def _both(request: Request, *names: str) -> list[str]:
    """The addresses in two parameters, of IPv4 and of IPv6."""
    found = [request.query[name] for name in names if request.query.get(name)]
    for name, kind in zip(names, ("A", "AAAA")):
        if request.query.get(name):
            request.wants(_kind(request.query[name]) == kind, f"bad {name}")
    request.wants(found, "it would have to guess the address")
    return found


def ipv64(fake: Providers, request: Request) -> Reply:
    """ipv64.net/dyndns_updater_api, the text form."""
    request.only("key", "domain", "ip", "ip6")
    request.wants(request.method == "GET", "not GET")
    addresses = _both(request, "ip", "ip6")
    if request.query.get("key") != TOKEN:
        return Reply("badauth", 401)
    hosts = request.query.get("domain", "").split(",")
    if not set(hosts) <= fake.hosts:
        return Reply("nohost")
    changed = [_publish(fake, host, *addresses) for host in hosts]
    return Reply(f"{'good' if any(changed) else 'nochg'} {addresses[0]}")


def ddnss(fake: Providers, request: Request) -> Reply:
    request.only("key", "host", "ip", "ip6")
    request.wants(request.method == "GET", "not GET")
    addresses = _both(request, "ip", "ip6")

    def said(word: str, text: str) -> Reply:
        return Reply(text, headers={"DDNSS-Response": word,
                                    "DDNSS-Message": text})
    if request.query.get("key") != TOKEN:
        return said("badauth", "badauth")
    hosts = request.query.get("host", "").split(",")
    if not set(hosts) <= fake.hosts:
        return said("notfqdn", "notfqdn")
    for host in hosts:
        _publish(fake, host, *addresses)
    return said("good", f"Updated {len(hosts)} hostname.")


def dynu(fake: Providers, request: Request) -> Reply:
    """dynu.com/en-US/DynamicDNS/IP-Update-Protocol."""
    query = request.query
    request.only("hostname", "myip", "myipv6", "alias", "username", "password")
    request.wants(request.method == "GET", "not GET")
    hashed = [PASSWORD] + [getattr(hashlib, name)(
        PASSWORD.encode()).hexdigest() for name in ("md5", "sha256")]
    if not request.basic or request.basic[0] != LOGIN or (
            request.basic[1] not in hashed):
        return Reply("badauth", 401)
    request.wants(query.get("myip"), "it would have to guess the address")
    words = []
    for host in query.get("hostname", "").split(","):
        host = f"{query['alias']}.{host}" if "alias" in query else host
        if host not in fake.hosts:
            words.append("nohost")
            continue
        changed = False
        for name, kind in ("myip", "A"), ("myipv6", "AAAA"):
            value = query.get(name, "no")
            request.wants(value == "no" or _kind(value) == kind,
                          f"{name} is none")
            if value != "no":
                changed |= fake.records.set(host, kind, value)
        words.append("good" if changed else "nochg")
    return Reply("\n".join(words))


def dynv6(fake: Providers, request: Request) -> Reply:
    """dynv6.com/docs/apis, the HTTP one."""
    query = request.query
    request.only("zone", "hostname", "token", "ipv4", "ipv6")
    request.wants(request.method == "GET", "not GET")
    if query.get("token") != TOKEN:
        return Reply("invalid authentication token", 401)
    host = query.get("zone", query.get("hostname"))
    if host not in fake.hosts or fake.zone_of(host)[1] != "@":
        return Reply("zone not found", 404)
    request.wants(query.get("ipv4") or query.get("ipv6"), "no address")
    changed = False
    for name, kind in ("ipv4", "A"), ("ipv6", "AAAA"):
        value = query.get(name)
        if value and request.wants(value == "-" or _kind(value) == kind,
                                   f"bad {name}"):
            changed |= fake.records.set(host, kind, *(
                [] if value == "-" else [value]))
    return Reply(f"addresses {'updated' if changed else 'unchanged'}")


def desec(fake: Providers, request: Request) -> Reply:
    """desec.readthedocs.io: what is not said is removed."""
    query = request.query
    request.only("hostname", "myip", "myipv4", "myipv6")
    request.wants(request.method == "GET" and request.path == "/", "not GET /")
    host = query.get("hostname", "")
    if request.headers.get("authorization") != f"Token {TOKEN}" and (
            request.basic != (host, TOKEN)):
        return Reply("badauth", 401)
    if host not in fake.hosts:
        return Reply("nohost", 404)
    changed = False
    for name, kind in ("myipv4", "A"), ("myipv6", "AAAA"):
        value = query.get(name, "")
        if value != "preserve":
            request.wants(not value or _kind(value) == kind, f"bad {name}")
            changed |= fake.records.set(host, kind, *[value] if value else [])
    request.wants(changed, "an update that changes nothing")
    return Reply("good")


def freedns(fake: Providers, request: Request) -> Reply:
    """freedns.afraid.org/dynamic/v2; the token is of one name."""
    request.only("address", "myip", "content-type")
    request.wants(request.method == "GET", "not GET")
    address = request.query.get("address", request.query.get("myip", ""))
    request.wants(_kind(address), "it would have to guess the address")
    if request.path != f"/u/{TOKEN}/":
        return Reply("ERROR: Unable to locate this record", 404)
    host = fake.of_token
    before = fake.records.get(host, _kind(address))
    if not _publish(fake, host, address):
        return Reply(f"No IP change detected for {host} with IP {address}, "
                     "skipping update\n")
    return Reply(f"Updated {host} from {before} to {address} in 0.2 seconds\n")


def namecheap(fake: Providers, request: Request) -> Reply:
    query = request.query
    request.only("host", "domain", "password", "ip")
    request.wants(request.method == "GET", "not GET")
    errors = []
    if query.get("domain") not in fake.zones:
        errors.append("Domain name not found")
    elif query.get("password") != PASSWORD:
        errors.append("Passwords do not match")
    else:
        name = query["domain"] if query["host"] == "@" else (
            f"{query['host']}.{query['domain']}")
        if name not in fake.hosts:
            errors.append("No Records updated. A record not Found;")
        elif request.wants(_kind(query.get("ip", "")) == "A", "no IPv4"):
            _publish(fake, name, query["ip"])
    said = "".join(f"<Err{n}>{text}</Err{n}>"
                   for n, text in enumerate(errors, 1))
    return Reply(
        '<?xml version="1.0"?><interface-response><Command>SETDNSHOST'
        f"</Command><Language>eng</Language><IP>{query.get('ip')}</IP>"
        f"<ErrCount>{len(errors)}</ErrCount><errors>{said}</errors>"
        f"<ResponseCount>{len(errors)}</ResponseCount><responses />"
        "<Done>true</Done><debug><![CDATA[]]></debug></interface-response>",
        headers={"Content-Type": "text/html"})


def custom(fake: Providers, request: Request) -> Reply:
    """Of nobody: whatever way a configuration describes."""
    host = request.query.get("h", "")
    told = f"{request.query} {request.body.decode()} {request.headers}"
    if TOKEN not in told and PASSWORD not in told:
        return Reply("status=denied", 403)
    if host not in fake.hosts:
        return Reply("status=unknown")
    _publish(fake, host, *filter(_kind, request.query.values()))
    return Reply("status=fine")


PROTOCOLS: dict[str, Callable[[Providers, Request], Reply]] = {
    "www.duckdns.org/update": duckdns,
    "dyn.check.test/nic/update": _dyndns2(),
    "dynupdate.no-ip.com/nic/update": _dyndns2(agent=True),
    "members.dyndns.org/nic/update": _dyndns2(),
    "dyndns.strato.com/nic/update": _dyndns2(),
    "www.ovh.com/nic/update": _dyndns2(system=True, families="4"),
    "dyndns.inwx.com/nic/update": _dyndns2(form="myipv6"),
    "dyn.dns.he.net/nic/update": _dyndns2(form="apart", login="{host}"),
    "ipv64.net/nic/update": ipv64,
    "ddnss.de/upd.php": ddnss,
    "api.dynu.com/nic/update": dynu,
    "api.dynu.com/v2/": rest.dynu,
    "dynv6.com/api/update": dynv6,
    "dynv6.com/api/v2/": rest.dynv6,
    "update.dedyn.io/": desec,
    "desec.io/api/v1/": rest.desec,
    "sync.afraid.org/u/": freedns,
    "v6.sync.afraid.org/u/": freedns,
    "api.cloudflare.com/client/v4/": rest.cloudflare,
    "api.hetzner.cloud/v1/": rest.hetzner,
    "api.porkbun.com/api/json/v3/": rest.porkbun,
    "api.gandi.net/v5/livedns/": rest.gandi,
    "api.godaddy.com/v1/": rest.godaddy,
    "dynamicdns.park-your-domain.com/update": namecheap,
    "custom.check.test/": custom,
}
