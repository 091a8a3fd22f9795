from pathlib import Path

import pytest

import features
from features.columns import Column
from features.dataset import read_dataset
from features.errors import InputError
from tests.features.shop import EXPLICIT, INACTIVITY, SHOP, declare

OFFERED = '[cross_sell]\nitem_level = "category"\nhorizon_days = 28\n'
BUNDLED = '[bundles]\nitem_level = "type"\n'
ITEMS = '[tables.items]\nsource = "lines"\n'
CUSTOMERS = '[sources]\npeople = { path = "people.csv" }\n[tables.customers]\nsource = "people"\n'


def refusal(folder: Path, declaration: str) -> str:
    with pytest.raises(InputError) as error:
        declare(folder, declaration)
    return str(error.value).removeprefix(f"{folder / 'dataset.toml'} cannot be used: ")


def test_a_declaration_is_read_with_its_defaults(tmp_path: Path) -> None:
    dataset = declare(tmp_path, INACTIVITY + SHOP)

    assert (dataset.name, dataset.currency) == ("shop", "EUR")
    assert (dataset.churn.active_days, dataset.churn.horizon_days) == (56, 28)
    assert dataset.churn.label_column is None
    assert dataset.snapshots.every_days == 7
    assert dataset.sources["lines"].delimiter == ","
    assert dataset.tables["transactions"].columns == {}
    assert dataset.attributes == {}
    assert dataset.path == tmp_path / "dataset.toml"
    assert dataset.folder == tmp_path


def test_explicit_churn_is_a_date_with_a_horizon_and_a_label_without(tmp_path: Path) -> None:
    dated = declare(tmp_path, EXPLICIT + "horizon_days = 30\n" + CUSTOMERS)
    timeless = declare(tmp_path, EXPLICIT + CUSTOMERS)

    assert dated.churn.label_column == Column.CHURNED_AT
    assert timeless.churn.label_column == Column.CHURNED


def test_the_shipped_declaration_is_valid() -> None:
    dataset = read_dataset(Path(features.__path__[0], "datasets", "complete_journey.toml"))

    assert dataset.name == "complete-journey"
    assert set(dataset.tables) == {
        "transactions",
        "promotions",
        "items",
        "customers",
        "contacts",
        "responses",
    }


def test_items_to_offer_are_declared_with_their_defaults(tmp_path: Path) -> None:
    assert declare(tmp_path, INACTIVITY + SHOP).cross_sell is None
    declared = declare(tmp_path, INACTIVITY + OFFERED + SHOP + ITEMS).cross_sell
    assert declared is not None
    assert (declared.item_level, declared.horizon_days) == ("category", 28)
    assert (declared.new_after_days, declared.segment) == (365, None)


def test_a_product_is_an_item_without_an_items_table(tmp_path: Path) -> None:
    assert (
        declare(tmp_path, INACTIVITY + OFFERED.replace("category", "product") + SHOP).cross_sell is not None
    )


def test_bundles_may_be_of_other_items_than_offers(tmp_path: Path) -> None:
    assert declare(tmp_path, INACTIVITY + SHOP).bundles is None
    dataset = declare(tmp_path, INACTIVITY + OFFERED + BUNDLED + SHOP + ITEMS)
    assert dataset.cross_sell is not None
    assert dataset.bundles is not None
    assert (dataset.cross_sell.item_level, dataset.bundles.item_level) == ("category", "type")


