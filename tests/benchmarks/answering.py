"""A server that answers by the path: what a benchmark's caller may meet."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_WR
from threading import Thread


class Answering(BaseHTTPRequestHandler):
    """`/good` is a good answer, `/other` one without its mark, `/fault` a 500.

    `/gone` closes without a word, `/last` after a good answer and without announcing it: a question that was under
    way by then is remembered as `late`.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    asked: list[str]

    def do_GET(self) -> None:
        """Answer, and remember the path."""
        self.asked.append(self.path)
        if self.path.startswith("/gone"):
            self.close_connection = True
            return
        self.close_connection = self.path.startswith("/last")
        body = b'{"fault":true}' if self.path.startswith("/other") else b'{"mark":1, "many": "words"}'
        self.send_response(500 if self.path.startswith("/fault") else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:5])
        self.wfile.flush()
        self.wfile.write(body[5:])
        if self.close_connection:
            self._close()

    def _close(self) -> None:
        self.connection.shutdown(SHUT_WR)
        if self.rfile.read():  # until the caller has closed its side as well
            self.asked.append("late")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def answering() -> Iterator[tuple[int, list[str]]]:
    """Its port, and the paths that it was asked for so far: all of them, once it has ended."""
    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Answering,), {"asked": asked}))
    server.daemon_threads = False  # its end waits for all that is being answered
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
