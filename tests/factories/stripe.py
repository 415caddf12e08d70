"""A Stripe on localhost: payment intents that are captured, refunded and cancelled over HTTP."""

import json
import re
import time
from itertools import count
from urllib.parse import parse_qsl

import stripe
from werkzeug import Response

SECRET = "whsec_test"


class FakeStripe:
    """Answers like Stripe, remembers keys, and can be told to fail."""

    def __init__(self, server):
        self.intents, self.refunds, self.calls = {}, {}, []
        self.answers, self.failures = {}, []  # by key; handlers that answer instead, in turn
        self.numbers = count(1)
        server.expect_request(re.compile("^/v1/.*$")).respond_with_handler(self.answer)
        self.url = server.url_for("").rstrip("/")

    def intent(self, reference, amount, *, in_parts=True, capture_before=None):
        """A confirmed payment intent of so many pence."""
        card = {
            "multicapture": {"status": "available" if in_parts else "unavailable"},
            "capture_before": capture_before or int(time.time()) + 7 * 86_400,
        }
        self.intents[reference] = {
            "id": reference,
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": amount,
            "amount_received": 0,
            "status": "requires_capture",
            "latest_charge": {
                "id": f"ch_{reference}",
                "object": "charge",
                "payment_method_details": {"type": "card", "card": card},
            },
        }
        return self.intents[reference]

    def refund(self, reference, amount, **metadata):
        """What somebody refunds at Stripe itself, or through the API."""
        row = {
            "id": f"re_{next(self.numbers)}",
            "object": "refund",
            "amount": amount,
            "payment_intent": reference,
            "status": "succeeded",
            "metadata": metadata,
        }
        self.refunds[row["id"]] = row
        return row

    def fail(self, *answers):
        """The next writing calls get these instead: a status and a body, or seconds to sleep."""
        self.failures += answers

    def answer(self, request):
        """One call."""
        path = request.path.removeprefix("/v1/").split("/")
        if request.method == "GET":
            return self.read(request, path)
        sent = dict(parse_qsl(request.get_data(as_text=True)))
        key = request.headers.get("Idempotency-Key")
        self.calls.append(("/".join(path), sent, key))
        if key in self.answers:
            return Response(*self.answers[key], content_type="application/json")
        if self.failures:
            failure = self.failures.pop(0)
            if callable(failure):
                return failure(lambda: self.write(path, sent, key))
            return Response(json.dumps(failure[1]), failure[0], content_type="application/json")
        return self.write(path, sent, key)

    def read(self, request, path):
        """Retrieve an intent, or list the refunds of one."""
        if path[0] == "refunds":
            wanted = request.args["payment_intent"]
            rows = [row for row in self.refunds.values() if row["payment_intent"] == wanted]
            return self.give({"object": "list", "data": rows[::-1], "has_more": False})
        return self.give(self.intents[path[1]])

    def write(self, path, sent, key):
        """Capture, cancel or refund."""
        if path[0] == "refunds":
            body = self.refund(
                sent["payment_intent"], int(sent["amount"]), request=sent["metadata[request]"]
            )
            return self.give(body, key)
        intent = self.intents[path[1]]
        if path[2] == "cancel":
            intent |= {"amount_capturable": 0, "status": "canceled"}
            return self.give(intent, key)
        amount = int(sent["amount_to_capture"])
        if amount > intent["amount_capturable"]:
            error = {"type": "invalid_request_error", "message": "Too much to capture."}
            return self.give({"error": error}, key, 400)
        rest = intent["amount_capturable"] - amount
        goes_on = sent.get("final_capture") == "false" and rest
        intent["amount_received"] += amount
        intent["amount_capturable"] = rest if goes_on else 0
        intent["status"] = "requires_capture" if goes_on else "succeeded"
        return self.give(intent, key)

    def give(self, body, key=None, status=200):
        """Answer, and remember it by its key."""
        text = json.dumps(body)
        if key:
            self.answers[key] = (text, status)
        return Response(text, status, content_type="application/json")

    def webhook(self, client, name, reference, *, event="evt_1", secret=SECRET, at=None):
        """Send a signed webhook to the application under test."""
        subject = {"object": "payment_intent", "id": reference}
        body = json.dumps({"id": event, "type": name, "data": {"object": subject}})
        header = stripe.WebhookSignature.generate_signature_header(body, secret, at)
        return client.post(
            "/api/v1/gateways/stripe/events/",
            body,
            content_type="application/json",
            headers={"Stripe-Signature": header},
        )


DECLINE = (
    402,
    {
        "error": {
            "type": "card_error",
            "code": "card_declined",
            "message": "Your card was declined.",
        }
    },
)
BROKEN = (500, {"error": {"type": "api_error", "message": "Something went wrong."}})


def late(write):
    """It is done, but the answer is lost on the way."""
    write()
    return Response("", 504)
