"""The numbers of the rule table that are served, from the raw lines of a shop on disk by a few lines of SQL."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control, fisher_exact, hypergeom

from features.baskets import Caps, baskets
from features.workspace import open_workspace
from tests.features.shop import INACTIVITY, declare
from tests.features.tiny import AS_OF
from training.bundles.counting import pair_counts
from training.bundles.relations import substitutes, within_customers
from training.bundles.rules import rule_table
from training.config import read_config

SHOP = """\
[bundles]
item_level = "type"
[sources]
lines = { path = "lines.csv" }
goods = { path = "goods.csv" }
flyers = { path = "flyers.csv" }
[tables.transactions]
source = "lines"
[tables.items]
source = "goods"
[tables.promotions]
source = "flyers"
"""

TYPES, PRODUCTS, STORES, WEEKS, MIN_COUNT = 14, 3, 3, 12, 15
NAMES = [
    "bread",
    'but"ter',
    "crème",
    "dill",
    "eggs",
    "figs",
    "gum",
    "ham",
    "ice",
    "jam",
    "kale",
    "lime",
    "milk",
    "nuts",
]

# What was sold to whom, where and when: a row a basket and type. Weeks are counted back from the moment.
HELD = """
CREATE TABLE held AS
SELECT DISTINCT customer_id AS customer, customer_id || '/' || basket_id AS basket, type AS item, store,
    (epoch(TIMESTAMPTZ '{as_of}') - epoch(ts) - 1)::BIGINT // 604800 AS week
FROM lines JOIN goods USING (item_id)
WHERE ts < TIMESTAMPTZ '{as_of}' AND amount >= 0 AND coalesce(quantity, 1) >= 0;
CREATE TABLE basket AS
SELECT basket, customer, store, week, count(*) AS size, floor(log2(count(*)))::INT AS class
FROM held GROUP BY ALL;
CREATE TABLE shown AS
SELECT DISTINCT type AS item, store, w.week
FROM flyers JOIN goods USING (item_id), range({weeks}) AS w(week)
WHERE from_ts <= TIMESTAMPTZ '{as_of}' - to_days(7 * (w.week + 1)::INT)
    AND to_ts >= TIMESTAMPTZ '{as_of}' - to_days(7 * w.week::INT);
"""

# The metrics as textbooks write them.
METRICS = """
WITH item AS (SELECT item, count(*)::DOUBLE AS n FROM held GROUP BY item),
total AS (SELECT count(*)::DOUBLE AS n FROM basket),
pair AS (
    SELECT a.item AS antecedent, b.item AS consequent, count(*)::DOUBLE AS n
    FROM held AS a JOIN held AS b USING (basket) WHERE a.item <> b.item GROUP BY ALL
)
SELECT antecedent, consequent, pair.n AS count, a.n AS antecedent_count, b.n AS consequent_count,
    pair.n / total.n AS support,
    pair.n / a.n AS confidence,
    pair.n * total.n / (a.n * b.n) AS lift,
    pair.n / total.n - a.n / total.n * b.n / total.n AS leverage,
    CASE WHEN pair.n = a.n THEN 'inf'::DOUBLE ELSE (1 - b.n / total.n) / (1 - pair.n / a.n) END AS conviction,
    (pair.n / a.n - (b.n - pair.n) / (total.n - a.n))
        / greatest(pair.n / a.n, (b.n - pair.n) / (total.n - a.n)) AS zhang
