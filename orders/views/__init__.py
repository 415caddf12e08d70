"""Pages that belong to no row of the back office: importing a file, and what buyers see of a quote."""

from django.urls import path

from orders.views.approvals import approval
from orders.views.importing import import_orders
from orders.views.quotes import quote, quote_paper

__all__ = ["import_orders", "urlpatterns"]

urlpatterns = [  # behind signed links, without an account
    path("approvals/<str:token>/", approval, name="approval"),
    path("quotes/<str:token>/", quote, name="quote"),
    path("quotes/<str:token>/pdf/", quote_paper, name="quote-paper"),
]
