import csv
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from features.errors import InputError
from serving.decision.catalogue import Catalogue, Offer, read_catalogue

TODAY = date(2026, 3, 10)
HEAD = 'version = "7"\ncurrency = "USD"\n'
LOYALTY = 'kind = "loyalty"\nchannels = ["web"]\nvalue = 10\nacceptance = 0.2\nincremental = 0.5\n'
RETENTION = 'kind = "retention"\nchannels = ["web"]\nsave_rate = 0.1\n'
CROSS_SELL = 'kind = "cross_sell"\nchannels = ["web"]\nitems = "best"\nmargin = 0.3\nincremental = 0.5\n'
BUNDLE = 'kind = "bundle"\nchannels = ["web"]\nitems = ["PASTA", "SAUCE"]\nmargin = 0.3\nincremental = 0.5\n'

Read = Callable[[str], Catalogue]


def offer(content: str, name: str = "a") -> str:
    return f'[[offer]]\nid = "{name}"\nname = "A"\n{content}'


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def write_and_read(text: str) -> Catalogue:
        path = tmp_path / "catalogue.toml"
        path.write_text(text)
        return read_catalogue(path, TODAY)

    return write_and_read


def refusal(read: Read, text: str) -> str:
    with pytest.raises(InputError) as refused:
        read(text)
    return str(refused.value)


def test_an_offer_is_read_whole(read: Read) -> None:
    [found] = read(
        HEAD
        + offer(
            'kind = "cross_sell"\nchannels = ["web", "email"]\nitems = ["CHEESE", "WINE"]\n'
            "valid_from = 2026-01-01\nvalid_to = 2026-03-10\nper_day = 5\nbudget = 100\ncost = 0\n"
            "discount = 0.5\nvalue = 3\nacceptance = 0.1\n"
            'incremental = 0.5\nlever = -10\nmeasured = ["acceptance"]\nmust = ["known is yes"]\n'
            'relevant = ["spend_84d > 5"]\ngood = ["page is unknown"]'
        )
    ).offers
    assert (found.items, found.channels, found.budget, found.cost) == (
        ("CHEESE", "WINE"),
        ("web", "email"),
        100,
        0,
    )
    assert (found.must, found.relevant, found.good) == (
        ("known is yes",),
        ("spend_84d > 5",),
        ("page is unknown",),
    )
    assert [found.valid_on(date(2026, month, day)) for month, day in ((1, 1), (3, 10), (3, 11))] == [1, 1, 0]
    assert not found.valid_on(date(2025, 12, 31))


def test_what_is_not_said_is_neutral(read: Read) -> None:
    [found] = read(HEAD + offer(RETENTION)).offers
    assert (found.redemption, found.incremental, found.lever, found.discount) == (1, None, 0, 0)
    assert (found.cost, found.per_day, found.budget, found.value, found.items) == (
        None,
        None,
        None,
        None,
        None,
    )
    assert found.valid_on(date(1, 1, 1))
    assert found.valid_on(date(9999, 12, 31))


