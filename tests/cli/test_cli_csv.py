"""CSV files as people have them: how they are read, what is said, and what is refused."""

import gzip
import io
import shlex
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from test_cli import COMMAND, RUNNER, refused, run

import fastgd
from fastgd.data.files.numerals import find_cure, find_dates, find_numerals, read_numbers

polars = pytest.importorskip("polars")

N = 300
NAMES = ["a", "b", "city", "y"]


def packed(content):
    """The content as gzip packs it, without the time: test cases have the same names everywhere."""
    return gzip.compress(content, mtime=0)


def make_table():
    """Return numbers and text whose coefficients are 2, -3, and 1 for one of the cities."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(1, 12, N), rng.normal(size=N).round(3)
    city = rng.choice(["Genf", "Köln", "Rom"], N)
    y = (2 * a - 3 * b + (city == "Rom") + rng.normal(0, 0.01, N)).round(4)
    return a, b, city, y


A, B, CITY, Y = make_table()


def lines(separator=",", decimal=".", change=()):
    """Return the table as lines of text; *change* sets fields, by row and column."""
    rows = [NAMES, *([str(v) for v in row] for row in zip(A, B, CITY, Y, strict=True))]
    rows = [[field.replace(".", decimal) for field in row] for row in rows]
    for row, column, text in change:
        rows[row + 1][column] = text
    return [separator.join(row) for row in rows]


def text(*args, **keywords):
    return "\n".join(lines(*args, **keywords)) + "\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def fit(content, *options, name="t.csv", target="y"):
    """Fit a file; return the command's result."""
    data = content.encode() if isinstance(content, str) else content
    if name != "-":
        Path(name).write_bytes(data)
    arguments = ["fit", "--data", name, "--target", target, *options]
    arguments += ["--out", "m.fastgd", "--force"]
    return RUNNER.invoke(COMMAND, arguments, input=data if name == "-" else None)


def fitted(content, *options, **keywords):
    """Fit a file, which is to go well; return what was said, the model and what its code makes."""
    done = fit(content, *options, **keywords)
    assert done.exit_code == 0, done.stderr or done.exception
    code = done.stdout.partition("\n\nIn Python:\n\n")[2]
    lines_of_python = {}
    if keywords.get("name") != "-":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", fastgd.ConvergenceWarning)
            exec(code, lines_of_python)
    return done.stderr, fastgd.load("m.fastgd"), lines_of_python


def message(content, *options, **keywords):
    """Return the sentence that refuses a file."""
    return refused(fit(content, *options, **keywords)).removeprefix("fastgd: ").rstrip("\n")


# ---- how the file is written


