"""Callers: keep-alive connections that send as fast as they are answered, for a bounded time."""

import http.client
import json
import statistics
import threading
import time

from bench.stage import PORT

HEADERS = {"Content-Type": "application/json"}


class Caller:
    """One connection with one API key."""

    def __init__(self, key):
        self.headers = {**HEADERS, "Authorization": f"Api-Key {key}"}
        self.connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)

    def send(self, method, path, body=None):
        """Send and give status and body."""
        return self.send_text(method, path, json.dumps(body) if body is not None else None)

    def send_text(self, method, path, text):
        """Send JSON that is written already, where writing it would be most of the time."""
        self.connection.request(method, path, text, self.headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()


def together(clients, seconds, work):
    """Let `clients` threads repeat `work(client, turn)` for a time; gives counts and latencies."""
    stop, latencies, errors = time.perf_counter() + seconds, [], []

    def run(client):
        turn = 0
        while time.perf_counter() < stop:
            began = time.perf_counter()
            try:
                work(client, turn)
            except Exception as error:  # noqa: BLE001 (raised again below)
                errors.append(error)
                return
            latencies.append(time.perf_counter() - began)
            turn += 1

    threads = [threading.Thread(target=run, args=(client,)) for client in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return latencies, time.perf_counter() - began


def p95(latencies):
    """The 95th percentile in milliseconds."""
    return statistics.quantiles(latencies, n=20)[-1] * 1000 if len(latencies) > 1 else 0.0


def order(number, *, lines=3, sku=None, buyer=0):
    """An order as a channel sends it."""
    base = 0 if sku else (number * 7) % 990
    return {
        "external_id": f"B{number}",
        "currency": "EUR",
        "customer": {"name": f"Buyer {buyer}", "email": f"buyer{buyer}@example.com"},
        "shipping_address": {
            "name": f"Buyer {buyer}", "line1": "1 Long Street", "city": "Berlin",
            "postcode": "10115", "country": "DE",
        },
        "lines": [
            {"sku": sku or f"SKU-{base + at:04}", "quantity": 1, "unit_price": "19.99"}
            for at in range(lines)
        ],
    }  # fmt: skip
