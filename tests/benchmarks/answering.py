"""A server that answers by the path: what a benchmark's caller may meet."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Answering(BaseHTTPRequestHandler):
    """`/good` is a good answer, `/other` one without its mark, `/fault` a 500.

    `/gone` closes without a word, `/last` after a good answer.
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

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def answering() -> Iterator[tuple[int, list[str]]]:
    """Its port, and the paths that it was asked for so far."""
    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Answering,), {"asked": asked}))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
