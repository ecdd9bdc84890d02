"""The repository, the issue and the fix that every harness is given: small, real, and with a bug.

It quotes the price of parcels. Freight companies charge for the space a light parcel takes, in
kilograms begun; the code rounds them instead, and its own tests do not notice.
"""

import os
import subprocess
import sys
from pathlib import Path

TITLE = "Bulky parcels are quoted too cheap"
ISSUE = f"""\
# {TITLE}

A box of 40 x 30 x 21 cm that weighs 1 kg is quoted as 5 kg. Its volume is 5.04 kg at 5000 cm3 a
kilogram, and carriers charge every kilogram begun, so `chargeable_kg` should say 6. Parcels whose
volume comes to a whole number of kilograms are right as they are.
"""
MODULE, TESTS = "parcels/weights.py", "tests/test_weights.py"
WRONG = "    return max(ceil(weight_kg), round(volume_kg(parcel)))\n"
RIGHT = "    return max(ceil(weight_kg), ceil(volume_kg(parcel)))\n"
LAST_TEST = """\
    def test_a_heavy_parcel_is_charged_by_its_weight(self):
        self.assertEqual(chargeable_kg(Parcel(10, 10, 10), 2.2), 3)
"""
NEW_TEST = """\

    def test_a_bulky_parcel_is_charged_every_kilogram_begun(self):
        self.assertEqual(chargeable_kg(Parcel(40, 30, 21), 1.0), 6)
"""
EXPLANATION = (
    "`chargeable_kg` rounded the kilograms of the volume to the nearest whole number, so a parcel"
    " just above one was charged too little. Each kilogram begun counts: round up, as is done with"
    " the weight itself."
)
# What a test-suite is run by, in every harness and at the end.
RUN_TESTS = "python3 -m unittest discover -q -s tests -t ."

