"""Providers whose records are changed one by one, with JSON."""

from __future__ import annotations

import itertools
import re

from .ddns import LOGIN, PASSWORD, TOKEN, Providers, Reply, Request, kind_of

_numbers = itertools.count(1000)
_ids: dict[tuple[str, ...], str] = {}


def _id(*what: str) -> str:
    """A number that stays with a thing."""
    return _ids.setdefault(what, str(next(_numbers)))


def _thing(number: str) -> tuple[str, ...]:
    return next((what for what, known in _ids.items() if known == number), ())


def _full(name: str, zone: str) -> str:
    return zone if name in ("@", "") else f"{name}.{zone}"


def _unquoted(request: Request, text: str) -> str:
    """A text as zone files have it."""
    request.wants(re.fullmatch(r'"[^"]+"', text), f"no quotes: {text}")
    return text.strip('"')


def _valid(request: Request, kind: str, value: str) -> None:
    request.wants(kind == "TXT" or kind_of(value) == kind,
                  f"{value} is no {kind}")


def _put(fake: Providers, name: str, kind: str, value: str) -> str:
    """One more record; its number."""
    values = fake.records.get(name, kind)
    fake.records.set(name, kind, *values, *(
        [] if value in values else [value]))
    return _id(name, kind, value)


def _drop(fake: Providers, number: str) -> bool:
    thing = _thing(number)
    if len(thing) != 3 or thing[2] not in fake.records.get(*thing[:2]):
        return False
    fake.records.set(*thing[:2], *[
        value for value in fake.records.get(*thing[:2]) if value != thing[2]])
    return True


def _replace(fake: Providers, number: str, value: str) -> bool:
    """A record keeps its number."""
    thing = _thing(number)
    if len(thing) != 3 or not _drop(fake, number):
        return False
    del _ids[thing]
    _put(fake, *thing[:2], value)
    _ids[*thing[:2], value] = number
    return True


# Cloudflare

def _cf(result: object, *, status: int = 200, code: int = 0,
        message: str = "") -> Reply:
    return Reply({"success": status == 200, "messages": [], "result": result,
                  "errors": [{"code": code, "message": message}]
                  if code else []}, status)


def _cf_id(*what: str) -> str:
    return f"{int(_id(*what)):032x}"


def _cf_number(identifier: str) -> str:
    return str(int(identifier, 16))


def _cf_record(request: Request, body: dict, new: bool) -> tuple[str, str]:
    kind, value = body.get("type", "A"), body.get("content", "")
    request.wants(not body.get("proxied"), "a proxied record")
    if new:
        request.wants(set(body) >= {"type", "name", "content"}, "not all")
        request.wants(body.get("ttl", 1) == 1 or 60 <= body["ttl"] <= 86400,
                      "a bad ttl")
        _valid(request, kind, value)
    return kind, value.strip('"')


def cloudflare(fake: Providers, request: Request) -> Reply:
    if request.headers.get("authorization") != f"Bearer {TOKEN}":
        return _cf(None, status=403, code=9109,
                   message="Invalid access token")
    path = request.path.removeprefix("/client/v4/").split("/")
    if path == ["zones"]:
        name = request.query.get("name", "")
        return _cf([{"id": _cf_id("zone", zone), "name": zone}
                    for zone in fake.zones if zone == name])
    zone = (_thing(_cf_number(path[1])) or ("", ""))[1]
    if path[0] != "zones" or zone not in fake.zones or (
            path[2] != "dns_records"):
        return _cf(None, status=404, code=7003, message="No route")
    if request.method == "GET":
        name, kind = request.query.get("name", ""), request.query.get("type")
        return _cf([{
            "id": _cf_id(name, kind, value), "name": name, "type": kind,
            "content": f'"{value}"' if kind == "TXT" else value, "ttl": 1,
            "proxied": False} for value in fake.records.get(name, kind)])
    if request.method == "DELETE":
        return _cf({"id": path[3]}) if _drop(
            fake, _cf_number(path[3])) else _cf(
            None, status=404, code=81044, message="Record does not exist.")
    request.wants(request.method in ("PATCH", "POST"), "not PATCH or POST")
    kind, value = _cf_record(request, request.json, request.method == "POST")
    if request.method == "POST":
        name = request.json["name"]
        request.wants(fake.zone_of(name)[0] == zone, "another zone")
        if value in fake.records.get(name, kind):
            return _cf(None, status=400, code=81058,
                       message="An identical record already exists.")
        return _cf({"id": f"{int(_put(fake, name, kind, value)):032x}"})
    if not _replace(fake, _cf_number(path[3]), value):
        return _cf(None, status=404, code=81044,
                   message="Record does not exist.")
    return _cf({"id": path[3]})


