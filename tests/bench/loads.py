"""The loads, and the bars that Gatehouse has to meet under each."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import Callable, Iterator

from actors.process import ActorError, Process
from proxies import NAME, TOOLS, Proxied, Site

PATIENCE = 120      # seconds, for what should take one or two
TRIM_WAIT = 8       # seconds in which memory has to be given back
WARM = 16           # connections before memory is looked at
STEADY = 1.5        # seconds without a change of memory: that was all


@dataclass(frozen=True)
class Bar:
    """The most that is good: as a multiple of a peer's cost, or as such."""

    nginx: float | None = None
    haproxy: float | None = None
    most: float | None = None


@dataclass(frozen=True)
class Scale:
    """How much of each load: --quick or not."""

    rounds: int
    seconds: int
    memory_rounds: int
    idle: int = 2000
    tunnels: int = 1000
    pin: str | None = None


@dataclass(frozen=True)
class Load:
    """What one round of it costs, by the name of each row of the table."""

    name: str
    rows: dict[str, tuple[str, Bar]]    # name: unit, bar
    measure: Callable[[Load, Proxied, Scale], dict[str, float]]
    fresh: bool = False     # each round on a proxy that has just started
    mode: str = ""          # of build/bench/load
    connections: int = 32
    per: float = 1e-6       # what one operation's seconds are divided by
    path: str = ""          # for wrk


def pinned(argv: list[str], scale: Scale) -> list[str]:
    return ["taskset", "-c", scale.pin, *argv] if scale.pin else argv


class Generator(Process):
    """build/bench/load: ready when it has its connections."""

    def __init__(self, load: Load, port: int, scale: Scale,
                 connections: int) -> None:
        super().__init__(f"load {load.mode}", pinned([
            str(TOOLS / "load"), load.mode, f"127.0.0.1:{port}",
            str(connections), str(scale.seconds)], scale))

    def __enter__(self) -> Generator:
        super().__enter__()
        self.wait_for_line("^ready$", PATIENCE)
        return self

    def run(self) -> int:
        """Begin and end; how many operations it was."""
        self.send_line("")
        done = self.wait_for_line(r"^done (\d+) ", PATIENCE)
        return int(done[1])


def measure_generator(load: Load, proxy: Proxied, scale: Scale
                      ) -> dict[str, float]:
    port = (proxy.echo_port if load.mode in ("upload", "websocket")
            else proxy.files_port)
    with Generator(load, port, scale, load.connections) as generator:
        before = proxy.cpu()
        count = generator.run()
        cost = proxy.cpu() - before
    row, = load.rows
    return {row: cost / count / load.per}


def measure_wrk(load: Load, proxy: Proxied, scale: Scale
                ) -> dict[str, float]:
    origin = (f"http://127.0.0.1:{proxy.plain_port}" if load.name == "redirect"
              else f"https://127.0.0.1:{proxy.files_port}")
    before = proxy.cpu()
    done = subprocess.run(pinned([
        "wrk", "-t2", f"-c{load.connections}", f"-d{scale.seconds}s",
        "-H", f"Host: {NAME}", origin + load.path], scale),
        stdout=subprocess.PIPE, text=True, timeout=PATIENCE, check=True)
    cost = proxy.cpu() - before
    count = int(re.search(r"(\d+) requests in", done.stdout)[1])
    if re.search(r"Socket errors|Non-2xx", done.stdout) or count == 0:
        raise ActorError(f"wrk {load.name}: {done.stdout}")
    row, = load.rows
    return {row: cost / count / load.per}


def measure_syscalls(load: Load, proxy: Proxied, scale: Scale
                     ) -> dict[str, float]:
    """strace counts; it slows a proxy down, so nothing else is measured."""
    pids = proxy.all_pids()
    tracer = Process("strace", ["strace", "-fc", "-U", "calls,name", *(
        word for pid in pids for word in ("-p", str(pid)))])
    with Generator(load, proxy.files_port, scale, load.connections
                   ) as generator, tracer:
        for pid in pids:
            tracer.wait_for_line(f"Process {pid} attached")
        count = generator.run()
        tracer.signal(signal.SIGINT)
        calls = tracer.wait_for_line(r"^ *(\d+) +total$")
        tracer.wait()
    row, = load.rows
    return {row: int(calls[1]) / count}