_GATES = """\
setup:
  run: []
gates:
  - name: tests
    kind: test
    run: python3 -m unittest discover -q -s tests -t .
"""
_README = """\
# parcels

Quotes what a parcel costs to send: by weight or by the space it takes, by zone, with surcharges.
Run the tests with `python3 -m unittest discover -s tests -t .`.
"""
_WEIGHTS = f'''\
"""What a parcel is charged for: its weight, or the space it takes."""

from dataclasses import dataclass
from math import ceil

CM3_PER_KG = 5000


@dataclass(frozen=True)
class Parcel:
    """A box, by its sides in centimetres."""

    length: int
    width: int
    height: int


def volume_kg(parcel):
    """Return the kilograms that a parcel's volume counts as."""
    return parcel.length * parcel.width * parcel.height / CM3_PER_KG


def chargeable_kg(parcel, weight_kg):
    """Return the whole kilograms that are charged for a parcel."""
{WRONG}'''
_ZONES = '''\
"""Which zone a country is in, as carriers group them."""

ZONES = {"de": 1, "at": 1, "ch": 2, "fr": 2, "pl": 2, "gb": 3, "no": 3, "us": 4, "jp": 4}
WORLD = 5


def zone_of(country):
    """Return the zone of a country by its two letters; the last zone for all others."""
    return ZONES.get(country.strip().lower(), WORLD)
'''
_TARIFF = '''\
"""The prices of a tariff, in cents: a base for each zone and a step for each kilogram."""

BASE = {1: 490, 2: 790, 3: 1190, 4: 1890, 5: 2490}
STEP = {1: 60, 2: 110, 3: 160, 4: 420, 5: 560}
REMOTE = 650


def price(zone, kilograms, *, remote=False):
    """Return the price in cents; a remote place costs a surcharge."""
    cents = BASE[zone] + STEP[zone] * max(0, kilograms - 1)
    return cents + REMOTE if remote else cents
'''
_QUOTES = '''\
"""A quote: one line a customer can read."""

from parcels.tariff import price
from parcels.weights import chargeable_kg
from parcels.zones import zone_of


def quote(parcel, weight_kg, country, *, remote=False):
    """Return what it costs to send a parcel to a country, as a line of text."""
    kilograms = chargeable_kg(parcel, weight_kg)
    cents = price(zone_of(country), kilograms, remote=remote)
    return f"{kilograms} kg to {country.upper()}: {cents // 100}.{cents % 100:02}"
'''
_TEST_WEIGHTS = f"""\
import unittest

from parcels.weights import Parcel, chargeable_kg, volume_kg


class TestWeights(unittest.TestCase):
    def test_a_volume_counts_in_kilograms(self):
        self.assertEqual(volume_kg(Parcel(50, 40, 25)), 10)

    def test_a_light_parcel_is_charged_by_its_volume(self):
        self.assertEqual(chargeable_kg(Parcel(50, 40, 25), 1.0), 10)

{LAST_TEST}"""
_TEST_TARIFF = """\
import unittest

from parcels.tariff import price
from parcels.zones import zone_of


class TestTariff(unittest.TestCase):
    def test_the_first_kilogram_is_in_the_base(self):
        self.assertEqual(price(1, 1), 490)

    def test_each_further_kilogram_costs_a_step(self):
        self.assertEqual(price(2, 3), 1010)

    def test_a_remote_place_costs_a_surcharge(self):
        self.assertEqual(price(1, 1, remote=True), 1140)

    def test_a_country_that_is_not_listed_is_in_the_last_zone(self):
        self.assertEqual(zone_of("nz"), 5)
"""
_TEST_QUOTES = """\
import unittest

from parcels.quotes import quote
from parcels.weights import Parcel


class TestQuotes(unittest.TestCase):
    def test_a_quote_names_kilograms_country_and_price(self):
        self.assertEqual(quote(Parcel(10, 10, 10), 2.5, "fr"), "3 kg to FR: 10.10")
"""
_FILES = {
    ".github/changewright.yml": _GATES,
    "README.md": _README,
    "parcels/__init__.py": "",
    "parcels/quotes.py": _QUOTES,
    "parcels/tariff.py": _TARIFF,
    MODULE: _WEIGHTS,
    "parcels/zones.py": _ZONES,
    "tests/__init__.py": "",
    "tests/test_quotes.py": _TEST_QUOTES,
    "tests/test_tariff.py": _TEST_TARIFF,
    TESTS: _TEST_WEIGHTS,
}
# Other subjects: what a larger repository holds beside what the task is about.
_BYSTANDER = '''\
"""Depot {number:02}: which vans leave when."""

VANS = {{"north": {number}, "south": {number} + 2, "west": 3}}


def departures(side):
    """Return the hours at which vans leave on one side of the depot."""
    return [6 + 2 * turn for turn in range(VANS[side] % 7)]


def is_open(hour):
    """Return whether somebody is there to take goods in."""
    return 5 <= hour < 22
'''


def make_repository(folder: Path, bystanders: int = 0) -> None:
    """Write and commit the repository; ``bystanders`` modules have nothing to do with the task."""
    depots = {f"depots/depot_{n:02}.py": _BYSTANDER.format(number=n) for n in range(bystanders)}
    for path, text in (_FILES | depots).items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    _git(folder, "init", "--quiet", "--initial-branch=main")
    _git(folder, "config", "user.name", "bench")
    _git(folder, "config", "user.email", "bench@localhost")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", "parcels as they are")


def is_mended(folder: Path) -> bool:
    """Return whether the fix is in ``folder``, a test of it too, and all tests pass there."""
    proof = (
        "from parcels.weights import Parcel, chargeable_kg as kg;"
        "assert [kg(Parcel(40, 30, n), 1) for n in (20, 21, 25)] == [5, 6, 6]"
    )
    tests = (folder / TESTS).read_text()
    return tests.count("def test_") == _TEST_WEIGHTS.count("def test_") + 1 and all(
        subprocess.run(argv, cwd=folder, capture_output=True, check=False).returncode == 0
        for argv in ([sys.executable, "-c", proof], [sys.executable, *RUN_TESTS.split()[1:]])
    )


def _git(folder: Path, *words: str) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *words], cwd=folder, env=environment, check=True)