# Hetzner

def _hz(status: int, code: str) -> Reply:
    return Reply({"error": {"code": code, "message": code, "details": {}}},
                 status)


def _action(status: str, number: str) -> dict:
    return {"action": {"id": int(number), "command": "set_rrset_records",
                       "status": status, "progress": 100, "error": None}}


def _hz_values(request: Request, kind: str) -> list[str]:
    values = [record["value"] for record in request.json.get("records", [])]
    request.wants(values, "no records")
    for value in values:
        _valid(request, kind, value)
    return [_unquoted(request, value) if kind == "TXT" else value
            for value in values]


def hetzner(fake: Providers, request: Request) -> Reply:
    """docs.hetzner.cloud: DNS; every change is an action to wait for."""
    if request.headers.get("authorization") != f"Bearer {TOKEN}":
        return _hz(401, "unauthorized")
    path = request.path.removeprefix("/v1/").split("/")
    if path[0] == "actions" or path[-2:-1] == ["actions"] and (
            path[-1].isdigit()):
        return Reply(_action("success", path[-1]))
    if path[0] != "zones" or path[1] not in fake.zones:
        return _hz(404, "not_found")
    done = Reply(_action("running", _id("action", request.target)), 201)
    if path[2:] == ["rrsets"] and request.method == "POST":
        name, kind = request.json["name"], request.json["type"]
        name = _full(name, path[1])
        if fake.records.get(name, kind):
            return _hz(409, "uniqueness_error")
        fake.records.set(name, kind, *_hz_values(request, kind))
        return done
    name, kind = _full(path[3], path[1]), path[4]
    values = fake.records.get(name, kind)
    action = path[6] if path[5:6] == ["actions"] else ""
    if not values and action != "add_records":
        return _hz(404, "not_found")
    if request.method == "DELETE":
        fake.records.set(name, kind)
        return done
    if request.method == "GET":
        return Reply({"rrset": {
            "id": f"{path[3]}/{kind}", "name": path[3], "type": kind,
            "ttl": None, "records": [{"value": f'"{value}"' if kind == "TXT"
                                      else value} for value in values]}})
    request.wants(request.method == "POST", "not POST")
    given = _hz_values(request, kind)
    fake.records.set(name, kind, *{
        "set_records": given,
        "add_records": values + [v for v in given if v not in values],
        "remove_records": [v for v in values if v not in given]}[action])
    return done


# Porkbun

def _pb(message: str, status: int = 400) -> Reply:
    return Reply({"status": "ERROR", "message": message}, status)


def porkbun(fake: Providers, request: Request) -> Reply:
    """porkbun.com/api/json/v3/documentation: always POST."""
    request.wants(request.method == "POST", "not POST")
    body = request.json
    if (body.get("apikey"), body.get("secretapikey")) != (LOGIN, PASSWORD):
        return _pb("Invalid API key. (002)", 403)
    what, zone, *rest = request.path.removeprefix(
        "/api/json/v3/dns/").split("/")
    if zone not in fake.zones:
        return _pb("Invalid domain.")
    if "ttl" in body:
        request.wants(int(body["ttl"]) >= 600, "ttl below 600")
    if what == "create":
        name = _full(body.get("name", ""), zone)
        _valid(request, body["type"], body["content"])
        return Reply({"status": "SUCCESS", "id": int(_put(
            fake, name, body["type"], body["content"]))})
    if what == "delete":
        return Reply({"status": "SUCCESS"}) if _drop(fake, rest[0]) else _pb(
            "Invalid record ID.")
    kind, name = rest[0], _full(rest[1] if len(rest) > 1 else "", zone)
    values = fake.records.get(name, kind)
    if what == "retrieveByNameType":
        return Reply({"status": "SUCCESS", "records": [
            {"id": _id(name, kind, value), "name": name, "type": kind,
             "content": value, "ttl": "600", "prio": "0", "notes": ""}
            for value in values]})
    if not values:
        return _pb("Edit error: We were unable to edit the DNS record.")
    if what == "editByNameType":
        _valid(request, kind, body["content"])
        request.wants(body["content"] not in values, "an edit to the same")
        fake.records.set(name, kind, body["content"])
    elif what == "deleteByNameType":
        fake.records.set(name, kind)
    else:
        request.complain("no such call")
    return Reply({"status": "SUCCESS"})


