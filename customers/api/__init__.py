"""The API of customers: people, and the companies that they buy for; one file per noun."""

from customers.api import companies, people

urlpatterns = [*companies.urlpatterns, *people.urlpatterns]
