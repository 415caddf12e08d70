from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from oms import keys
from reporting import queries
from reporting.models import DailyProduct, DailySales, DailyShipping
from tests import factories as world

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
TODAY = NOW.date()
WEEK = queries.Period.latest(7, now=NOW)


@pytest.fixture
def shop(db):
    return world.shop(name="Shop")


def sold(channel, day, orders, value, currency="GBP", **more):
    figures = {"lines": orders * 2, "units": orders * 5, **more}
    return DailySales.objects.create(
        day=day, channel=channel, currency=currency, orders=orders, value=value, **figures
    )


def figure(report, key):
    return next(one for one in report.figures if one.key == key)


def test_period_is_whole_days_up_to_today_and_as_many_before():
    assert (WEEK.first, WEEK.last, WEEK.days) == (date(2026, 11, 14), TODAY, 7)
    assert (WEEK.before.first, WEEK.before.last) == (date(2026, 11, 7), date(2026, 11, 13))
    assert len(WEEK.buckets()) == 7


def test_period_of_a_year_is_drawn_by_seven_days():
    year = queries.Period.latest(365, now=NOW)

    buckets = year.buckets()

    assert len(buckets) == 53
    assert buckets[0] == year.first
    assert buckets[-1] == TODAY - timedelta(days=6)
    assert year.bucket(TODAY) == year.bucket(TODAY - timedelta(days=6)) == buckets[-1]
    assert year.bucket(TODAY - timedelta(days=7)) == buckets[-2]


def test_sales_never_add_currencies(shop):
    sold(shop, TODAY, 3, 30)
    sold(shop, TODAY, 1, 1000, currency="EUR")
    sold(shop, TODAY - timedelta(days=7), 2, 20)

    report = queries.sales(WEEK)

    assert [(row.currency, row.orders, row.value, row.before) for row in report.currencies] == [
        ("GBP", 3, Decimal(30), Decimal(20)),
        ("EUR", 1, Decimal(1000), Decimal(0)),
    ]
    assert report.currency == "GBP"
    assert queries.sales(WEEK, currency="EUR").series[0].value[-1] == Decimal(1000)
    assert queries.sales(WEEK, currency="XXX").currency == "GBP"


def test_sales_series_have_every_day_of_each_channel(shop):
    desk = world.shop("desk", name="Desk")
    sold(shop, TODAY, 1, 10)
    sold(desk, TODAY - timedelta(days=6), 4, 40)

    report = queries.sales(WEEK)

    assert [(one.channel, one.orders) for one in report.series] == [
        ("Desk", (4, 0, 0, 0, 0, 0, 0)),
        ("Shop", (0, 0, 0, 0, 0, 0, 1)),
    ]
    assert [one.channel for one in queries.sales(WEEK, channel="shop").series] == ["Shop"]


def test_sales_fill_rates_are_three_figures(shop):
    sold(shop, TODAY, 10, 100, short_orders=2, short_lines=3, short_units=4)
    sold(shop, TODAY - timedelta(days=7), 10, 100, short_orders=1)

    report = queries.sales(WEEK)

    assert figure(report, "order_fill").value == 80
    assert figure(report, "order_fill").change == -10
    assert figure(report, "line_fill").value == 85
    assert figure(report, "unit_fill").value == 92
    assert figure(report, "backorders").value == 20
    assert figure(report, "order_fill").parts == "2 of 10 orders were short"


def test_sales_service_comes_from_shipments_with_a_promise(shop):
    london = world.warehouse()
    DailyShipping.objects.create(
        day=TODAY,
        location=london,
        shipments=4,
        units=50,
        on_time=2,
        promised=3,
        returned_units=5,
        cycle_minutes=480,
    )

    report = queries.sales(WEEK)

    assert figure(report, "on_time").value.quantize(Decimal("0.1")) == Decimal("66.7")
    assert figure(report, "returns").value == 10
    assert figure(report, "cycle").value == 2
    assert report.on_time[-1] is not None
    assert report.on_time[:-1] == (None,) * 6


def test_sales_without_a_divisor_have_no_value(shop):
    report = queries.sales(WEEK)

    assert [one.value for one in report.figures] == [None] * 8
    assert report.currencies == ()


def test_stock_cover_divides_what_is_available_by_daily_demand():
    london = world.warehouse()
    mug = world.stocked("MUG", london, 70, unit_cost=2)
    cup = world.stocked("CUP", london, 10)
    now = timezone.now()
    period = queries.Period.latest(7, now=now)
    DailyProduct.objects.create(day=period.last, product=mug, ordered=35, shipped=14)

    report = queries.stock_cover(period)

    [row] = report.rows
    assert (row.sku, row.on_hand, row.available, row.ordered) == ("MUG", 70, 70, 35)
    assert row.per_day == 5
    assert row.cover == 14
    # 70 came in during the period: from 0 to 70 is 35 on average; 14 in 7 days are 730 a year
    assert row.turnover == Decimal(730) / 35
    assert report.turnover == Decimal(730) / 35
    assert (report.idle.products, report.idle.units, report.idle.uncosted) == (1, 10, 1)
    assert report.out_of_stock == 0
    assert [one.sku for one in queries.stock_cover(period, sort="on_hand").rows] == ["MUG", "CUP"]
    assert cup.sku == "CUP"