def zipped(name, content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for member, inside in ((name, content), ("__MACOSX/._" + name, "x")):
            archive.writestr(zipfile.ZipInfo(member), inside)
    return file.getvalue()


TITLES = "Prices of 2020; all of them\n\n"
COMMENTS = "# made by hand\n# in two parts\n"
INCHES = [(5, 2, '5" pipe'), (9, 2, '6" pipe')]
GERMAN = text(";", ",")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.csv", text(), ""),
        ("t.csv", GERMAN, "t.csv is read with --separator ';' --decimal ','"),
        ("t.csv", text(";"), "--separator ';',"),
        ("t.csv", text("\t"), "--separator tab,"),
        ("t.csv", text("|"), "--separator '|',"),
        ("t.csv", text(" "), "--separator space,"),
        ("t.tsv", text("\t"), ""),
        ("t.tsv", text(), "--separator ',',"),
        ("t.csv", text().encode("cp1252"), "--encoding cp1252,"),
        ("t.csv", text().encode("utf-8-sig"), ""),
        ("t.csv", text().encode("utf-16"), "--encoding utf-16,"),
        ("t.csv", GERMAN.encode("utf-16-le"), "--separator ';' --decimal ',' --encoding utf-16-le"),
        ("t.csv", text().encode("utf-16-be"), "--encoding utf-16-be,"),
        ("t.csv", TITLES + text(), "--skip-lines 2,"),
        ("t.csv", TITLES + GERMAN, "--separator ';' --decimal ',' --skip-lines 2,"),
        ("t.csv", COMMENTS + text(), "--skip-lines 2,"),
        ("t.csv", "Title,,,\n" + text(), "--skip-lines 1,"),
        ("t.csv", text().replace("\n", "\n# a second part\n", 9), "that begin with # are left out"),
        ("t.csv", text() + "\n\n\n", "3 empty lines of t.csv left out"),
        ("t.csv", text() + ",,,\n,,,\n", "2 empty lines of t.csv left out"),
        ("t.csv", text().replace("\n", ",\n")[: -len(",\n")] + "\n", None),
        (
            "t.csv",
            text().replace("\n", ",\n").replace("city,y,", "city,y", 1),
            "empty fields at the ends",
        ),
        ("t.csv", text(change=INCHES), "quotation marks in t.csv are read as ordinary text"),
        ("t.csv", text().replace("a,b,city,y", "'a','b','city','y'"), "' as its quotation mark"),
        ("t.csv", text().replace("\n", "\r\n"), ""),
        ("t.csv", text().replace("\n", "\r"), ""),
        ("t.csv.gz", packed(text().encode()), ""),
        ("t.csv.gz", packed(GERMAN.encode("cp1252")), "--encoding cp1252"),
        ("t.zip", zipped("inside.csv", text()), ""),
        ("t.csv.zip", zipped("inside.txt", GERMAN), "--separator ';' --decimal ','"),
        ("t.tsv.zip", zipped("inside.tsv", text("\t").encode("cp1252")), "--encoding cp1252,"),
        ("-", text(), ""),
        ("-", packed(GERMAN.encode()), "stdin is read with --separator ';'"),
    ],
)
def test_files_as_people_have_them(name, content, said):
    options = [] if "pipe" not in str(content) else ["--drop", "city"]
    if said is None:  # an unnamed column at the end, with nothing in it
        options, said = ["--drop", ""], ""
    remarks, model, code = fitted(content, *options, name=name)
    assert said in remarks and (remarks == "") == (said == "")
    assert list(model.coef_names_[:2]) == ["a", "b"]
    if code:
        assert np.allclose(code["result"].coef_, model.coef_, rtol=1e-9)
    if not options:
        X = np.column_stack([A, B, CITY == "Köln", CITY == "Rom"])
        truth = np.linalg.lstsq(np.column_stack([X, np.ones(N)]), Y, rcond=None)[0]
        np.testing.assert_allclose([*model.coef_, model.intercept_], truth, atol=2e-3)
    data = content.encode() if isinstance(content, str) else content
    arguments = ["predict", "m.fastgd", "--data", name]
    done = RUNNER.invoke(COMMAND, arguments, input=data if name == "-" else None)
    assert done.exit_code == 0
    values = np.array(done.stdout.split()[1:], dtype=float)
    assert len(values) == N and np.abs(values - Y).max() < (2 if options else 0.1)


@pytest.mark.compiled
def test_encoding_that_shows_late():
    rows = ["a,city,y", *(f"{k % 7},x,{k % 5}" for k in range(20_000)), "1,Köln,2"]
    remarks, model, code = fitted("\n".join(rows).encode("cp1252"), "--max-iter", "1")
    assert "t.csv is read with --encoding cp1252, as it is not UTF-8" in remarks
    assert list(model.coef_names_) == ["a", "city=x"]
    assert len(code["y"]) == 20_001


@pytest.mark.parametrize(
    ("content", "options", "features"),
    [
        (text("~"), ["--separator", "~"], ["a", "b", "city=Köln", "city=Rom"]),
        (text(";", ","), ["--separator", "semicolon", "--decimal", "comma"], None),
        (text(), ["--encoding", "utf-8"], None),
        (text().encode("cp1250"), ["--encoding", "cp1250"], None),
        ("x,y,z\nunits,of,these\n" + text(), ["--skip-lines", "2"], None),
        (text().partition("\n")[2], ["--no-header"], ["x0", "x1", "x2=Köln", "x2=Rom"]),
        ("1,2,city,3\n" + text().partition("\n")[2], ["--header"], ["1", "2", "city=Köln"]),
    ],
)
def test_options_of_reading(content, options, features):
    target = {"--no-header": "-1", "--header": "3"}.get(options[0], "y")
    remarks, model, code = fitted(content, *options, target=target)
    assert remarks == ""
    features = features or ["a", "b", "city=Köln", "city=Rom"]
    assert list(model.coef_names_[: len(features)]) == features
    assert np.allclose(code["result"].coef_, model.coef_, rtol=1e-9)
    done = run("predict", "m.fastgd", "--data", "t.csv")  # with the same options
    assert done.exit_code == 0 and len(done.stdout.split()) == N + 1


