"""The API of customers: people, companies that they buy for, what they are told; one file per noun."""

from customers.api import companies, consents, notifications, people

urlpatterns = [
    *companies.urlpatterns,
    *consents.urlpatterns,
    *notifications.urlpatterns,
    *people.urlpatterns,
]
