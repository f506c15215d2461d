"""PortMap: what routers are asked for, and what becomes of their answers.

The router is Debian's miniupnpd with nftables in a namespace of its own, but
where it cannot be had as badly as a test wants it.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import struct
from typing import Callable, Iterator

import pytest

from actors.ddns import LOGIN, PASSWORD
from actors.ddns_job import street as ddns_street
from actors.gateway import Gateway, gateway_config
from actors.netns import or_skip
from actors.router import (HOUSE, LAN, Miniupnpd, PMP_PORT, PmpRouter,
                           Street, WAN)

OTHER = "192.168.77.3"
DDNS_PORT = 8444
PORTS = "80:8080 443:8443"
FORWARDS = f"the router forwards {PORTS} to us, by"


@pytest.fixture
def street() -> Iterator[Street]:
    with or_skip(Street) as made:
        yield made


@pytest.fixture
def house(street: Street, make_gateway) -> Callable[..., Gateway]:
    """Makes gateways in the house; they are not started."""

    def make(**options) -> Gateway:
        return configure(make_gateway(namespace=street.house), **options)

    return make


def configure(gateway: Gateway, *, port_map: str = "auto",
              address: str = "0.0.0.0", https_port: int = 8443,
              challenge: str = "http-01", extra: str = "") -> Gateway:
    gateway.configure(gateway_config(
        gateway.state_dir, forward="127.0.0.1:1", http_port=8080,
        https_port=https_port, address=address, workers=1,
        challenge=challenge, extra=f"PortMap {port_map}\n{extra}"))
    return gateway


def portmap(gateway: Gateway) -> dict:
    return gateway.status()["portmap"]


def command(gateway: Gateway, action: str):
    return gateway.run("portmap", action, "-f", str(gateway.file))


def reaches_us(street: Street) -> bool:
    """A client in the internet gets an answer of the gateway at port 80."""
    try:
        with street.internet.connect((street.wan, 80), timeout=2) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: gw.test\r\n\r\n")
            return sock.recv(4096).startswith(b"HTTP/1.1 ")
    except OSError:
        return False


def test_pcp_maps_and_clients_get_through(street, house):
    with Miniupnpd(street) as router:
        gateway = house()
        assert not reaches_us(street)
        gateway.start_ready()
        gateway.wait_for_line(f"{FORWARDS} PCP")
        assert reaches_us(street)
        state = portmap(gateway)
        assert (state["state"], state["protocol"], state["wan"],
                state["ports"]) == ("mapped", "PCP", WAN, PORTS)
        assert 0 < state["lifetime"] <= 3600 and state["warning"] == ""
        assert f"{HOUSE}:8443" in router.rules()
        shown = gateway.run_checked("status", "-f", str(gateway.file))
        assert re.search(r"Port mapping\n +state +the router forwards", shown)
        gateway.stop()
        assert "dnat" in router.rules(), "a stop must leave the mapping"


def test_upnp_maps_and_unmaps(street, house):
    with Miniupnpd(street, natpmp=False) as router:
        gateway = house().start_ready()
        gateway.wait_for_line(f"{FORWARDS} UPnP")
        assert portmap(gateway)["wan"] == WAN
        assert reaches_us(street)
        done = command(gateway, "off")
        assert done.returncode == 0, done
        assert "dnat" not in router.rules()
        assert not reaches_us(street)
        assert portmap(gateway)["state"] == "held"
        assert "by UPnP" in command(gateway, "renew").stdout
        assert reaches_us(street)


@pytest.mark.parametrize("natpmp", [True, False])
def test_without_rights_and_in_the_jail(street, house, short, natpmp):
    if os.geteuid() != 0:
        pytest.skip("only root gives up rights")
    with Miniupnpd(street, natpmp=natpmp):
        gateway = house(extra=f'User "nobody"\nRootJail "{short}"')
        gateway.start_ready()
        gateway.wait_for_line(FORWARDS)


ORDER = "certificate for gw.test: asking"


def test_order_waits_for_the_router(street, house):
    """Its first word counts: until then a CA would come in vain."""
    with PmpRouter(street, waits=True) as router:
        gateway = house().start_ready()
        running(gateway)
        cert, = gateway.status()["certificates"]
        assert cert["reason"] == (
            "the router has not yet said whether it maps ports"), cert
        assert 0 <= cert["next_attempt"] - gateway.status()["now"] <= 30
        assert not gateway.count(ORDER)
        router.go_on()
        gateway.wait_for_line(ORDER)
        assert gateway.count(FORWARDS) == 1
        gateway.wait_for_line("next attempt")
        since = gateway.mark()
        gateway.reload()                # and is not waited for again
        assert gateway.run("renew", "-f", str(gateway.file)).returncode == 1
        assert gateway.count(ORDER, since=since) == 1


def test_order_goes_on_where_no_router_answers(street, house):
    gateway = house().start_ready()
    gateway.wait_for_line(ORDER)
    assert gateway.count("port mapping: no router answers") == 1


@pytest.mark.parametrize("challenge,port_map", [
    ('dns-01\n    DNSHook "/bin/true"', "auto"), ("http-01", "off")])
def test_order_that_needs_no_mapping(street, house, challenge, port_map):
    with PmpRouter(street, waits=True):
        gateway = house(challenge=challenge, port_map=port_map).start_ready()
        gateway.wait_for_line(ORDER)
        assert not gateway.count("port mapping|the router")


def test_natpmp_where_pcp_is_not_known(street, house):
    with PmpRouter(street, lifetime=600) as router:
        gateway = house().start_ready()
        gateway.wait_for_line(f"{FORWARDS} NAT-PMP")
        assert router.mapped == {80: 8080, 443: 8443}
        state = portmap(gateway)
        assert (state["wan"], state["lifetime"]) == (WAN, 600)
        asked = router.requests
        assert command(gateway, "renew").returncode == 0
        assert router.requests > asked
        assert command(gateway, "off").returncode == 0
        assert not router.mapped


def test_renewal_with_the_same_nonce_after_a_restart(street, house):
    """PCP lets only him renew who knows the nonce of the mapping."""
    with Miniupnpd(street) as router:
        gateway = house().start_ready()
        gateway.wait_for_line(f"{FORWARDS} PCP")
        gateway.signal(signal.SIGKILL)
        gateway.wait()
        gateway.start_ready()
        since = gateway.mark()
        assert "by PCP" in command(gateway, "renew").stdout
        assert not gateway.count("port mapping:", since=since)
        assert router.rules().count("dnat ip to") == 2


def test_switched_off_before_a_restart(street, house):
    with Miniupnpd(street) as router:
        gateway = house().start_ready()
        gateway.wait_for_line(FORWARDS)
        gateway.stop()
        assert "dnat" in router.rules()
        since = gateway.mark()
        configure(gateway, port_map="off").start_ready()
        gateway.wait_for_line("forwards nothing to us any more", since=since)
        assert "dnat" not in router.rules()
        assert portmap(gateway)["state"] == "off"


def test_reload_moves_the_port(street, house):
    with Miniupnpd(street) as router:
        gateway = house().start_ready()
        gateway.wait_for_line(FORWARDS)
        configure(gateway, https_port=9443).reload()
        gateway.wait_for_line("the router forwards 80:8080 443:9443 to us")
        assert f"{HOUSE}:9443" in router.rules()
        assert f"{HOUSE}:8443" not in router.rules()


@pytest.mark.parametrize("upnp", [False, True])
def test_refused_by_a_rule_of_the_router(street, house, upnp):
    with Miniupnpd(street, upnp=upnp, natpmp=not upnp,
                   rules=("deny 1-1023 0.0.0.0/0 0-65535",)):
        gateway = house().start_ready()
        gateway.wait_for_line("port mapping: ")
        state = portmap(gateway)
        assert state["state"] == "failing" and state["failures"] == 1
        assert "the router says: " in state["problem"], state
        assert state["advice"] and state["next_attempt"] > 0
        done = command(gateway, "status")
        assert done.returncode == 1 and "the router says" in done.stderr


def test_a_port_that_another_machine_has(street, house):
    street.house.run("ip", "address", "add", OTHER + "/24", "dev", "eth0")
    with Miniupnpd(street, natpmp=False):
        soap(street, 443)
        gateway = house().start_ready()
        gateway.wait_for_line(f"port 443 is forwarded to {OTHER} already")
        assert portmap(gateway)["ports"] == "80:8080"


def test_pcp_does_not_take_another_machines_port(street, house):
    street.house.run("ip", "address", "add", OTHER + "/24", "dev", "eth0")
    with Miniupnpd(street, upnp=False) as router:
        with street.house.socket(kind=socket.SOCK_DGRAM) as sock:
            sock.bind((OTHER, 0))
            sock.settimeout(10)
            sock.sendto(struct.pack("!BBHHHI", 0, 2, 0, 443, 443, 3600),
                        (LAN, PMP_PORT))
            assert sock.recv(100)[3] == 0
        gateway = house().start_ready()
        gateway.wait_for_line(
            "port 443: the router (says: cannot provide|offers port 444)")
        assert portmap(gateway)["ports"] == "80:8080"
        assert f"{HOUSE}:8443" not in router.rules()


def get(sock: socket.socket, request: str, body: str = "") -> str:
    sock.sendall(f"{request}\r\nHost: {LAN}\r\nConnection: close\r\n"
                 f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
    answer = b""
    while data := sock.recv(4096):
        answer += data
    assert answer.startswith(b"HTTP/1.1 200"), answer
    return answer.decode()


SEARCH = (b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n'
          b'MAN: "ssdp:discover"\r\nMX: 1\r\nST: urn:schemas-upnp-org:device:'
          b'InternetGatewayDevice:1\r\n\r\n')


def discover(street: Street) -> str:
    """What the router says of itself, once it has begun to listen."""
    with street.house.socket(kind=socket.SOCK_DGRAM) as sock:
        sock.bind((OTHER, 0))
        sock.settimeout(0.2)
        for _ in range(50):
            sock.sendto(SEARCH, (LAN, 1900))
            with contextlib.suppress(TimeoutError):
                return sock.recv(2048).decode()
    raise AssertionError("no answer to M-SEARCH")


def soap(street: Street, port: int) -> None:
    """Another machine's AddPortMapping, to the first service of its kind."""
    found = discover(street)
    where = re.search(r"LOCATION: http://[\d.]+:(\d+)(\S+)", found)
    address = LAN, int(where[1])
    with street.house.connect(address, source_address=(OTHER, 0)) as sock:
        described = get(sock, f"GET {where[2]} HTTP/1.1")
    service, control = re.search(
        r"<serviceType>([^<]*:WANIPConnection:\d)</serviceType>.*?"
        r"<controlURL>([^<]*)<", described, re.S).groups()
    values = {"RemoteHost": "", "ExternalPort": port, "Protocol": "TCP",
              "InternalPort": port, "InternalClient": OTHER, "Enabled": 1,
              "PortMappingDescription": "x", "LeaseDuration": 3600}
    body = (
        '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org'
        f'/soap/envelope/"><s:Body><u:AddPortMapping xmlns:u="{service}">'
        + "".join(f"<New{name}>{value}</New{name}>"
                  for name, value in values.items())
        + "</u:AddPortMapping></s:Body></s:Envelope>")
    with street.house.connect(address, source_address=(OTHER, 0)) as sock:
        get(sock, f"POST {control} HTTP/1.1\r\nContent-Type: text/xml\r\n"
                  f'SOAPAction: "{service}#AddPortMapping"', body)


