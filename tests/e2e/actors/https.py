"""An HTTPS server in a namespace of the test, in a thread of ours."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Iterator

from .netns import Namespace


@contextlib.contextmanager
def https_server(namespace: Namespace, address: tuple[str, int],
                 context: ssl.SSLContext,
                 handler: type[BaseHTTPRequestHandler]) -> Iterator[None]:
    """Serves while its `with` lasts; the port is taken from its start on."""
    listener = namespace.socket(
        socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    listener.listen(64)
    server = ThreadingHTTPServer(address, handler, bind_and_activate=False)
    server.socket.close()
    server.daemon_threads = True
    server.handle_error = lambda *_: None   # a client that went away
    server.socket = context.wrap_socket(
        listener, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True,
                              kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