@pytest.mark.parametrize(
    ("declaration", "message"),
    [
        (
            INACTIVITY.replace("horizon_days", "horizn_days") + SHOP,
            '[churn] horizn_days is an unknown key (did you mean "horizon_days"?)',
        ),
        (
            "colour = 1\n" + INACTIVITY + SHOP,
            "colour is an unknown key (known: name, currency, churn, snapshots,",
        ),
        (INACTIVITY + SHOP + 'cols = "x"\n', "[tables.transactions] cols is an unknown key"),
        (
            INACTIVITY + SHOP.replace("path", "pth"),
            '[sources.lines] pth is an unknown key (did you mean "path"?)',
        ),
        (INACTIVITY.replace('name = "shop"\n', "") + SHOP, "name is missing"),
        (
            INACTIVITY.replace("56", '"56"') + SHOP,
            "[churn] active_days: Input should be a valid integer, not '56'",
        ),
        (
            INACTIVITY.replace("28", "0") + SHOP,
            "[churn] horizon_days: Input should be greater than or equal to 1",
        ),
        (INACTIVITY.replace("inactivity", "silence") + SHOP, "[churn] kind: Input should be 'inactivity' or"),
        (INACTIVITY.replace("EUR", "euro") + SHOP, "currency: String should match pattern"),
        (
            INACTIVITY.replace("active_days = 56\n", "") + SHOP,
            '[churn] kind = "inactivity" needs both active_days and horizon_days',
        ),
        (
            EXPLICIT + "active_days = 5\n" + CUSTOMERS,
            '[churn] active_days belongs to kind = "inactivity" only',
        ),
        (EXPLICIT + SHOP, 'churn of kind "explicit" needs [tables.customers]'),
        (INACTIVITY + CUSTOMERS, 'churn of kind "inactivity" needs [tables.transactions]'),
        (
            INACTIVITY + SHOP.replace("tables.transactions", "tables.transaction"),
            '[tables.transaction] is no table of the contract (did you mean "transactions"?)',
        ),
        (
            INACTIVITY + SHOP.replace('source = "lines"', 'source = "line"'),
            '[tables.transactions] source "line" is not under [sources] (did you mean "lines"?)',
        ),
        (
            INACTIVITY + SHOP + 'columns = { custmer_id = "id" }\n',
            '[tables.transactions] custmer_id is no column of the contract (did you mean "customer_id"?)',
        ),
        (
            INACTIVITY + SHOP + 'sql = "SELECT 1"\n',
            "[tables.transactions] give exactly one of source and sql",
        ),
        (
            INACTIVITY + SHOP.replace("path", 'table = "x", path'),
            "[sources.lines] give either path, or database and table",
        ),
        (
            INACTIVITY + SHOP.replace("path", "database"),
            "[sources.lines] give either path, or database and table",
        ),
        (
            INACTIVITY + SHOP.replace(".csv", ".xlsx"),
            '[sources.lines] "lines.xlsx" must end in .csv or .parquet',
        ),
        (
            INACTIVITY + SHOP.replace("lines.csv", "package:lines.csv"),
            '[sources.lines] "package:lines.csv" must be written as package:name/folder/file',
        ),
        (
            INACTIVITY + SHOP.replace('"lines.csv"', '"lines.parquet", delimiter = ";"'),
            "[sources.lines] delimiter and encoding are for CSV files only",
        ),
        (
            INACTIVITY + SHOP.replace('"lines.csv"', '"lines.csv", encoding = "klingon"'),
            '[sources.lines.encoding] "klingon" is no encoding',
        ),
        (INACTIVITY + SHOP + '[attributes]\nage = ["old"]\n', "[attributes] describes columns of customers"),
        (
            EXPLICIT + CUSTOMERS + '[attributes]\nage = ["old", "old"]\n',
            "[attributes] age lists a level twice",
        ),
        (
            EXPLICIT + CUSTOMERS + '[attributes]\nchurned = ["no"]\n',
            "[attributes] churned is a column of the contract and no attribute",
        ),
        (
            INACTIVITY + "[cross_sell]\n" + SHOP + ITEMS,
            "[cross_sell] item_level is missing; [cross_sell] horizon_days is missing",
        ),
        (
            INACTIVITY + OFFERED.replace("category", "categry") + SHOP + ITEMS,
            '[cross_sell] item_level = "categry" is no item level (did you mean "category"?)',
        ),
        (
            INACTIVITY + OFFERED.replace("category", "shelf") + SHOP + ITEMS,
            '[cross_sell] item_level = "shelf" is no item level (known: product, name, type, category, ',
        ),
        (
            INACTIVITY + OFFERED.replace("28", "0") + SHOP + ITEMS,
            "[cross_sell] horizon_days: Input should be greater than or equal to 1",
        ),
        (
            INACTIVITY + OFFERED + "new_after_day = 90\n" + SHOP + ITEMS,
            '[cross_sell] new_after_day is an unknown key (did you mean "new_after_days"?)',
        ),
        (
            INACTIVITY + OFFERED + SHOP,
            '[cross_sell] with item_level = "category" needs [tables.items]',
        ),
        (
            EXPLICIT + OFFERED.replace("category", "product") + CUSTOMERS,
            '[cross_sell] with item_level = "product" needs [tables.transactions]',
        ),
        (
            INACTIVITY
            + OFFERED
            + 'segment = "incom"\n'
            + SHOP
            + ITEMS
            + '[tables.customers]\nsource = "lines"\n[attributes]\nincome = ["low"]\n',
            '[cross_sell] segment = "incom" is not under [attributes] (did you mean "income"?)',
        ),
        (
            INACTIVITY + OFFERED + 'segment = "income"\n' + SHOP + ITEMS,
            '[cross_sell] segment = "income" is not under [attributes] (known: none)',
        ),
        (
            INACTIVITY + "[bundles]\n" + SHOP + ITEMS,
            "[bundles] item_level is missing",
        ),
        (
            INACTIVITY + BUNDLED + "level = 1\n" + SHOP + ITEMS,
            '[bundles] level is an unknown key (did you mean "item_level"?)',
        ),
        (
            INACTIVITY + BUNDLED.replace("type", "typ") + SHOP + ITEMS,
            '[bundles] item_level = "typ" is no item level (did you mean "type"?)',
        ),
        (
            INACTIVITY + BUNDLED + SHOP,
            '[bundles] with item_level = "type" needs [tables.items]',
        ),
        (
            EXPLICIT + BUNDLED.replace("type", "product") + CUSTOMERS,
            '[bundles] with item_level = "product" needs [tables.transactions]',
        ),
    ],
)
def test_a_bad_declaration_is_refused_in_words(tmp_path: Path, declaration: str, message: str) -> None:
    assert refusal(tmp_path, declaration).startswith(message)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    said = refusal(tmp_path, INACTIVITY.replace("56", "0").replace("EUR", "euro") + SHOP)

    assert "currency" in said
    assert "active_days" in said


def test_a_missing_file_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"cannot read the dataset .*none.toml: .*; give the path of a dataset"
    ):
        read_dataset(tmp_path / "none.toml")


def test_text_that_is_no_toml_says_where(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"dataset.toml is no valid TOML: .*line 1"):
        declare(tmp_path, "name = shop\n")