FROM pair JOIN item AS a ON a.item = antecedent JOIN item AS b ON b.item = consequent, total
WHERE pair.n >= {min_count}
ORDER BY antecedent, consequent
"""

# The lift within strata, see training/bundles/held_fixed.py: {fixed} cuts strata, {state} cuts them by promotions.
HELD_FIXED = """
WITH grouped AS (SELECT *, concat_ws('/', {fixed}, class) AS stratum FROM basket),
of_item AS (SELECT stratum, item, count(*)::DOUBLE AS n FROM held JOIN grouped USING (basket) GROUP BY ALL),
alike AS (
    SELECT stratum, same / nullif(places * places - squares, 0) AS alike, same / (places * (baskets - 1)) AS usual
    FROM (
        SELECT stratum, count(*)::DOUBLE AS baskets, sum(size)::DOUBLE AS places, sum(size * size) AS squares
        FROM grouped GROUP BY stratum
    ) JOIN (SELECT stratum, sum(n * (n - 1)) AS same FROM of_item GROUP BY stratum) USING (stratum)
),
item AS (SELECT DISTINCT item FROM held),
row AS (
    SELECT a.item AS antecedent, b.item AS consequent, g.stratum, g.size::DOUBLE AS size, {state} AS state,
        (g.basket, a.item) IN (SELECT (basket, item) FROM held) AS has_a,
        (g.basket, b.item) IN (SELECT (basket, item) FROM held) AS has_b
    FROM grouped AS g, item AS a, item AS b WHERE a.item <> b.item
),
stratum AS (
    SELECT antecedent, consequent, stratum,
        count(*)::DOUBLE AS n, sum(size) AS places, sum(size * size) AS squares,
        count(*) FILTER (has_a)::DOUBLE AS a, count(*) FILTER (has_b)::DOUBLE AS b,
        count(*) FILTER (has_a AND has_b)::DOUBLE AS ab
    FROM row GROUP BY antecedent, consequent, stratum, state
    HAVING n > 1 AND squares > places AND places * places > squares
),
share AS (
    SELECT *, (squares - places) / (squares - places + (places * places - squares) * (1 - alike)) AS f,
        squares / (places * places) AS f0
    FROM stratum JOIN alike USING (stratum)
),
expected AS (
    SELECT *, a * b * (f0 - greatest(f0 - f, 0) * (n - a) * (n - b) / ((1 - usual) * (n - 1)) ** 2) AS e FROM share
)
SELECT antecedent, consequent, sum(ab) AS count, sum((e - ab * f) / (1 - f)) AS chance
FROM expected GROUP BY ALL
"""

STATE = """
concat_ws('/', (a.item, g.store, g.week) IN (SELECT (item, store, week) FROM shown),
    (b.item, g.store, g.week) IN (SELECT (item, store, week) FROM shown))