def test_no_router_speaks_any_of_it(street, house):
    gateway = house().start_ready()
    gateway.wait_for_line(
        f"port mapping: no router answers: {LAN} speaks neither")
    state = portmap(gateway)
    assert f"TCP port 80 to {HOUSE}:8080, 443 to {HOUSE}:8443" in \
        state["advice"]
    shown = gateway.run_checked("status", "-f", str(gateway.file))
    assert "This needs attention" in shown and "Switch on UPnP" in shown


def test_no_default_route(street, house):
    street.house.run("ip", "route", "del", "default")
    gateway = house().start_ready()
    gateway.wait_for_line("port mapping: no router: there is no default route")


@pytest.mark.parametrize("wan,warning", [
    ("100.64.3.4", "CGNAT"), ("192.168.1.20", "double NAT")])
def test_nobody_reaches_the_router_either(street, house, wan, warning):
    with PmpRouter(street, wan=wan):
        gateway = house().start_ready()
        gateway.wait_for_line(FORWARDS)
        state = portmap(gateway)
        assert state["wan"] == wan and warning in state["warning"]
        assert state["state"] == "mapped" and state["problem"] == ""
        assert warning in command(gateway, "status").stdout


@pytest.mark.parametrize("natpmp", [True, False])
def test_miniupnpd_maps_nothing_behind_cgnat(street, house, natpmp):
    """It refuses and does not say its address; what that may mean is told."""
    street.move("100.64.3.4")
    with Miniupnpd(street, natpmp=natpmp):
        gateway = house().start_ready()
        gateway.wait_for_line("port mapping: ")
        state = portmap(gateway)
        assert state["state"] == "failing" and state["wan"] == ""
        assert "(CGNAT): ask it for a public one" in state["advice"], state