# Gandi

def gandi(fake: Providers, request: Request) -> Reply:
    """api.gandi.net/docs/livedns."""
    def said(status: int, message: str) -> Reply:
        return Reply({"code": status, "message": message, "object": "x",
                      "cause": "y"}, status)
    if request.headers.get("authorization") != f"Bearer {TOKEN}":
        return said(401, "The server could not verify that you authorized")
    path = request.path.removeprefix("/v5/livedns/domains/").split("/")
    if path[0] not in fake.zones or path[1] != "records":
        return said(404, "The resource could not be found.")
    name, kind = _full(path[2], path[0]), path[3]
    values = fake.records.get(name, kind)
    if request.method == "GET":
        return Reply({"rrset_name": path[2], "rrset_type": kind,
                      "rrset_ttl": 300, "rrset_values": [
                          f'"{value}"' if kind == "TXT" else value
                          for value in values]}) if values else said(
                              404, "Can't find the DNS record")
    if request.method == "DELETE":
        fake.records.set(name, kind)
        return Reply("", 204)
    request.wants(request.method == "PUT", "not PUT")
    given = request.json["rrset_values"]
    request.wants(300 <= request.json.get("rrset_ttl", 10800) <= 2592000,
                  "ttl below 300")
    for value in given:
        _valid(request, kind, value)
    fake.records.set(name, kind, *[value.strip('"') for value in given])
    return said(201, "DNS Record Created")


# GoDaddy

def godaddy(fake: Providers, request: Request) -> Reply:
    def said(status: int, code: str) -> Reply:
        return Reply({"code": code, "message": code.lower()}, status)
    if request.headers.get("authorization") != f"sso-key {LOGIN}:{PASSWORD}":
        return said(401, "UNABLE_TO_AUTHENTICATE")
    path = request.path.removeprefix("/v1/domains/").split("/")
    if path[0] not in fake.zones or path[1] != "records":
        return said(404, "UNKNOWN_DOMAIN")
    for record in request.json if request.body else []:
        request.wants(record.get("ttl", 3600) >= 600, "ttl below 600")
    if request.method == "PATCH":   # one more
        for record in request.json:
            _put(fake, _full(record["name"], path[0]), record["type"],
                 record["data"])
        return Reply("")
    kind, name = path[2], _full(path[3], path[0])
    values = fake.records.get(name, kind)
    if request.method == "GET":
        return Reply([{"name": path[3], "type": kind, "ttl": 600,
                       "data": value} for value in values])
    if request.method == "DELETE":
        if not values:
            return said(404, "NOT_FOUND")
        fake.records.set(name, kind)
        return Reply("", 204)
    request.wants(request.method == "PUT" and request.json, "no PUT")
    for record in request.json:
        _valid(request, kind, record["data"])
    fake.records.set(name, kind, *[
        record["data"] for record in request.json])
    return Reply("")


# The texts of those whose addresses are told otherwise

def dynu(fake: Providers, request: Request) -> Reply:
    """dynu.com/en-US/Support/API, version 2."""
    def said(status: int, kind: str) -> Reply:
        return Reply({"statusCode": status, "type": kind, "message": kind},
                     status)
    if request.headers.get("api-key") != TOKEN:
        return said(401, "Authentication Exception")
    path = request.path.removeprefix("/v2/dns").strip("/").split("/")
    if path[0] == "getroot":
        zone, node = fake.zone_of(path[1])
        if not zone:
            return said(404, "Argument Exception")
        return Reply({"statusCode": 200, "id": int(_id("domain", zone)),
                      "domainName": zone, "hostname": path[1],
                      "node": "" if node == "@" else node})
    if path == [""]:
        return Reply({"statusCode": 200, "domains": [
            {"id": int(_id("domain", zone)), "name": zone}
            for zone in fake.zones]})
    zone = (_thing(path[0]) or ("", path[1]))[1]
    if request.method == "GET":
        if path[0] == "record":
            names = [path[1]]
        else:
            names = {name for name, kind, _ in fake.records.history
                     if kind == "TXT" and fake.zone_of(name)[0] == zone}
        return Reply({"statusCode": 200, "dnsRecords": [
            {"id": int(_id(name, "TXT", value)), "recordType": "TXT",
             "domainId": int(_id("domain", fake.zone_of(name)[0])),
             "domainName": fake.zone_of(name)[0], "hostname": name,
             "nodeName": fake.zone_of(name)[1], "textData": value,
             "state": True, "ttl": 60}
            for name in names for value in fake.records.get(name, "TXT")]})
    if request.method == "DELETE":
        return said(200, "") if _drop(fake, path[2]) else said(
            404, "Argument Exception")
    body = request.json
    request.wants(request.method == "POST", "not POST")
    request.wants(body.get("recordType") == "TXT" and body.get("textData")
                  and body.get("state") is True, f"not a text: {body}")
    return Reply({"statusCode": 200, "id": int(_put(
        fake, _full(body["nodeName"], zone), "TXT", body["textData"]))})