def test_predict_takes_other_options_for_another_file():
    fitted(GERMAN)
    Path("new.csv").write_text("a|b|city\n3|1.234|Rom\n")
    done = run("predict", "m.fastgd", "--data", "new.csv", "--decimal", ".")
    assert float(done.stdout.split()[1]) == pytest.approx(7 - 3.702, abs=0.02)
    Path("new.csv").write_text("a;b;city\n3;1,234;Rom\n")  # thousands by itself, but not here
    done = run("predict", "m.fastgd", "--data", "new.csv")
    assert float(done.stdout.split()[1]) == pytest.approx(7 - 3.702, abs=0.02)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--separator", "ab"], "'ab' is not one character, nor one of comma, semicolon"),
        (["--decimal", ";"], "';' is none of . ,"),
        (["--thousands", "x"], "'x' is none of , . space ' _"),
        (["--thousands", ".", "--decimal", "."], "--thousands and --decimal are the same"),
        (["--thousands", ",", "--decimal", ","], "--thousands and --decimal are the same"),
        (["--encoding", "klingon"], "'klingon' is no text encoding, such as utf-8"),
        (["--encoding", "rot13"], "'rot13' is no text encoding"),
        (["--skip-lines", "-1"], "'-1' is not an integer from 0"),
        (["--encoding", "utf-32"], "t.csv is not text in utf-32"),
        (["--encoding", "ascii"], "t.csv is not text in ascii"),
    ],
)
def test_options_that_are_refused(options, said):
    assert said in message(text(), *options)


@pytest.mark.parametrize("name", ["t.npy", "t.npz", "t.parquet"])
@pytest.mark.parametrize(
    "option", ["--separator ;", "--decimal ,", "--no-header", "--skip-lines 1"]
)
def test_options_of_text_are_for_text(name, option):
    np.save("t.npy", np.ones((3, 2)))
    np.savez("t.npz", X=np.ones((3, 2)), y=np.ones(3))
    polars.DataFrame({"a": [1], "y": [2]}).write_parquet("t.parquet")
    said = refused(run("fit", "--data", name, "--target", "-1", *option.split()))
    assert f"{option.split()[0]} is for text files; got a file {name[1:]}" in said


def test_options_of_reading_need_a_file():
    assert "--separator is an option for files; give a file with --data" in refused(
        run("fit", "--separator", ";")
    )


# ---- files that cannot be read, by line


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "t.csv is empty."),
        ("\n \n", "t.csv is empty."),
        ("a,y\n", "t.csv has no rows."),
        (text() + "1,2,Rom,3,4\n", "line 302 of t.csv has 5 fields, and line 1, where the table"),
        (TITLES + text() + "1,2,Rom,3,4\n", "line 304 of t.csv has 5 fields, and line 3, where"),
        (text(change=[(40, 2, '"Rom')]), "a quotation mark that opens in line 42 is never closed"),
        (text(change=[(40, 2, '"')]), "a quotation mark that opens in line 42 is never closed"),
        (text(change=[(40, 2, '"5" pipe"')]), "line 42 has a quotation mark inside a field that"),
        ("a,b,c\n" + text(), "line 1 of t.csv has 3 fields but most lines have 4: name every"),
        (text().replace("a,b", "b", 1), "name every column, or leave the lines above the table "),
        (text().partition("\n")[2].replace("Genf", "1").replace("Köln", "2").replace("Rom", "3"),
         "line 1 of t.csv, where names of columns are expected, holds numbers only: give "),
        ("a,b,a,y\n1,2,3,4\n", "t.csv has 2 columns named 'a'."),
    ],
)  # fmt: skip
def test_files_that_are_refused(content, said):
    done = fit(content)
    assert said in refused(done, 1 if "quotation mark" in said else 2)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.zip", b"PK nonsense", "t.zip cannot be read: it is damaged, or not a .zip file."),
        ("t.csv.gz", b"nonsense", "t.csv.gz cannot be read: it is truncated or damaged."),
        ("t.csv.gz", packed(text().encode())[:90], "it is truncated or damaged."),
        ("-", packed(text().encode())[:90], "stdin cannot be read: it is truncated"),
    ],
)
def test_packed_files_that_are_damaged(name, content, said):
    assert said in refused(fit(content, name=name), 1)


def test_zip_of_several_files_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("one.csv", "two.csv", "read.me"):
            archive.writestr(name, text())
    assert "must hold one file .csv, .tsv, .txt; it holds 'one.csv', 'two.csv'" in message(
        file.getvalue(), name="t.zip"
    )


