"""Pages of customers that need no account: stopping messages."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from customers import operations, queries
from customers.models import Notification
from customers.operations.notifications import OPT_OUT
from customers.queries.stopping import stopping_words
from oms import links

VALID = timedelta(days=366)  # a message may be read late; stopping must work then too


@csrf_exempt  # mail programs post to it without ever having seen the page (RFC 8058)
@require_http_methods(["GET", "POST"])
def opt_out(request: HttpRequest, token: str) -> HttpResponse:
    """Stop messages of one kind: asked by a page, done by its button or by a mail program."""
    try:
        public_id = links.read(OPT_OUT, token, valid=VALID)
    except links.LinkNotValid as invalid:
        told = {"title": "Messages", "text": invalid.detail}
        return render(request, "public/message.html", told, status=404)
    rows = Notification.objects.select_related("template", "customer")
    notification = get_object_or_404(rows, public_id=public_id)
    if request.method == "POST":
        operations.stop_notifications(notification)
    language = notification.template.language
    context = {
        "title": stopping_words(language).title,
        "words": stopping_words(language),
        "language": language,
        "what": queries.message_name(notification.template.event, language),
        "done": request.method == "POST",
    }
    return render(request, "public/opt_out.html", context)


urlpatterns = [path("messages/<str:token>/", opt_out, name="notification_opt_out")]
