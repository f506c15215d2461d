"""The proxies that are compared, set up alike, and what they stand before."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests/e2e"))

# pylint: disable=wrong-import-position
from actors.authority import Authority                      # noqa: E402
from actors.gateway import READY, Gateway                   # noqa: E402
from actors.ports import free_port, wait_until_open         # noqa: E402
from actors.process import Process                          # noqa: E402

TOOLS = REPOSITORY / "build/bench"      # what the Makefile builds
NAME = "bench.test"
WORKERS = 2
SUITE = "TLS_AES_128_GCM_SHA256"
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"
ROOT = os.geteuid() == 0     # then the workers are somebody else


def wait_for_port(process: Process, port: int) -> None:
    """For those that do not say when they are ready."""
    try:
        wait_until_open(port)
    except ConnectionRefusedError:
        raise process.error("does not listen") from None


class Site:
    """Files, a certificate and the two backends, for all proxies."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        chain, key = Authority(directory).issue(NAME)
        self.chain, self.key = chain, key
        self.pem = directory / "all.pem"
        self.pem.write_bytes(chain.read_bytes() + key.read_bytes())
        files = directory / "files"
        files.mkdir()
        (files / "1k").write_bytes(b"x" * 1024)
        (files / "10m").write_bytes(bytes(10 << 20))
        self.files_port = free_port()
        self.echo_port = free_port()
        self.processes = [
            Nginx("files", directory, self.files_port, f"""
                sendfile on;
                server {{
                    listen 127.0.0.1:{self.files_port};
                    root {files};
                }}"""),
            Process("backend", [TOOLS / "backend", str(self.echo_port)])]

    def __enter__(self) -> Site:
        for process in self.processes:
            process.start()
        self.processes[0].wait_started()
        self.processes[1].wait_for_line("ready")
        return self

    def __exit__(self, *_exc) -> None:
        for process in self.processes:
            process.close()


class Proxied:
    """What a proxy offers: one HTTPS port before each backend, and HTTP that
    leads to HTTPS. And what it costs, over all of its processes."""

    label: str

    def __init__(self) -> None:
        self.files_port = free_port()
        self.echo_port = free_port()
        self.plain_port = free_port()

    def all_pids(self) -> list[int]:
        found = [self.pid]
        for pid in found:
            try:
                tasks = list(Path(f"/proc/{pid}/task").iterdir())
                for task in tasks:
                    children = (task / "children").read_text()
                    found += map(int, children.split())
            except OSError:
                continue    # it ended meanwhile
        return found

    def cpu(self) -> float:
        """Seconds on a processor since they were started."""
        total = 0
        for pid in self.all_pids():
            for task in Path(f"/proc/{pid}/task").iterdir():
                total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def pss_kib(self) -> int:
        """KiB of memory, what is shared counted by share."""
        total = 0
        for pid in self.all_pids():
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += int(re.search(r"^Pss:\s+(\d+) kB", text, re.M)[1])
        return total


