"""The API of customers: people, and the companies that they buy for; one file per noun."""

from customers.api import companies, consents, people

urlpatterns = [*companies.urlpatterns, *consents.urlpatterns, *people.urlpatterns]