@pytest.mark.parametrize("content", [LOYALTY, RETENTION, CROSS_SELL, BUNDLE, RETENTION + "value = 90"])
def test_every_kind_can_be_written(read: Read, content: str) -> None:
    assert len(read(HEAD + offer(content)).offers) == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (LOYALTY + "valu = 3", 'offer "a" valu is an unknown key (did you mean "value"?)'),
        (
            LOYALTY.replace("loyalty", "loyalti"),
            'offer "a" kind is never "loyalti" (did you mean "loyalty"?)',
        ),
        (
            LOYALTY + "valid_to = 2026-03-09",
            'offer "a" has ended on 2026-03-09: take it out or let it end later',
        ),
        (LOYALTY + "budget = -5", 'offer "a" budget: Input should be greater than 0, not -5'),
        (LOYALTY + "budget = 0", 'offer "a" budget: Input should be greater than 0, not 0'),
        (LOYALTY + "budget = nan", 'offer "a" budget: Input should be a finite number, not nan'),
        (LOYALTY + "cost = -1", 'offer "a" cost: Input should be greater than or equal to 0'),
        (LOYALTY + "per_day = 0", 'offer "a" per_day: '),
        (LOYALTY + "per_day = 1.5", 'offer "a" per_day: '),
        (LOYALTY + 'discount = "5"', "offer \"a\" discount: Input should be a valid number, not '5'"),
        (LOYALTY.replace("0.5", "1.1"), 'offer "a" incremental: '),
        (
            LOYALTY + "valid_from = 2026-05-02\nvalid_to = 2026-05-01",
            "begins on 2026-05-02, after it ends on 2026-",
        ),
        (LOYALTY + "must = [5]", 'offer "a" must 1: Input should be a valid string, not 5'),
        (LOYALTY + 'measured = ["savings"]', 'measured names "savings", which is never assumed'),
        (LOYALTY.replace('["web"]', "[]"), 'offer "a" channels: '),
        (LOYALTY.replace("value = 10", ""), "needs value, as every loyalty offer does"),
        (LOYALTY.replace("acceptance = 0.2", ""), "needs acceptance, as every loyalty offer does"),
        (LOYALTY + "save_rate = 0.1", "cannot have save_rate, as no loyalty offer does"),
        (LOYALTY + "redemption = 1.0", "cannot have redemption, as no loyalty offer does"),
        (LOYALTY + 'items = "best"', "cannot have items, as no loyalty offer does"),
        (LOYALTY.replace("incremental = 0.5", ""), "needs incremental, as every loyalty offer does"),
        (RETENTION.replace("save_rate = 0.1", ""), "needs save_rate, as every retention offer does"),
        (RETENTION + "margin = 0.1", "cannot have margin, as no retention offer does"),
        (RETENTION + "acceptance = 0.1", "cannot have acceptance, as no retention offer does"),
        (RETENTION + "incremental = 1.0", "cannot have incremental, as no retention offer does"),
        (CROSS_SELL.replace('items = "best"', ""), "needs items, as every cross_sell offer does"),
        (
            CROSS_SELL.replace('"best"', '"bets"'),
            'offer "a" items is "best" or a list of item ids, not \'bets\'',
        ),
        (CROSS_SELL.replace('"best"', "[5]"), 'offer "a" items is "best" or a list of item ids, not [5]'),
        (CROSS_SELL.replace('"best"', "[]"), 'items is "best" or a list of item ids, not []'),
        (CROSS_SELL.replace("incremental = 0.5", ""), "needs incremental, as every cross_sell offer does"),
        (BUNDLE.replace("incremental = 0.5", ""), "needs incremental, as every bundle offer does"),
        (CROSS_SELL.replace("margin = 0.3", ""), "needs exactly one of value and margin"),
        (CROSS_SELL + "value = 3", "needs exactly one of value and margin"),
        (BUNDLE.replace('"PASTA", "SAUCE"', '"PASTA"'), "needs at least two items, as every bundle does"),
        (BUNDLE.replace('["PASTA", "SAUCE"]', '"best"'), "needs at least two items, as every bundle does"),
    ],
)
def test_a_wrong_offer_is_refused_by_name(read: Read, content: str, problem: str) -> None:
    said = refusal(read, HEAD + offer(LOYALTY, "fine") + offer(content))
    assert "catalogue.toml cannot be used: offer" in said
    assert problem in said


def test_every_problem_is_in_one_sentence(read: Read) -> None:
    said = refusal(read, 'currency = "usd"\n' + offer(LOYALTY + "cost = -1\n") + offer("", "b"))
    for problem in ("version is missing", "currency: ", 'offer "a" cost: ', 'offer "b" kind is missing'):
        assert problem in said


def test_two_offers_with_one_id_are_refused(read: Read) -> None:
    assert 'two offers have the id "a"' in refusal(read, HEAD + offer(LOYALTY) + offer(RETENTION))


def test_an_empty_catalogue_is_refused(read: Read) -> None:
    assert "there is no offer in it; write at least one [[offer]]" in refusal(read, HEAD)


def test_an_offer_without_an_id_is_called_by_its_place(read: Read) -> None:
    assert "offer 2 id is missing" in refusal(
        read, HEAD + offer(LOYALTY) + f'[[offer]]\nname = "B"\n{LOYALTY}'
    )


def test_no_toml_and_no_file_are_refused(read: Read, tmp_path: Path) -> None:
    assert "catalogue.toml is no valid TOML: " in refusal(read, "version = ")
    with pytest.raises(InputError, match=r"cannot read .*none\.toml: No such file or directory"):
        read_catalogue(tmp_path / "none.toml", TODAY)
    (tmp_path / "latin.toml").write_bytes('version = "ü"'.encode("latin-1"))
    with pytest.raises(InputError, match=r"latin\.toml is not in UTF-8"):
        read_catalogue(tmp_path / "latin.toml", TODAY)