# ---- what a column holds


@pytest.mark.parametrize(
    ("bad", "options"),
    [
        (r"\N", r"--missing '\N' --drop-missing"),
        ("#DIV/0!", "--missing '#DIV/0!' --drop-missing"),
        ("-", "--missing '-' --drop-missing"),
        ("?", "--missing '?' --drop-missing"),
        ("n.a.", "--missing n.a. --drop-missing"),
        ("not asked", "--missing 'not asked' --drop-missing"),
        ("inf", "--missing inf --drop-missing"),
        ("NA", "--drop-missing"),
        ("", "--drop-missing"),
        ("nan", "--drop-missing"),
        ('"1,000"', "--thousands ','"),
        ('"1.000,5"', "--decimal ',' --thousands '.'"),
        ("1'000", "--thousands ''\"'\"''"),
        ("1 000", "--thousands space"),
    ],
)
@pytest.mark.parametrize("column", [0, 1])
def test_one_value_that_is_none_makes_no_levels(bad, options, column):
    content = text(change=[(17, column, bad)])
    said = message(content)
    assert f"column {NAMES[column]!r} of t.csv " in said and "row 17 " in said
    value = bad.strip('"')
    assert value in said or repr(value) in said or value in ("", "inf", "nan")
    for option in options.split(" --"):
        assert option.removeprefix("--") in said
    if "--decimal" in options:  # other numbers of the file have decimal points
        return
    remarks, model, code = fitted(content, *shlex.split(options))
    assert list(model.coef_names_) == ["a", "b", "city=Köln", "city=Rom"]
    if "--drop-missing" in options:
        assert f"1 of {N} rows of t.csv left out, as they have missing values: " in remarks
        assert len(code["y"]) == N - 1
    assert np.allclose(code["result"].coef_, model.coef_, rtol=1e-9)


@pytest.mark.parametrize(
    ("values", "options", "numbers"),
    [
        ("1,000 2,000 12,345", "--thousands ,", [1000, 2000, 12345]),
        ("1,000.5 2,000 -3", "--thousands ,", [1000.5, 2000, -3]),
        ("1.000,5 2.000 -3", "--thousands . --decimal ,", [1000.5, 2000, -3]),
        ("1.000,5 2.000 -3", "--thousands .", [1000.5, 2000, -3]),
        ("1.000 2.000 -3", "--thousands .", [1000, 2000, -3]),
        ("1,000.5 2,000 -3", "--thousands , --decimal .", [1000.5, 2000, -3]),
        ("1'000 2\u2019000 3", "--thousands '", [1000, 2000, 3]),
        ("1\u00a0000 2\u202f000 3e2", "--thousands space", [1000, 2000, 300]),
        ("1_000 2_000 3", "--thousands _", [1000, 2000, 3]),
        ("1,5 ,5 -2,", "--decimal ,", [1.5, 0.5, -2]),
        (" .5  3 +4", "", [0.5, 3, 4]),
    ],
)
def test_numbers_as_people_write_them(values, options, numbers):
    fields = values.split(" ") if "  " not in values else [" .5", " 3", "+4"]
    rows = ["a|b|y", *(f"{fields[k % 3]}|{k % 7}|{numbers[k % 3]:g}" for k in range(60))]
    content = "\n".join(rows)
    if options.endswith(("--decimal ,", "--thousands .")):
        content = content.replace(".5\n", ",5\n")
    arguments = ["--separator", "|", *options.split()]
    _, model, code = fitted(content, *arguments, "--no-standardize")
    assert list(model.coef_names_) == ["a", "b"]
    expected = [numbers[k % 3] for k in range(60)]
    np.testing.assert_array_equal(code["X"][:, 0], expected)
    np.testing.assert_array_equal(code["y"], expected)
    assert np.allclose(code["result"].coef_, model.coef_, rtol=1e-9)


@pytest.mark.parametrize(
    ("text", "decimal", "options"),
    [
        ("1,000", ".", "--thousands ','"),
        ("1.000", ",", "--thousands '.'"),
        ("1,5", ".", "--decimal ','"),
        ("1.5", ",", "--decimal '.'"),
        ("1.234,5", ".", "--decimal ',' --thousands '.'"),
        ("1,234.5", ".", "--thousands ','"),
        ("1 234,5", ".", "--decimal ',' --thousands space"),
        ("1\u00a0234", ".", "--thousands space"),
        ("12,34,567", ".", ""),
        ("1.2.3", ".", ""),
        ("NA", ".", ""),
        ("12 kg", ".", ""),
    ],
)
def test_options_that_make_a_number_of_a_text(text, decimal, options):
    assert find_cure(text, decimal) == options