def dynv6(fake: Providers, request: Request) -> Reply:
    """dynv6.github.io/api-spec."""
    if request.headers.get("authorization") != f"Bearer {TOKEN}":
        return Reply("unauthorized", 401)
    path = request.path.removeprefix("/api/v2/zones").strip("/").split("/")
    zones = [{"id": int(_id("dynv6", zone)), "name": zone}
             for zone in fake.zones]
    if path == [""]:
        return Reply(zones)
    if path[0] == "by-name":
        return next((Reply(zone) for zone in zones if zone["name"] == path[1]),
                    Reply("not found", 404))
    zone = (_thing(path[0]) or ("", ""))[1]
    if zone not in fake.zones or path[1] != "records":
        return Reply("not found", 404)
    if request.method == "GET":
        found = {(name, kind) for name, kind, _ in fake.records.history
                 if fake.zone_of(name)[0] == zone}
        return Reply([{"id": int(_id(name, kind, value)), "type": kind,
                       "zoneID": int(path[0]), "data": value,
                       "name": fake.zone_of(name)[1].replace("@", "")}
                      for name, kind in sorted(found)
                      for value in fake.records.get(name, kind)])
    if request.method == "DELETE":
        return Reply("", 204 if _drop(fake, path[2]) else 404)
    body = request.json
    if request.method == "PATCH":
        if not _replace(fake, path[2], body["data"]):
            return Reply("not found", 404)
        return Reply({"id": int(path[2]), **body})
    request.wants(request.method == "POST", "not POST")
    _valid(request, body["type"], body["data"])
    return Reply({"id": int(_put(fake, _full(body["name"], zone),
                                 body["type"], body["data"])), **body})


def desec(fake: Providers, request: Request) -> Reply:
    """desec.readthedocs.io: RRsets; 3600 is the shortest time to live."""
    if request.headers.get("authorization") != f"Token {TOKEN}":
        return Reply({"detail": "Invalid token."}, 401)
    path = request.path.removeprefix("/api/v1/domains/").split("/")
    request.wants(request.path.endswith("/"), "no slash at the end")
    missing = Reply({"detail": "Not found."}, 404)
    if path == [""]:
        owner = fake.zone_of(request.query.get("owns_qname", ""))[0]
        return Reply([{"name": owner, "minimum_ttl": 3600}] if owner else [])
    zone = path[0]
    if zone not in fake.zones or path[1] != "rrsets":
        return missing
    if request.method == "GET":
        name = _full(path[2].replace("...", ""), zone)
        values = fake.records.get(name, path[3])
        return Reply({"subname": path[2], "type": path[3], "ttl": 3600,
                      "records": [f'"{value}"' for value in values]}
                     ) if values else missing
    if request.method == "DELETE":
        fake.records.set(_full(path[2], zone), path[3])
        return Reply("", 204)
    body = request.json
    sets = body if isinstance(body, list) else [body]
    for one in sets:
        if len(path) > 4:
            one = {"subname": path[2], "type": path[3], **one}
        name, kind = _full(one["subname"], zone), one["type"]
        if request.method == "POST" and fake.records.get(name, kind):
            return Reply({"non_field_errors": [
                "Another RRset with the same subdomain and type exists for "
                "this domain."]}, 400)
        request.wants(one.get("ttl", 3600) >= 3600, "ttl below 3600")
        fake.records.set(name, kind, *[
            _unquoted(request, value) for value in one["records"]])
    return Reply(body, 201 if request.method == "POST" else 200)