"""

LEVELS = {
    "size_lift": ("''", "''"),
    "season_lift": ("store, week // 4", "''"),
    "adjusted_lift": ("store, week // 4", STATE),
    "within_ratio": ("customer", "''"),
}


@dataclass(frozen=True)
class Shop:
    """The rules that were mined, and the raw files to ask by SQL."""

    rules: pd.DataFrame
    substitutes: pd.DataFrame
    database: duckdb.DuckDBPyConnection

    def ask(self, query: str) -> pd.DataFrame:
        found: pd.DataFrame = self.database.sql(query).df()
        return found


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    dataset = declare(folder, INACTIVITY + SHOP, lines=_lines(), goods=_goods(), flyers=_flyers())
    tables = open_workspace(dataset.path, folder / "workspace").tables
    assert dataset.bundles is not None
    found = baskets(tables, dataset.bundles, AS_OF, Caps(max_basket_items=50, max_items=100, min_count=1))
    config = read_config().bundles.model_copy(update={"min_count": MIN_COUNT, "max_len": 3})
    within = within_customers(found)
    rules = rule_table(found, pair_counts(found.table), within, config)
    with duckdb.connect() as database:
        _load(database, folder)
        yield Shop(rules, substitutes(within, found.items), database)


def test_metrics_of_pairs_are_those_of_sql(shop: Shop) -> None:
    expected = shop.ask(METRICS.format(min_count=MIN_COUNT))
    found = _pairs(shop.rules).sort_values(["antecedent", "consequent"])
    expected = expected.sort_values(["antecedent", "consequent"])
    assert len(found) > 100
    assert found["antecedent"].tolist() == expected["antecedent"].tolist()
    assert found["consequent"].tolist() == expected["consequent"].tolist()
    for name in expected.columns[2:]:
        np.testing.assert_allclose(
            found[name].astype(float), expected[name], rtol=1e-9, atol=1e-12, err_msg=name
        )


@pytest.mark.parametrize("name", LEVELS)
def test_lifts_with_things_held_fixed_are_those_of_sql(shop: Shop, name: str) -> None:
    fixed, state = LEVELS[name]
    expected = shop.ask(HELD_FIXED.format(fixed=fixed, state=state))
    both = _pairs(shop.rules).merge(expected, on=["antecedent", "consequent"], suffixes=("", "_held"))
    known = both[both[name].notna()]
    assert len(known) > 100
    np.testing.assert_allclose(known[name], known["count_held"] / known["chance"], rtol=1e-9)


def test_substitutes_are_those_of_sql(shop: Shop) -> None:
    expected = shop.ask(HELD_FIXED.format(fixed="customer", state="''"))
    both = shop.substitutes.merge(
        expected, left_on=["first", "second"], right_on=["antecedent", "consequent"], suffixes=("", "_held")
    )
    assert shop.substitutes[["first", "second"]].to_numpy().tolist() == [["gum", "ham"]]
    assert len(both) == 1
    np.testing.assert_allclose(both["expected_within"], both["chance"], rtol=1e-9)
    np.testing.assert_allclose(both["count"], both["count_held"])


def test_p_and_q_values_are_scipys(shop: Shop) -> None:
    pairs = _pairs(shop.rules)
    total = int(shop.ask("SELECT count(*) AS n FROM basket")["n"].iloc[0])
    count, first, second = (
        pairs[name].to_numpy() for name in ("count", "antecedent_count", "consequent_count")
    )
    np.testing.assert_allclose(pairs["p_value"], hypergeom.sf(count - 1, total, first, second), rtol=1e-9)
    for row in range(0, len(pairs), 9):
        n, a, b = int(count[row]), int(first[row]), int(second[row])
        exact = fisher_exact(np.array([[n, a - n], [b - n, total - a - b + n]]), alternative="greater")[1]
        assert pairs["p_value"].iloc[row] == pytest.approx(exact, rel=1e-7)
    once = pairs[pairs["antecedent"] < pairs["consequent"]]
    untested = np.ones(TYPES * (TYPES - 1) // 2 - len(once))
    expected = false_discovery_control(np.append(once["p_value"], untested))[: len(once)]
    np.testing.assert_allclose(once["q_value"], expected, rtol=1e-9)


def test_longer_rules_are_counted_as_by_sql(shop: Shop) -> None:
    longer = shop.rules[shop.rules["antecedent"].map(len) == 2]
    assert len(longer) > 0
    for _row, rule in longer.iterrows():
        items = [*rule["antecedent"], rule["consequent"]]
        sets = {"count": items, "antecedent_count": items[:2], "consequent_count": items[2:]}
        for name, held in sets.items():
            query = "SELECT count(*) FROM (SELECT basket FROM held WHERE item IN ? GROUP BY 1 HAVING count(*) = ?)"
            counted = shop.database.execute(query, [held, len(held)]).fetchall()
            assert counted == [(rule[name],)]


def _pairs(rules: pd.DataFrame) -> pd.DataFrame:
    pairs = rules[rules["antecedent"].map(len) == 1]
    return pairs.assign(antecedent=pairs["antecedent"].map(lambda items: items[0]))


def _load(database: duckdb.DuckDBPyConnection, folder: Path) -> None:
    database.execute("SET TimeZone = 'UTC'")
    for name in ("lines", "goods", "flyers"):
        database.execute(f"CREATE TABLE {name} AS FROM read_csv('{folder / name}.csv')")
    database.execute(HELD.format(as_of=AS_OF.isoformat(), weeks=WEEKS))


def _goods() -> str:
    rows = [
        f'p{kind}-{n},"{NAMES[kind].replace(chr(34), chr(34) * 2)}"'
        for kind in range(TYPES)
        for n in range(PRODUCTS)
    ]
    return "\n".join(["item_id,type", *rows]) + "\n"


def _flyers() -> str:
    """Bread and butter are promoted in a store's every fifth week, others now and then."""
    rows = []
    for store in range(STORES):
        for week in range(WEEKS):
            shown = [0, 1] if (store + week) % 5 == 0 else [2 + (store * 7 + week * 3) % 12]
            begins, ends = (AS_OF - timedelta(days=7 * weeks) for weeks in (week + 1, week))
            rows += [
                f"p{kind}-1,{begins:%Y-%m-%dT%H:%M:%SZ},{ends:%Y-%m-%dT%H:%M:%SZ},s{store}" for kind in shown
            ]
    return "\n".join(["item_id,from_ts,to_ts,store", *rows]) + "\n"


def _lines() -> str:
    """Baskets of forty customers with lines of one product twice, returns, and baskets after the moment."""
    random = np.random.default_rng(6)
    rows = []
    for customer in range(40):
        liking = random.gamma(2.0, 0.12, TYPES)
        for number in range(30):
            store, age = customer % STORES, random.uniform(-3, 7 * WEEKS)
            rate = liking * random.lognormal(0, 0.6)
            if (store + int(age // 7)) % 5 == 0:
                rate[:2] *= 4
            held = random.random(TYPES) < rate
            held[3:6] |= random.random() < 0.1
            held[6:8] = (random.random() < 0.5) & (np.arange(2) == random.integers(2))
            when = AS_OF - timedelta(days=float(age))
            rows += [
                f"c{customer},b{number},{when:%Y-%m-%dT%H:%M:%SZ},p{kind}-{random.integers(PRODUCTS)},{sign}2.5,{sign}1,s{store}"
                for kind in np.flatnonzero(held)
                for sign in ["", "-", ""][: random.integers(1, 4)]
            ]
    random.shuffle(rows)
    return "\n".join(["customer_id,basket_id,ts,item_id,amount,quantity,store", *rows]) + "\n"