@pytest.mark.parametrize(
    ("texts", "decimal", "thousands", "numbers"),
    [
        (["1,2", "1,23", "1,234", "12,34,567"], ".", ",", [None, None, 1234, None]),
        (["1.5", "1,5", "1.500", "1.50,2"], ",", ".", [None, 1.5, 1500, None]),
        (["1.5", "1,5", "x", None], ",", None, [None, 1.5, None, None]),
        (["1 234", "12 34", "1234", "1e3"], ".", " ", [1234, None, 1234, 1000]),
        (["0x1F", "1_000", "--1", "1e5"], ".", None, [None, None, None, 1e5]),
    ],
)
def test_groups_of_digits_have_three(texts, decimal, thousands, numbers):
    found = read_numbers(polars.Series(texts, dtype=polars.String), decimal, thousands)
    assert found.to_list() == numbers


def grouped(values, other="1", separator=";"):
    """A file whose column `people` has these values, over and over."""
    fields = values.split()
    rows = [[fields[k % len(fields)], other, str(k % 5)] for k in range(60)]
    return "\n".join(map(separator.join, [["people", "area", "y"], *rows]))


BY_POINT = "--decimal '.' reads {}, --thousands '.' reads {}."
BY_COMMA = "--decimal ',' reads {}, --thousands ',' reads {}."


