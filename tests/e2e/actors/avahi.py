"""Multicast DNS in a namespace, as Home Assistant's machine has it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .netns import Namespace
from .process import Process

CONFIGURATION = """
[server]
host-name={host}
use-ipv6=no
enable-dbus=no
[publish]
publish-hinfo=no
publish-workstation=no
[reflector]
enable-reflector=no
"""
SERVICE = """<?xml version="1.0"?>
<!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<service-group>
<name>{name}</name>
<service><type>{kind}</type><port>{port}</port>
<txt-record>version=2026.9.1</txt-record></service>
</service-group>
"""


class Avahi(Process):
    """avahi-daemon, which announces one service."""

    def __init__(self, namespace: Namespace, port: int, *,
                 kind: str = "_home-assistant._tcp", name: str = "Home",
                 host: str = "homeassistant") -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="avahi-")
        root = Path(self._directory.name)
        services = root / "services"
        services.mkdir()
        root.chmod(0o755)
        (root / "avahi.conf").write_text(CONFIGURATION.format(host=host))
        (services / "home.service").write_text(
            SERVICE.format(name=name, kind=kind, port=port))
        namespace.private_directory("/run/avahi-daemon")
        namespace.run("mount", "--bind", services, "/etc/avahi/services")
        super().__init__("avahi", [
            "/usr/sbin/avahi-daemon", "--no-drop-root", "--no-chroot",
            "--no-rlimits", "--no-proc-title", "--file", root / "avahi.conf"],
            namespace=namespace)

    def start(self) -> Avahi:
        since = self.mark()
        super().start()
        self.wait_for_line("successfully established", since=since)
        return self

    def close(self) -> None:
        super().close()
        self._directory.cleanup()
