"""A router of a house, in network namespaces: Debian's miniupnpd, or ours.

Three namespaces hang on each other: the house with the gateway, the router,
and the internet, from where a client comes. Behind CGNAT there is one more
between the latter two.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import tempfile
import threading
from pathlib import Path
from typing import Iterator

from .netns import Namespace
from .process import Process

LAN = "192.168.77.1"
HOUSE = "192.168.77.2"
WAN = "8.8.4.4"         # only its kind counts: nothing leaves the namespaces
CLIENT = "8.8.4.1"
CGNAT = "100.64.3.4"    # the router's address where the provider has WAN
PMP_PORT = 5351

# miniupnpd fills in the chains of its name; the house may go out.
RULES = """
table inet filter {
    chain miniupnpd { }
    chain prerouting_miniupnpd { }
    chain postrouting_miniupnpd { }
    chain forward {
        type filter hook forward priority 0; policy drop;
        ct state established,related accept
        iifname lan accept
        jump miniupnpd
    }
    chain prerouting {
        type nat hook prerouting priority -100; policy accept;
        jump prerouting_miniupnpd
    }
    chain postrouting {
        type nat hook postrouting priority 100; policy accept;
        jump postrouting_miniupnpd
        oifname wan masquerade
    }
}
"""


def gateway_of(address: str) -> str:
    """The other end of the router's line."""
    return address.rpartition(".")[0] + ".1"


class Street:
    """House, router and internet, connected; nobody speaks yet.

    With cgnat=True, the router has an address that only its provider sees.
    """

    def __init__(self, wan: str = WAN, *, cgnat: bool = False) -> None:
        self.wan = CGNAT if cgnat else wan
        self._stack = contextlib.ExitStack()
        enter = self._stack.enter_context
        self.house = enter(Namespace())
        self.router = enter(Namespace())
        self.internet = enter(Namespace())
        self._connect(self.house, HOUSE, self.router, "lan", LAN)
        _route_out(self.house, HOUSE)
        _forward(self.router)
        outermost = self.router
        if cgnat:
            outermost = enter(Namespace())
            self._connect(self.router, CGNAT, outermost, "lan",
                          gateway_of(CGNAT), near="wan")
            _route_out(self.router, CGNAT)
            _forward(outermost)
            outermost.run("nft", RULES)
        self._connect(self.internet, gateway_of(wan), outermost, "wan", wan)
        _route_out(outermost, wan)

    def _connect(self, near_space: Namespace, near_address: str,
                 far_space: Namespace, far: str, far_address: str,
                 near: str = "eth0") -> None:
        """A cable from `near` of one to the port `far` of the other."""
        far_space.run("ip", "link", "add", far, "type", "veth", "peer",
                      "name", near, "netns", str(near_space.pid))
        for space, link, mine in ((far_space, far, far_address),
                                  (near_space, near, near_address)):
            space.run("ip", "address", "add", f"{mine}/24", "dev", link)
            space.run("ip", "link", "set", link, "up")

    def __enter__(self) -> Street:
        return self

    def __exit__(self, *_exc) -> None:
        self._stack.close()

    def move(self, wan: str) -> None:
        """The provider gives the router another address."""
        self.router.run("ip", "address", "flush", "dev", "wan")
        self.router.run("ip", "address", "add", f"{wan}/24", "dev", "wan")
        _route_out(self.router, wan)
        self.wan = wan


def _route_out(space: Namespace, address: str) -> None:
    space.run("ip", "route", "add", "default", "via", gateway_of(address))


def _forward(space: Namespace) -> None:
    space.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")


class Miniupnpd(Process):
    """Maps for real, with nftables."""

    def __init__(self, street: Street, *, upnp: bool = True,
                 natpmp: bool = True, rules: tuple[str, ...] = (),
                 options: tuple[str, ...] = ()) -> None:
        self._files = tempfile.TemporaryDirectory(prefix="gh-", dir="/tmp")
        self.street = street
        conf = Path(self._files.name) / "miniupnpd.conf"
        conf.write_text("\n".join([
            "ext_ifname=wan", "listening_ip=lan", "ipv6_disable=yes",
            "http_port=0", "secure_mode=yes", "notify_interval=900",
            "min_lifetime=120", "max_lifetime=86400",
            f"enable_upnp={'yes' if upnp else 'no'}",
            f"enable_natpmp={'yes' if natpmp else 'no'}",
            "uuid=dc8d98e9-1011-49ed-90a1-48d62997851a", *options, *rules,
            "allow 1-65535 192.168.77.0/24 1-65535",
            "deny 0-65535 0.0.0.0/0 0-65535", ""]), encoding="ascii")
        street.router.run("nft", RULES)
        super().__init__(
            "miniupnpd",
            ["/usr/sbin/miniupnpd", "-d", "-f", conf,
             "-P", Path(self._files.name) / "pid"],
            namespace=street.router)

    def start(self) -> Miniupnpd:
        since = self.mark()
        super().start()
        self.wait_for_line(r"listening on|Listening for NAT-PMP",
                           since=since)
        return self

    def rules(self) -> str:
        return self.street.router.run("nft", "list", "ruleset")

    def close(self) -> None:
        super().close()
        self._files.cleanup()


class PmpRouter:
    """Speaks NAT-PMP (RFC 6886), and not PCP; remembers what it was asked.

    `mapped` is what it forwards; `shift` is added to the ports it gives,
    `result` is what it answers instead of success. With waits=True it answers
    nothing before go_on(), and what it was asked until then.
    """

    def __init__(self, street: Street, *, wan: str | None = None,
                 lifetime: int = 7200, shift: int = 0,
                 result: int = 0, waits: bool = False) -> None:
        self.wan = wan or street.wan
        self.lifetime = lifetime
        self.shift = shift
        self.result = result
        self.mapped: dict[int, int] = {}
        self.requests = 0
        self._socket = street.router.socket(kind=socket.SOCK_DGRAM)
        self._socket.bind((LAN, PMP_PORT))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._waits = waits

    def __enter__(self) -> PmpRouter:
        if not self._waits:
            self.go_on()
        return self

    def go_on(self) -> None:
        self._thread.start()

    def __exit__(self, *_exc) -> None:
        with contextlib.suppress(OSError):  # not connected: it wakes all
            self._socket.shutdown(socket.SHUT_RDWR)
        if self._thread.is_alive():
            self._thread.join(5)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            request, peer = self._socket.recvfrom(1100)
            if not peer or len(request) < 2:
                return
            self.requests += 1
            self._socket.sendto(self._answer(request), peer)

    def _answer(self, request: bytes) -> bytes:
        version, opcode = request[:2]
        head = struct.pack("!BBHI", 0, 0x80 | opcode,
                           1 if version else self.result, 1000)
        if version or self.result:
            return head
        if opcode == 0:
            return head + socket.inet_aton(self.wan)
        inside, outside, lifetime = struct.unpack("!HHI", request[4:12])
        if lifetime:
            outside += self.shift
            lifetime = min(lifetime, self.lifetime)
            self.mapped[outside] = inside
        else:
            self.mapped = {port: mine for port, mine in self.mapped.items()
                           if mine != inside}
        return head + struct.pack("!HHI", inside, outside, lifetime)