@pytest.mark.parametrize(
    ("values", "row", "first", "ways"),
    [
        ("337 65.937 867", 1, "65.937", BY_POINT.format("65.937", "65937")),
        ("10.250", 0, "10.250", BY_POINT.format("10.250", "10250")),
        ("10.250 7.500 12.000", 0, "10.250", BY_POINT.format("10.250", "10250")),
        ("-3 NA -1.250 3811", 2, "-1.250", BY_POINT.format("-1.250", "-1250")),
        ("5.000 6.000 7.000", 0, "5.000", BY_POINT.format("5.000", "5000")),
        ("337 65,937 867", 1, "65,937", BY_COMMA.format("65.937", "65937")),
        ("10,250 7,500", 0, "10,250", BY_COMMA.format("10.250", "10250")),
    ],
)
def test_thousands_are_no_decimals_in_silence(values, row, first, ways):
    said = message(grouped(values), "--drop-missing")
    start = f"column 'people' of t.csv holds {first!r} in row {row} (counted from 0)"
    assert said == f"{start}, which may be a decimal number or a thousands separator: {ways}"
    mark = "," if "," in first else "."
    for option, number in (
        ("--decimal", float(first.replace(",", "."))),
        ("--thousands", float(first.replace(mark, ""))),
    ):
        _, model, code = fitted(grouped(values), option, mark, "--drop-missing")
        assert number in code["X"][:, 0]
        Path("new.csv").write_text(f"people;area\n{first};1\n")
        done = run("predict", "m.fastgd", "--data", "new.csv")
        assert done.exit_code == 0 and "thousands" not in done.stderr
        expected = model.predict([[number, 1.0]])[0]
        assert float(done.stdout.split()[1]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("values", "other", "separator", "is_told"),
    [
        ("337 65.937", "2.5", ";", True),  # other numbers of the file have decimal points
        ("337 65.937", "1", "\t", True),
        ("65.937 10.250", "1", "|", True),
        ("337 65.937", "1", ",", True),
        ("65.937 10.250", "1", ",", False),
        ("0.123 65.937", "1", ";", False),
        ("1234.567 65.937", "1", ";", False),
        ("65.937 1.5", "1", ";", False),
        ("337.0 65.937", "1", ";", False),
        ("65.93 10.25", "1", ";", False),
        ("337 12", "1", ";", False),
    ],
)
def test_decimals_are_decimals(values, other, separator, is_told):
    content = grouped(values, other, separator)
    remarks, _, code = fitted(content)
    numbers = [float(value) for value in values.split()]
    np.testing.assert_array_equal(code["X"][:, 0], numbers * (60 // len(numbers)))
    told = "column 'people' of t.csv is read as decimals, with '65.937' in row"
    assert (told in remarks) == is_told
    remarks, _, _ = fitted(content, "--decimal", ".")
    assert told not in remarks


def test_a_model_of_integers_tells_that_it_reads_decimals():
    fitted(grouped("337 812"))
    Path("new.csv").write_text("people;area\n65.937;1\n")
    done = run("predict", "m.fastgd", "--data", "new.csv")
    assert done.exit_code == 0
    assert "column 'people' of new.csv is read as decimals, with '65.937' in row 0" in done.stderr


DATES = {
    "2013-01-31": True,
    "2013-1-5 12:30": True,
    "2013-01-31T06:00:00Z": True,
    "2013-01-31 06:00:00.123+02:00": True,
    "2013/01/31": True,
    "31.12.2013": True,
    "1/31/2013": True,
    "1/31/13 5:45 pm": True,
    "31-Jan-2013": True,
    "Jan-1-1995": True,
    "January 1, 1995": True,
    "5 May 98": True,
    "2013-07": True,
    "12:30": True,
    "12:30:15": True,
    "2013-14": False,
    "2013-01-45": False,
    "1974Q1": False,
    "Q42010": False,
    "555-1234": False,
    "1.2.3": False,
    "Mayor 3": False,
    "3": False,
    "10:1 ratio": False,
}


@pytest.mark.parametrize(("date", "is_date"), DATES.items())
def test_dates_as_people_write_them(date, is_date):
    assert find_dates(polars.Series([date])).to_list() == [is_date]
    assert not (is_date and find_numerals(polars.Series([date])).item())


@pytest.mark.parametrize("levels", [3, 28, 50])
@pytest.mark.parametrize(
    "pattern", ["2020-01-{:02}", "{}.5.2020", "5/{}/2020", "Jan-{}-1995", "{}:30"]
)
def test_dates_in_csv_are_refused_as_in_parquet(levels, pattern):
    days = [pattern.format(k % min(levels, 23) + 1) for k in range(60)]
    content = "\n".join(["the day,a,y", *(f"{day},{k},{k}" for k, day in enumerate(days))])
    assert message(content) == (
        f"column 'the day' of t.csv holds dates, the first {days[0]!r} in row 0 (counted from 0), "
        "and only numbers, booleans and text can be used: leave it out with --drop 'the day'."
    )


def test_all_columns_that_cannot_be_used_are_named_at_once():
    rows = [f"{k},2020-01-{k + 1:02},n{k},{k % 3},{k},{k}" for k in range(30)]
    rows = [
        *rows,
        *(f"x{k},2020-02-01,m{k},3,NA,1" for k in range(3)),
        *(f"1,,o{k},1,2,1" for k in range(30)),
    ]
    rows[4] = rows[4].replace("4,2020", "\\N,2020", 1)
    content = "\n".join(["a,day,id,b,c,y", *rows])
    said = message(content)
    assert said.startswith("4 columns of t.csv cannot be used (rows are counted from 0): ")
    for part in (
        r"'a' holds numbers, but 4 values that are none, the first '\\N' in row 4;",
        "'day' holds dates, the first '2020-01-01' in row 0;",
        "'id' is text with 63 levels, the first 'n0' in row 0;",
        "'c' has 3 missing ('NA') values, the first in row 30.",
        "Give --drop a --drop day --drop id --drop-missing.",
    ):
        assert part in said
    fitted(content, "--drop", "a", "--drop", "day", "--drop", "id", "--drop-missing")


UNITS = {
    "53% 7% 12%": "53",
    "$5 $17": "5",
    '"$1,234" $17': "1234",
    '"$1,234.50" $17': "1234.50",
    "3.5€ 4€": "3.5",
    "-£3 £4": "-3",
    "$-3 n/a $4": "-3",
    "0.125% 1%": "0.125",
    "12.345% unknown 1.5%": "12.345",
    "¥500 7": "500",
}


@pytest.mark.parametrize("values", UNITS)
@pytest.mark.parametrize("column", ["a", "y"])
def test_numbers_with_a_unit_are_no_levels(values, column):
    fields = values.split()
    rows = [f"{fields[k % len(fields)]},{k % 7}" for k in range(60)]
    content = "\n".join(["a,y" if column == "a" else "y,a", *rows])
    said = message(content, "--drop-missing")
    first = fields[0].strip('"')
    assert said == (
        f"column {column!r} of t.csv holds numbers with a unit, the first {first!r} in row 0 "
        f"(counted from 0): write plain numbers, such as {UNITS[values]}."
    )


def test_all_columns_with_units_are_named_at_once():
    rows = [f'{k}%,"${k},234",{k} €,A{k % 2}%,{k}' for k in range(60)]
    said = message("\n".join(["a,b,c,d,y", *rows]))
    assert said.startswith("3 columns of t.csv cannot be used (rows are counted from 0): ")
    for part in (
        "'a' holds numbers with a unit, the first '0%' in row 0;",
        "'b' holds numbers with a unit, the first '$0,234' in row 0;",
        "'c': write plain numbers, such as 0.",
    ):
        assert part in said


@pytest.mark.parametrize("values", ["5% 7 8", "A% B%", "USD5 USD7", "$low $high", "% $"])
def test_texts_with_signs_are_levels(values):
    fields = values.split()
    rows = [f"{fields[k % len(fields)]},{k % 7}" for k in range(60)]
    done = fit("\n".join(["a,y", *rows]))
    assert "with a unit" not in done.stderr


# ---- missing values


def test_missing_values_of_ones_own():
    change = [(3, 0, "-999"), (4, 1, "-999.0"), (5, 2, "unknown"), (6, 1, "NA"), (7, 3, "-999")]
    content = text(change=change)
    options = ["--missing", "-999,unknown", "--drop-missing"]
    remarks, model, code = fitted(content, *options)
    assert "5 of 300 rows of t.csv left out" in remarks
    assert np.array_equal(code["y"], np.delete(Y, [3, 4, 5, 6, 7]))
    assert np.allclose(code["result"].coef_, model.coef_, rtol=1e-9)
    done = run("predict", "m.fastgd", "--data", "t.csv")  # as many rows as there are in the file
    rows = done.stdout.split("\n")[1:-1]
    assert len(rows) == N and [k for k, row in enumerate(rows) if row == "nan"] == [3, 4, 5, 6]
    assert "4 rows with missing values, in 'a' (1), 'b' (2), 'city' (1): left out" in done.stderr


def test_an_empty_mark_leaves_na_a_level():
    content = text(change=[(k, 2, "NA") for k in range(9)])
    assert "column 'city' of t.csv has 9 missing ('NA') values, the first in row 0" in message(
        content
    )
    _, model, _ = fitted(content, "--missing", "")
    assert "city=NA" in model.coef_names_


@pytest.mark.parametrize("name", ["t.parquet", "t.npy", "t.npz"])
def test_rows_with_missing_values_are_left_out_of_other_files(name):
    X = np.column_stack([A.astype(float), B])
    X[3, 0] = X[8, 1] = np.nan
    if name == "t.npy":
        np.save(name, np.column_stack([X, Y]))
    elif name == "t.npz":
        np.savez(name, X=X, y=Y)
    else:
        polars.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": Y}).write_parquet(name)
    target = "-1" if name == "t.npy" else "y"
    refusal = refused(run("fit", "--data", name, "--target", target))
    assert "1 missing value, the first in row 3" in refusal or "'b' has 1 missing" in refusal
    assert "--drop-missing" in refusal
    remarks, model, code = fitted(
        Path(name).read_bytes(), "--drop-missing", name=name, target=target
    )
    assert f"2 of 300 rows of {name} left out, as they have missing values" in remarks
    assert len(code["y"]) == N - 2 and np.allclose(code["result"].coef_, model.coef_, rtol=1e-9)
    done = run("predict", "m.fastgd", "--data", name)
    rows = done.stdout.split("\n")[1:-1]
    assert len(rows) == N and [k for k, row in enumerate(rows) if row == "nan"] == [3, 8]


def test_labels_of_rows_that_are_not_predicted():
    rows = [f"{k - 30},{'no' if k % 60 < 30 + k % 3 else 'yes'}" for k in range(60)]
    rows[7] = ",no"
    fitted("\n".join(["a,y", *rows]), "--loss", "log_loss", "--drop-missing")
    labels = run("predict", "m.fastgd", "--data", "t.csv").stdout.split("\n")[1:-1]
    assert labels[7].strip('"') == "" and {*labels} == {"no", "yes", labels[7]}


def test_every_row_misses_a_value():
    assert "every row of t.csv has a missing value (a 1, b 1)" in message(
        "a,b,y\n1,,2\n,1,2\n", "--drop-missing"
    )


# ---- an index of pandas


@pytest.mark.parametrize("name", ["", "Unnamed: 0", "Unnamed: 0.1", "__index_level_0__"])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_index_is_left_out_with_a_remark(name, kind):
    frame = polars.DataFrame({name: [*map(str, range(N))], "a": A, "b": B, "y": Y})
    file = io.BytesIO()
    frame.write_csv(file) if kind == "csv" else frame.write_parquet(file)
    remarks, model, _ = fitted(file.getvalue(), name=f"t.{kind}")
    assert f"the column {name!r} of t.{kind} left out, as an index" in remarks
    assert list(model.coef_names_) == ["a", "b"]
    frame.drop(name).write_csv("new.csv")
    done = run("predict", "m.fastgd", "--data", "new.csv")
    assert done.exit_code == 0 and "lacks" not in done.stderr
    done = run("predict", "m.fastgd", "--data", f"t.{kind}")
    assert done.exit_code == 0 and "ignored" not in done.stderr
    remarks, model, _ = fitted(file.getvalue(), "--drop", name, name=f"t.{kind}")
    assert remarks == ""
    if kind == "csv":  # it can still be asked for
        assert len(fitted(file.getvalue(), target=name)[1].coef_) == 3


# ---- npz


@pytest.mark.parametrize(
    ("beside", "name"),
    [
        ({"junk": np.array([{}])}, "X"),
        ({"names": np.array(["p", "q"])}, "X"),
        ({"more": np.ones((3, 3, 3)), "scalar": np.float64(3)}, "X"),
        ({"junk": np.array([{}, []], dtype=object), "w": np.ones(7)}, "table"),
        ({"labels": np.array([["p", "q"]])}, "table"),
    ],
)
def test_arrays_that_nobody_asks_for(beside, name):
    np.savez("t.npz", **{name: np.column_stack([A, B]), "y": Y, **beside})
    _, model, code = fitted(Path("t.npz").read_bytes(), name="t.npz")
    assert len(model.coef_) == 2 and np.array_equal(code["y"], Y)
    code["table"].close()
    assert len(run("predict", "m.fastgd", "--data", "t.npz").stdout.split()) == N + 1


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "bsr"])
def test_a_sparse_matrix_is_recognised(kind):
    sparse = pytest.importorskip("scipy.sparse")
    sparse.save_npz("t.npz", sparse.eye(5, format=kind))
    said = refused(run("fit", "--data", "t.npz"))
    assert "t.npz holds a sparse matrix of SciPy, which cannot be fitted yet: save it as" in said
    X = sparse.load_npz("t.npz").toarray()
    np.savez("u.npz", X=X, y=np.arange(5.0))
    assert run("fit", "--data", "u.npz").exit_code == 0


