"""Legal entities with their locations, and dated tax rates: reference data that people edit."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter

from compliance.enums import DocumentKind
from compliance.forms import EntityForm, RateForm
from compliance.models import EntityLocation, LegalEntity, TaxRate
from compliance.queries.documents import fiscal_year, number_of, prefix_of
from oms import words
from oms.admin import EditableAdmin


class LocationInline(TabularInline):
    """Whose stock lies where."""

    model = EntityLocation
    extra = 0
    verbose_name_plural = "sells the stock of"
    tab = False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may change the entity."""
        return self.has_change_permission(request, obj)


@admin.register(LegalEntity)
class LegalEntityAdmin(EditableAdmin):
    """Who sells and issues documents."""

    list_empty = "Add the company that sells: its tax number stands on every invoice."

    form = EntityForm
    inlines = (LocationInline,)
    list_display = ("name", "code", "country", "tax_id", "currency", "oss_column", "next_column")
    ordering = ("name",)
    search_fields = ("code", "name", "tax_id")
    sortable_by: ClassVar = ()
    fieldsets = (
        (None, {"fields": (("name", "code"), ("country", "currency"), "tax_id")}),
        (
            "Address",
            {"fields": ("line1", ("postcode", "city"), "region")},
        ),
        (
            "Documents",
            {
                "description": "Issued documents keep what they said; a change counts from now on.",
                "fields": (("invoice_prefix", "fiscal_year_start_month"), "time_zone"),
            },
        ),
        ("Distance sales inside the EU", {"fields": ("oss_from",)}),
    )

    def get_readonly_fields(
        self,
        request: object,  # noqa: ARG002
        obj: LegalEntity | None = None,
    ) -> tuple[str, ...]:
        """The code is what reports and files name; it stays."""
        return ("code",) if obj else ()

    @admin.display(description="One-Stop Shop")
    def oss_column(self, entity: LegalEntity) -> str:
        """Since when."""
        return f"since {entity.oss_from:%d %b %Y}" if entity.oss_from else "no"

    @admin.display(description="Numbers look like")
    def next_column(self, entity: LegalEntity) -> str:
        """The first number of this fiscal year."""
        year = fiscal_year(entity, timezone.now().date())
        return number_of(entity, DocumentKind.INVOICE, year, 1) if prefix_of(entity) else ""


class TerritoryFilter(DropdownFilter):
    """Rates of one territory."""

    title = "territory"
    parameter_name = "territory"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Every territory that has rates."""
        codes = TaxRate.objects.order_by("territory").values_list("territory", flat=True)
        return [(code, code) for code in codes.distinct()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Its rates."""
        return queryset.filter(territory=self.value()) if self.value() else queryset


class ForceFilter(DropdownFilter):
    """Rates by whether they hold today."""

    title = "validity"
    parameter_name = "validity"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Now, later, no longer."""
        return [("now", "In force today"), ("later", "To come"), ("past", "Ended")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Rates that match."""
        today = timezone.now().date()
        ended = Q(valid_to__lte=today)
        kinds = {
            "now": queryset.filter(valid_from__lte=today).exclude(ended),
            "later": queryset.filter(valid_from__gt=today),
            "past": queryset.filter(ended),
        }
        return kinds.get(self.value() or "", queryset)


@admin.register(TaxRate)
class TaxRateAdmin(EditableAdmin):
    """Dated rates; a change of law is a new row, and an end for the old one."""

    list_empty = "Load the rates that ship with the system: manage.py load_tax_rates."

    form = RateForm
    list_display = (
        "territory",
        "tax_class",
        "rate_column",
        "category_column",
        "from_column",
        "to_column",
        "force_column",
        "source",
    )
    list_filter = (("scheme", ChoicesDropdownFilter), TerritoryFilter, ForceFilter)
    list_filter_submit = True
    search_fields = ("territory__iexact", "tax_class__istartswith")
    search_help_text = "Territory such as DE, or class such as reduced or gst18"
    ordering = ("territory", "tax_class", "-valid_from")
    sortable_by: ClassVar = ()
    fieldsets = (
        (None, {"fields": (("scheme", "territory"), "tax_class", ("rate", "category"))}),
        (
            "When",
            {
                "description": "Enter a change before the day from which it holds; orders placed "
                "before keep the rate they were placed with.",
                "fields": (("valid_from", "valid_to"), "source"),
            },
        ),
    )

    @admin.display(description="Rate")
    def rate_column(self, rate: TaxRate) -> str:
        """Per cent."""
        return f"{rate.rate.normalize():f} %"

    @admin.display(description="Category")
    def category_column(self, rate: TaxRate) -> str:
        """The code of EN 16931 with its meaning."""
        return f"{rate.category} · {rate.get_category_display()}"

    @admin.display(description="From")
    def from_column(self, rate: TaxRate) -> str:
        """First day."""
        return f"{rate.valid_from:%d %b %Y}"

    @admin.display(description="Until before")
    def to_column(self, rate: TaxRate) -> str:
        """First day on which it no longer holds."""
        return f"{rate.valid_to:%d %b %Y}" if rate.valid_to else ""

    @admin.display(description="State")
    def force_column(self, rate: TaxRate) -> SafeString:
        """Whether it holds today."""
        today = timezone.now().date()
        if rate.valid_from > today:
            return words.chip("To come", "info")
        ended = rate.valid_to is not None and rate.valid_to <= today
        return words.chip("Ended" if ended else "In force")