def settled_pss(proxy: Proxied) -> int:
    """KiB, when they no longer change (or after a time)."""
    end = time.monotonic() + TRIM_WAIT
    size, since = proxy.pss_kib(), time.monotonic()
    while (now := time.monotonic()) < end and now - since < STEADY:
        time.sleep(0.1)
        if (next_size := proxy.pss_kib()) != size:
            size, since = next_size, now
    return size


def idle_pss(load: Load, port: int, proxy: Proxied, scale: Scale) -> int:
    """KiB of a proxy that has served, so its buffers are there."""
    with Generator(load, port, scale, WARM) as generator:
        generator.run()
    return settled_pss(proxy)


def measure_idle(load: Load, proxy: Proxied, scale: Scale
                 ) -> dict[str, float]:
    """Without a client, with 2000, and without again."""
    alone = idle_pss(load, proxy.files_port, proxy, scale)
    with Generator(load, proxy.files_port, scale, scale.idle) as generator:
        full = settled_pss(proxy)
        generator.run()
        after = settled_pss(proxy)
    return {"memory, idle": alone / 1024,
            "idle connection": (full - alone) / scale.idle,
            "kept after close": (after - alone) / scale.idle}


def measure_tunnels(load: Load, proxy: Proxied, scale: Scale
                    ) -> dict[str, float]:
    alone = idle_pss(load, proxy.echo_port, proxy, scale)
    with Generator(load, proxy.echo_port, scale, scale.tunnels):
        full = settled_pss(proxy)
    return {"WebSocket": (full - alone) / scale.tunnels}


LOADS = [
    Load("keepalive", {"keep-alive 1 KiB": ("us/request", Bar(.85, .75))},
         measure_wrk, connections=128, path="/1k"),
    Load("full", {"full handshake": ("us/connection", Bar(1.00, .92))},
         measure_generator, mode="full"),
    Load("resumed", {"resumed handshake": ("us/connection", Bar(.95))},
         measure_generator, mode="resumed"),
    Load("download", {"download 10 MiB": ("s/GB", Bar(.70, .65))},
         measure_generator, mode="download", connections=4,
         per=(10 << 20) / 1e9),
    Load("upload", {"upload 10 MiB": ("s/GB", Bar(.70))},
         measure_generator, mode="upload", connections=4,
         per=(10 << 20) / 1e9),
    Load("websocket", {"WebSocket echo 200 B": ("us/echo", Bar(.95, .85))},
         measure_generator, mode="websocket", connections=64),
    Load("redirect", {"redirect, plain": ("us/request", Bar(.95))},
         measure_wrk, path="/lovelace?a=1"),
    Load("syscalls", {"calls, keep-alive":
                      ("per request", Bar(most=5))},
         measure_syscalls, mode="keepalive", fresh=True),
    Load("idle", {"memory, idle": ("MiB", Bar(most=8)),
                  "idle connection": ("KiB", Bar(.95, .92, 15)),
                  "kept after close": ("KiB", Bar(most=1.5))},
         measure_idle, mode="idle", fresh=True),
    Load("tunnels", {"WebSocket": ("KiB", Bar(most=17))},
         measure_tunnels, mode="tunnels", fresh=True),
]


@contextlib.contextmanager
def started(kind: type[Proxied], site: Site) -> Iterator[Proxied]:
    proxy = kind(site)
    try:
        proxy.start()
        proxy.wait_started()
        yield proxy
    finally:
        proxy.close()


def rounds_of(load: Load, kinds: list[type[Proxied]], site: Site,
              scale: Scale) -> Iterator[tuple[str, dict[str, float]]]:
    """Each proxy in turn, round after round: its label and its costs."""
    if load.fresh:
        for _ in range(scale.memory_rounds):
            for kind in kinds:
                with started(kind, site) as proxy:
                    yield kind.label, load.measure(load, proxy, scale)
        return
    with contextlib.ExitStack() as stack:
        proxies = [stack.enter_context(started(kind, site)) for kind in kinds]
        short = Scale(rounds=1, seconds=1, memory_rounds=1, pin=scale.pin)
        for proxy in proxies:   # caches, pools and pages come to be
            load.measure(load, proxy, short)
        for _ in range(scale.rounds):
            for proxy in proxies:
                yield proxy.label, load.measure(load, proxy, scale)