# ---- predict


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ([(3, 0, "?")], r"column 'a' of t.csv holds numbers, but '?' in row 3 (counted from 0)"),
        ([(3, 0, '"1,000"')], "--thousands ',' reads it as a number"),
        ([(3, 1, "")], "leave those rows without a prediction with --drop-missing"),
        ([(3, 1, ""), (4, 0, "NA")], "2 columns of t.csv cannot be used"),
        ([(k, 1, "2020-01-01") for k in range(N)], "the model needs numbers there"),
        ([(k, 1, "far") for k in range(N)], "column 'b' of t.csv holds text; the model needs"),
    ],
)
def test_predict_names_what_it_cannot_read(change, said):
    fitted(text())
    Path("t.csv").write_text(text(change=change))
    assert said in refused(run("predict", "m.fastgd", "--data", "t.csv"))


def test_predict_leaves_out_rows_if_asked():
    fitted(text())
    Path("t.csv").write_text(text(change=[(3, 0, "?"), (4, 1, "")]))
    arguments = ["--data", "t.csv", "--missing", "?", "--drop-missing"]
    rows = run("predict", "m.fastgd", *arguments).stdout.split("\n")[1:-1]
    assert len(rows) == N and [k for k, row in enumerate(rows) if row == "nan"] == [3, 4]


def test_text_of_a_model_stays_text():
    codes = [f"{k % 3}x" if k % 3 else "7" for k in range(60)]
    rows = ["code,a,y", *(f"{code},{k},{k % 3}" for k, code in enumerate(codes))]
    fitted("\n".join(rows))
    Path("new.csv").write_text("code,a\n7,1\n7,2\n")
    assert len(run("predict", "m.fastgd", "--data", "new.csv").stdout.split()) == 3
