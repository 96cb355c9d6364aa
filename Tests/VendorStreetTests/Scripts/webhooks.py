"""A receiver of webhooks: `with receiver() as (url, wait):`, where `wait(n)` gives the first n messages."""

import contextlib
import http.server
import threading
import time


@contextlib.contextmanager
def receiver():
    messages = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            messages.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    def wait(count, seconds=5):
        end = time.monotonic() + seconds
        while len(messages) < count and time.monotonic() < end:
            time.sleep(0.01)
        assert len(messages) >= count, f"{len(messages)} of {count} webhooks after {seconds} s"
        return messages

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", wait
    finally:
        server.shutdown()