def test_cure_is_the_providers(street, house):
    """Whatever a router with such an address refuses for."""
    with PmpRouter(street, wan="100.64.3.4", shift=1000):
        gateway = house().start_ready()
        gateway.wait_for_line("port mapping: ")
        state = portmap(gateway)
        assert (state["state"], state["wan"]) == ("failing", "100.64.3.4")
        assert "offers port 1080" in state["problem"]
        assert "(CGNAT): nobody outside" in state["problem"]
        assert state["advice"].startswith("Ask the provider")


def test_another_port_is_none(street, house):
    with PmpRouter(street, shift=1000) as router:
        gateway = house().start_ready()
        gateway.wait_for_line("port 80: the router offers port 1080")
        assert not router.mapped


def test_a_refusal_of_natpmp_in_words(street, house):
    with PmpRouter(street, result=2):
        gateway = house().start_ready()
        gateway.wait_for_line("the router does not say its address: "
                              r"not authorized \(2\)")


def test_what_listens_for_this_machine_only(street, house):
    with PmpRouter(street) as router:
        gateway = house(address="127.0.0.1").start_ready()
        gateway.wait_for_line("port 80 is not mapped: the router cannot reach")
        assert portmap(gateway)["state"] == "off"
        assert not router.requests


def test_off_by_default(street, house):
    with PmpRouter(street) as router:
        gateway = house(port_map="off").start_ready()
        done = command(gateway, "renew")
        assert done.returncode == 1 and "no PortMap auto" in done.stderr
        assert not router.requests


