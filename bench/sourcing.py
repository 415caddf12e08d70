"""How long sourcing one order takes, by number of locations; no database, no network."""

import os
import random
import statistics
import time

from bench.load import p95
from bench.stage import ENVIRONMENT

RUNS = 200
LINES = 10


def sourcing(say):
    """The time of one plan for an order of 10 lines, half of the shelves holding what is wanted."""
    import django

    os.environ.update(ENVIRONMENT, DJANGO_SETTINGS_MODULE="oms.settings")
    django.setup()
    for places in (5, 20, 100):
        runs = [_plan(seed, places) for seed in range(RUNS)]
        timings, reasons = ([run[part] for run in runs] for part in (0, 1))
        middle = statistics.median(timings) * 1_000
        say(
            f"sourcing an order of {LINES} lines, {places} locations",
            f"median {middle:.2f} ms, p95 {p95(timings):.2f} ms",
            "<= 5 ms at 20" if places == 20 else "",
            good=places != 20 or middle <= 5,
        )
        say(
            f"why the other ones do not serve it, kept with the order, {places} locations",
            f"median {statistics.median(reasons) * 1_000:.2f} ms, p95 {p95(reasons):.2f} ms",
            "<= 5 ms at 20" if places == 20 else "",
            good=places != 20 or statistics.median(reasons) * 1_000 <= 5,
        )


def _plan(seed, places):
    from inventory.queries import Demand, Destination, Request, source

    supply = _supply(random.Random(seed), places)
    demands = tuple(Demand(line, line, 1 + line % 3) for line in range(LINES))
    began = time.process_time()
    (plan,) = source([Request(Destination("GB", "SW1Y"), demands)], supply)
    planned = time.process_time()
    plan.decision.others  # noqa: B018 (worked out when it is read)
    return planned - began, time.process_time() - planned


def _supply(rng, places):
    from inventory.queries import Supply
    from inventory.queries.sourcing import Site

    supply, level = Supply(), 0
    for place in range(places):
        latitude, longitude = rng.uniform(36, 60), rng.uniform(-8, 25)
        supply.sites[place] = Site(place, 100, latitude, longitude, "GB")
        for line in range(LINES):
            if rng.random() < 0.5:
                level += 1
                supply.levels[line][place] = level
                supply.available[level] = rng.choice([1, 2, 9])
    return supply