class Nginx(Process):
    """nginx with this inside its http section."""

    def __init__(self, name: str, directory: Path, port: int,
                 http: str) -> None:
        home = directory / f"nginx-{name}"
        home.mkdir()
        temporary = "\n".join(
            f"{kind}_temp_path {home}/{kind};" for kind in
            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = home / "nginx.conf"
        config.write_text(f"""
            daemon off;
            {"user nobody nogroup;" if ROOT else ""}
            worker_processes {WORKERS};
            worker_rlimit_nofile 20000;
            pid {home}/pid;
            error_log stderr error;
            events {{ worker_connections 4096; }}
            http {{
                access_log off;
                keepalive_requests 1000000000;
                keepalive_timeout 1h;
                {temporary}
                {http}
            }}""")
        self._port = port
        super().__init__(f"nginx-{name}", ["nginx", "-p", home, "-c", config],
                         env={"PATH": PATH})

    def wait_started(self) -> None:
        wait_for_port(self, self._port)


class NginxProxy(Proxied, Nginx):
    label = "nginx"

    def __init__(self, site: Site) -> None:
        Proxied.__init__(self)

        def upstream(name: str, port: int) -> str:
            return f"""
                upstream {name} {{
                    server 127.0.0.1:{port};
                    keepalive 64;
                    keepalive_requests 1000000000;
                }}"""

        def server(name: str, port: int) -> str:
            return f"""
                server {{
                    listen 127.0.0.1:{port} ssl reuseport;
                    location / {{ proxy_pass http://{name}; }}
                }}"""

        Nginx.__init__(self, "proxy", Path(tempfile.mkdtemp(
            prefix="nginx-", dir=site.directory)), self.files_port, f"""
            {upstream("files", site.files_port)}
            {upstream("echo", site.echo_port)}
            map $http_upgrade $hop {{ default upgrade; '' ''; }}
            ssl_certificate {site.chain};
            ssl_certificate_key {site.key};
            ssl_protocols TLSv1.3;
            ssl_conf_command Ciphersuites {SUITE};
            ssl_conf_command NumTickets 1;
            ssl_ecdh_curve X25519;
            client_max_body_size 0;
            proxy_http_version 1.1;
            proxy_read_timeout 1h;
            proxy_set_header Host $host;
            proxy_set_header Connection $hop;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $host;
            {server("files", self.files_port)}
            {server("echo", self.echo_port)}
            server {{
                listen 127.0.0.1:{self.plain_port} reuseport;
                return 301 https://$host$request_uri;
            }}""")
        Path(self.argv[2]).parent.chmod(0o755)


class HAProxy(Proxied, Process):
    label = "HAProxy"

    def __init__(self, site: Site) -> None:
        Proxied.__init__(self)
        home = Path(tempfile.mkdtemp(prefix="haproxy-", dir=site.directory))
        # It has no word for the number of tickets; libssl has.
        (home / "openssl.cnf").write_text(
            "openssl_conf = all\n[all]\nssl_conf = ssl\n"
            "[ssl]\nsystem_default = default\n[default]\nNumTickets = 1\n")

        def pair(name: str, port: int, backend: int) -> str:
            return f"""
frontend {name}
    bind 127.0.0.1:{port} ssl crt {site.pem}
    http-request set-header X-Forwarded-Proto https
    http-request set-header X-Forwarded-Host %[req.hdr(host)]
    default_backend {name}
backend {name}
    server one 127.0.0.1:{backend}
"""

        config = home / "haproxy.cfg"
        config.write_text(f"""
global
    nbthread {WORKERS}
    maxconn 4000
    ssl-default-bind-options ssl-min-ver TLSv1.3
    ssl-default-bind-ciphersuites {SUITE}
    ssl-default-bind-curves X25519
defaults
    mode http
    option forwardfor
    http-reuse always
    timeout connect 5s
    timeout client 1h
    timeout server 1h
    timeout tunnel 1h
{pair("files", self.files_port, site.files_port)}
{pair("echo", self.echo_port, site.echo_port)}
frontend plain
    bind 127.0.0.1:{self.plain_port}
    http-request redirect scheme https code 301
""")
        Process.__init__(self, "haproxy", ["haproxy", "-db", "-f", config],
                         env={"PATH": PATH,
                              "OPENSSL_CONF": str(home / "openssl.cnf")})

    def wait_started(self) -> None:
        wait_for_port(self, self.plain_port)


class Gatehouse(Proxied, Gateway):
    label = "Gatehouse"

    def __init__(self, site: Site) -> None:
        Proxied.__init__(self)
        Gateway.__init__(self)

        def listener(port: int, backend: int) -> str:
            return f"""
ListenHTTPS
    Address 127.0.0.1
    Port {port}
    Cert "{site.pem}"
    LogLevel 0
    Client 3600
    Service
        BackEnd
            Address 127.0.0.1
            Port {backend}
        End
    End
End
"""

        self.configure(f"""
StateDir "{self.state_dir}"
{'User "nobody"' if ROOT else ""}
Workers {WORKERS}
{listener(self.files_port, site.files_port)}
{listener(self.echo_port, site.echo_port)}
ListenHTTP
    Address 127.0.0.1
    Port {self.plain_port}
    LogLevel 0
    Service
        Redirect 301 "https://{NAME}"
    End
End
""")

    def wait_started(self) -> None:
        self.wait_for_line(READY)


PROXIES = (Gatehouse, NginxProxy, HAProxy)