CSV = """\
version,currency,id,name,kind,channels,items,valid_to,per_day,value,margin,acceptance,incremental,must
7,USD,a,"Points, doubled",loyalty,web;email,,2026-03-10,5,10,,0.2,0.5,known is yes; spend_84d > 5
7,USD,b,Cheese,cross_sell,web,CHEESE;CHEESES,,,,0.3,,0.5,
7,USD,c,New,cross_sell,web,best,,,,0.3,,0.5,
"""


def from_csv(folder: Path, text: str) -> Catalogue:
    path = folder / "catalogue.csv"
    path.write_text(text, encoding="utf-8-sig")
    return read_catalogue(path, TODAY)


def test_a_spreadsheet_says_the_same_as_toml(read: Read, tmp_path: Path) -> None:
    points = (
        'name = "Points, doubled"\nkind = "loyalty"\nchannels = ["web", "email"]\nvalid_to = 2026-03-10\n'
    )
    points += "per_day = 5\nvalue = 10\nacceptance = 0.2\nincremental = 0.5\n"
    points += 'must = ["known is yes", "spend_84d > 5"]\n'
    cross = 'kind = "cross_sell"\nchannels = ["web"]\nmargin = 0.3\nincremental = 0.5\n'
    cheese = f'name = "Cheese"\n{cross}items = ["CHEESE", "CHEESES"]\n'
    new = f'name = "New"\n{cross}items = "best"\n'
    text = HEAD + "".join(
        f'[[offer]]\nid = "{name}"\n{one}' for name, one in zip("abc", (points, cheese, new), strict=True)
    )
    assert from_csv(tmp_path, CSV) == read(text)


def test_the_shipped_catalogue_can_be_kept_as_a_spreadsheet(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[3] / "serving" / "catalogue.toml"
    content = tomllib.loads(shipped.read_text())
    entries = content.pop("offer")
    with (tmp_path / "catalogue.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, [*content, *Offer.model_fields])
        writer.writeheader()
        for entry in entries:
            cells = {key: ";".join(one) if isinstance(one, list) else one for key, one in entry.items()}
            writer.writerow({**content, **cells})
    assert read_catalogue(tmp_path / "catalogue.csv", TODAY) == read_catalogue(shipped, TODAY)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("per_day", "perday", 'perday is an unknown column (did you mean "per_day"?)'),
        ("7,USD,b", "8,USD,b", "version is not the same in every row"),
        ("best,,,,0.3,,0.5,", "best,,,,0.3,,0.5,,,", "offer 3 has more cells than the header"),
        ("2026-03-10", "2026-03-09", 'offer "a" has ended on 2026-03-09'),
        ("2026-03-10", "tomorrow", 'offer "a" valid_to: '),
        (",10,", ",ten,", 'offer "a" value: Input should be a valid number'),
        ("7,USD,c", "7,USD,a", 'two offers have the id "a"'),
    ],
)
def test_a_wrong_spreadsheet_is_refused(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in CSV
    with pytest.raises(InputError) as refused:
        from_csv(tmp_path, CSV.replace(old, new))
    assert problem in str(refused.value)


def test_an_empty_spreadsheet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="version is missing; currency is missing"):
        from_csv(tmp_path, "")
    with pytest.raises(InputError, match="version is missing; currency is missing"):
        from_csv(tmp_path, CSV.splitlines()[0])


def test_a_spreadsheet_may_end_in_empty_rows_and_quote_semicolons(tmp_path: Path) -> None:
    quoted = CSV.replace("known is yes; spend_84d > 5", '"known is yes; bought has ""A;B"""')
    found = from_csv(tmp_path, f"{quoted},,,,,,,,,,,,,\n\n")
    assert found.offers[0].must == ("known is yes", 'bought has "A;B"')
    assert len(found.offers) == 3


def test_two_columns_of_one_name_and_endless_cells_are_refused(tmp_path: Path) -> None:
    header, rest = CSV.split("\n", 1)
    with pytest.raises(InputError, match="two columns are called margin"):
        from_csv(tmp_path, f"{header},margin\n{rest}")
    with pytest.raises(InputError, match="is no valid CSV: field larger"):
        from_csv(tmp_path, CSV.replace("Cheese", "x" * 140_000))


def test_a_file_nested_without_end_is_refused(read: Read) -> None:
    assert "is nested too deep" in refusal(read, f"version = {'[' * 5000}{']' * 5000}")


def test_no_offer_is_given_more_often_than_a_database_counts(read: Read) -> None:
    assert "per_day: Input should be less than or equal to 1000000000" in refusal(
        read, HEAD + offer(f"{LOYALTY}\nper_day = 3_000_000_000")
    )