def test_stock_cover_lists_what_is_backordered():
    shop = world.shop(needs_payment=False)
    london = world.warehouse()
    world.stocked("MUG", london, 1)
    world.place(shop, ("MUG", 5), external_id="a")

    [row] = queries.stock_cover(WEEK, sort="backordered").rows

    assert (row.sku, row.backordered, row.available) == ("MUG", 4, 0)


@pytest.mark.parametrize("path", ["sales/", "sales/?days=365&currency=GBP&channel=shop", "stock/"])
def test_pages_open_with_and_without_figures(path, shop, sign_in):
    client = sign_in("Finance")
    assert client.get(f"/admin/reports/{path}").status_code == 200
    london = world.warehouse()
    mug = world.stocked("MUG", london, 3)
    today = timezone.now().date()
    sold(shop, today, 3, 30)
    DailyProduct.objects.create(day=today, product=mug, ordered=3)

    page = client.get(f"/admin/reports/{path}")

    assert page.status_code == 200
    assert "UTC" in page.content.decode()


def test_pages_print_definition_and_zone_beside_each_figure(shop, sign_in):
    sold(shop, timezone.now().date(), 3, 30)

    page = sign_in("Finance").get("/admin/reports/sales/").content.decode()

    assert page.count("<article") == 8
    assert page.count("÷") >= 7
    assert "days end at midnight UTC" in page


def test_pages_ignore_what_they_do_not_understand(shop, sign_in):
    client = sign_in("Finance")

    page = client.get("/admin/reports/sales/?days=12345&sort=x&currency=%00%00%00%00")

    assert page.status_code == 200
    assert page.context["period"].days == 30


def test_pages_are_closed_to_those_without_the_permission(db, client, settings, sign_in):
    settings.OMS_REQUIRE_MFA = False
    client = sign_in("Support")
    client.user.groups.clear()

    assert client.get("/admin/reports/sales/").status_code == 403
    assert client.get("/admin/reports/stock/").status_code == 403


def test_sales_ask_the_same_number_of_questions_for_any_period(shop, django_assert_num_queries):
    for n in range(20):
        sold(shop, TODAY - timedelta(days=n), 1, 1)
    for days in queries.LENGTHS:
        with django_assert_num_queries(5):
            queries.sales(queries.Period.latest(days, now=NOW))


# --- API ------------------------------------------------------------------------------------------


def call(client, path, **key):
    _, text = keys.create("reader", **{"scopes": ["reports:read"], **key})
    return client.get(f"/api/v1/reports/{path}", headers={"Authorization": f"Api-Key {text}"})


def test_api_sales_gives_days_of_the_period(client, shop):
    sold(shop, date(2026, 11, 1), 3, Decimal("30.5"), cancelled_orders=1, cancelled_value=10)
    sold(shop, date(2026, 10, 1), 3, 30)

    answer = call(client, "sales/?from=2026-11-01&to=2026-11-30")

    assert answer.status_code == 200
    assert answer.json() == {
        "from": "2026-11-01",
        "to": "2026-11-30",
        "time_zone": "UTC",
        "days": [
            {
                "day": "2026-11-01",
                "channel": "shop",
                "currency": "GBP",
                "orders": 3,
                "lines": 6,
                "units": 15,
                "value": "30.50",
                "cancelled_orders": 1,
                "cancelled_value": "10.00",
            }
        ],
    }


def test_api_sales_shows_a_channels_key_its_own_channel(client, shop):
    sold(shop, date(2026, 11, 1), 3, 30)
    sold(world.shop("other"), date(2026, 11, 1), 3, 30)
    span = "sales/?from=2026-11-01&to=2026-11-30"

    own = call(client, span, channel="shop").json()["days"]
    other = call(client, f"{span}&channel=other", channel="shop")

    assert [row["channel"] for row in own] == ["shop"]
    assert other.json()["errors"][0]["detail"] == "There is no other here; known: shop."


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("from=yesterday", "/from"),
        ("to=1999-01-01", "/to"),
        ("from=2026-02-01&to=2026-01-01", "/from"),
        ("from=2024-01-01&to=2026-01-01", "/from"),
    ],
)
def test_api_sales_refuses_days_that_make_no_period(client, db, query, pointer):
    answer = call(client, f"sales/?{query}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_api_stock_gives_products_whose_stock_ends_first(client, db):
    london = world.warehouse()
    today = timezone.now().date()
    for sku, ordered in (("MUG", 30), ("CUP", 60)):
        row = world.stocked(sku, london, 30)
        DailyProduct.objects.create(day=today, product=row, ordered=ordered)

    answer = call(client, "stock/?limit=1")

    assert answer.status_code == 200
    [row] = answer.json()["products"]
    assert (row["sku"], row["days_of_cover"], row["ordered"]) == ("CUP", "15.00", 60)


def test_api_stock_is_closed_to_a_channels_key(client, shop):
    assert call(client, "stock/", channel="shop").status_code == 403


def test_api_needs_the_scope(client, db):
    assert call(client, "sales/", scopes=["orders:read"]).status_code == 403
    assert client.get("/api/v1/reports/sales/").status_code == 401