def test_the_router_is_asked_by_nobody_of_the_house(street, house):
    """Who else answers on the network is not listened to."""
    with Miniupnpd(street, natpmp=False):
        street.house.run("ip", "route", "replace", "default", "via",
                         "192.168.77.9")
        street.house.run("ip", "neigh", "add", "192.168.77.9", "lladdr",
                         "02:00:00:00:00:09", "dev", "eth0")
        gateway = house().start_ready()
        gateway.wait_for_line("192.168.77.9 speaks neither", timeout=30)


def running(gateway: Gateway) -> int:
    """The job, once it has its own name; each look asks the gateway."""
    for _ in range(200):
        if pids := gateway.pids().get("portmap"):
            return pids[0]
        portmap(gateway)
    raise gateway.error("no gatehouse-portmap is running")


def test_a_router_that_says_nothing(street, house):
    """Whoever waits for it is not waited for."""
    street.router.run("nft", "add table inet mute; add chain inet mute in "
                             "{ type filter hook input priority 0; "
                             "policy drop; }")
    gateway = house().start_ready()
    os.kill(running(gateway), signal.SIGKILL)
    gateway.wait_for_line("port mapping: lost: gatehouse-portmap was killed")
    gateway.reload()
    running(gateway)
    gateway.stop(timeout=3)


def test_new_addresses_are_a_reason_to_ask(street, house):
    with PmpRouter(street) as router:
        gateway = house().start_ready()
        gateway.wait_for_line(FORWARDS)
        router.wan = "8.8.4.9"
        street.house.run("ip", "address", "add", "192.168.77.5/24", "dev",
                         "eth0")
        gateway.wait_for_line("the router's address outside is 8.8.4.9")


def test_the_world_sees_another_address(street, house, tmp_path):
    """No network of its own gives this one away, only the comparison."""
    seen = "8.8.4.77"
    hosts = "one.check.test", "two.check.test"
    urls = " ".join(f'"https://{host}:{DDNS_PORT}/ip"' for host in hosts)
    with PmpRouter(street), ddns_street(
            street.house, tmp_path, port=DDNS_PORT, zones=("mine.com",),
            hosts=("ha.mine.com",)) as town:
        town.providers.addresses.update({host: seen for host in hosts})
        gateway = house(extra=f"""
DDNS "dyndns2"
    Hostname "ha.mine.com"
    Server "dyn.check.test:{DDNS_PORT}"
    Login "{LOGIN}"
    Password "{PASSWORD}"
    IPv4 service
    IPv6 no
    AddressService {urls}
End""").start_ready()
        gateway.wait_for_line(FORWARDS)
        gateway.wait_for_line(f"the address is {seen}")
        gateway.run_checked("ddns", "test", "-f", str(gateway.file))
        warning = portmap(gateway)["warning"]
        assert WAN in warning and seen in warning and "CGNAT" in warning
        assert "This needs attention" in gateway.run_checked(
            "status", "-f", str(gateway.file))
