"""From an order's answer to its webhook: a real receiver, while two callers place orders."""

import http.server
import json
import os
import threading
import time

from bench.load import Caller, order, p95, together

SECONDS = int(os.environ.get("BENCH_SECONDS", "15"))
PATIENCE = 20  # seconds for the last ones to arrive


class Receiver:
    """An HTTP server on this machine that notes when it heard of which order."""

    def __init__(self):
        self.heard = {}
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                told = json.loads(body)["data"]
                receiver.heard.setdefault(told["subject"]["id"], time.perf_counter())
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        """Where it listens."""
        return f"http://127.0.0.1:{self.server.server_port}/"


def webhooks(say, keys, numbers):
    """The time from the answer to the receipt."""
    receiver, answered = Receiver(), {}
    callers = [Caller(keys["bench"]) for _ in range(2)]
    subscription = {"url": receiver.url, "events": ["order.placed"]}
    status, body = callers[0].send("POST", "/api/v1/webhook-endpoints/", subscription)
    assert status == 201, body[:500]

    def work(client, _turn):
        sent = order(next(numbers), buyer=client)
        status, body = callers[client].send("POST", "/api/v1/orders/", sent)
        assert status == 201, body[:500]
        answered[json.loads(body)["number"]] = time.perf_counter()
        time.sleep(0.05)

    together(2, SECONDS, work)
    give_up = time.perf_counter() + PATIENCE
    while not answered.keys() <= receiver.heard.keys() and time.perf_counter() < give_up:
        time.sleep(0.05)
    receiver.server.shutdown()
    waits = [max(receiver.heard[n] - at, 0) for n, at in answered.items() if n in receiver.heard]
    slow, lost = p95(waits), len(answered) - len(waits)
    say(
        "event to webhook received, under load",
        f"p95 {slow:.0f} ms of {len(answered)} orders, {lost} not heard of",
        "p95 < 500 ms",
        good=slow < 500 and not lost,
    )
