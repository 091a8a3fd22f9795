"""The customer features once more in plain pandas, from what they mean: the reference for values and speed.

It shares no code with the engine; names are all that they have in common. Channel, customers, feedback may miss.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

DAY = 86_400
_ID = "customer_id"
_WINDOWS = (7, 14, 28, 56, 84, 168)
_LATELY = 84
_SMALL_BASKET, _SATURDAY = 2, 5


@dataclass
class Columns:
    """Series by feature name: `totals` are 0 for a customer without rows, `others` unknown."""

    totals: dict[str, pd.Series] = field(default_factory=dict)
    others: dict[str, pd.Series] = field(default_factory=dict)


def snapshot(folder: Path, as_of: datetime, levels: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Every feature of a folder's Parquet tables: a row for each buyer before `as_of`, NaN is unknown."""
    purchases, returns = _purchases_and_returns(folder, as_of)
    baskets = _baskets(purchases)
    columns = Columns()
    _from_baskets(baskets, columns)
    _from_visit_days(baskets, columns)
    _from_weeks(baskets, columns)
    _from_returns(returns, columns)
    _from_places(baskets, columns)
    _from_items(purchases, pd.read_parquet(folder / "items.parquet"), columns)
    _from_contacts(_read(folder, "contacts", as_of), columns)
    _from_responses(_read(folder, "responses", as_of), columns)
    if (folder / "feedback.parquet").is_file():
        _from_feedback(_read(folder, "feedback", as_of), columns)
    if (folder / "customers.parquet").is_file():
        _from_attributes(pd.read_parquet(folder / "customers.parquet"), as_of, levels, columns)
    buyers = pd.Index(baskets[_ID].unique(), name=_ID)
    totals = pd.DataFrame(columns.totals, index=buyers).fillna(0.0)
    frame = totals.join(pd.DataFrame(columns.others, index=buyers)).astype("float64")
    return _with_derived(frame)


def _read(folder: Path, name: str, as_of: datetime) -> pd.DataFrame:
    """A table up to `as_of`, with `age` in whole seconds before it."""
    moment = pd.Timestamp(as_of).tz_convert("UTC").tz_localize(None)
    rows = pd.read_parquet(folder / f"{name}.parquet", filters=[("ts", "<", moment)])
    rows["age"] = (moment - rows["ts"]).dt.total_seconds().astype("int64")
    return rows


def _purchases_and_returns(folder: Path, as_of: datetime) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Transaction lines, parted by the sign of their quantity."""
    lines = _read(folder, "transactions", as_of)
    returned = lines["quantity"] < 0
    return lines[~returned], lines[returned]


def _ratio(part: pd.Series, whole: pd.Series) -> pd.Series:
    """`part / whole`, unknown where `whole` is 0."""
    return part / whole.where(whole != 0)


def _baskets(purchases: pd.DataFrame) -> pd.DataFrame:
    """One row per customer and basket, newest first."""
    discount = purchases["discount"]
    purchases = purchases.assign(
        discounted=(discount > 0).astype("float64").where(discount.notna()),
        promoted=purchases["promoted"].astype("float64"),
    )
    grouped = purchases.groupby([_ID, "basket_id"], sort=False)
    sums = grouped[["amount", "quantity", "discount", "discounted", "promoted"]].sum(min_count=1)
    places = grouped[[name for name in ("store", "channel") if name in purchases]].min()
    extremes = grouped.agg(age=("age", "min"), latest=("ts", "max"), lines=("ts", "size"))
    baskets = sums.join([places, extremes]).reset_index()
    return baskets.sort_values(["age", "basket_id"])


def _from_baskets(baskets: pd.DataFrame, columns: Columns) -> None:
    """Recency, frequency, spend, trend, basket, promotion and calendar."""
    by_customer = baskets.groupby(_ID)
    ages, amounts, lines = by_customer["age"], by_customer["amount"], by_customer["lines"]
    columns.others["days_since_purchase"] = ages.min() / DAY
    columns.others["days_since_first_purchase"] = ages.max() / DAY
    columns.totals |= {
        "baskets_all": by_customer.size(),
        "spend_all": amounts.sum(),
        "largest_basket": amounts.max(),
        "spend_last_basket": baskets.drop_duplicates(_ID).set_index(_ID)["amount"],
        "basket_value_mean": amounts.mean(),
        "basket_value_spread": amounts.std(),
        "basket_lines_mean": lines.mean(),
        "basket_lines_max": lines.max(),
        "basket_units_mean": by_customer["quantity"].mean(),
    }
    for days in _WINDOWS:
        recent = baskets[baskets["age"] < days * DAY].groupby(_ID)
        columns.totals[f"baskets_{days}d"] = recent.size()
        columns.totals[f"spend_{days}d"] = recent["amount"].sum()
    for days in (28, 84):
        recent = baskets[baskets["age"] < days * DAY].groupby(_ID)
        columns.totals[f"lines_{days}d"] = recent["lines"].sum()
    for newer, older in ((28, 56), (56, 84), (84, 112)):
        period = baskets[baskets["age"].between(newer * DAY, older * DAY, inclusive="left")].groupby(_ID)
        columns.totals[f"baskets_{newer}_{older}d"] = period.size()
        columns.totals[f"spend_{newer}_{older}d"] = period["amount"].sum()
    for days in (21, 56):
        fading = baskets["amount"] * np.exp(-baskets["age"] / (days * DAY))
        columns.totals[f"spend_fading_{days}d"] = fading.groupby(baskets[_ID]).sum()
    _from_discounts(baskets, columns)
    small = baskets["lines"] <= _SMALL_BASKET
    hours, weekend = baskets["latest"].dt.hour, baskets["latest"].dt.day_of_week >= _SATURDAY
    columns.others |= {
        "small_baskets_share": small.groupby(baskets[_ID]).mean(),
        "hour_mean": hours.groupby(baskets[_ID]).mean(),
        "hour_spread": hours.groupby(baskets[_ID]).std(),
        "weekend_share": weekend.groupby(baskets[_ID]).mean(),
    }


def _from_discounts(baskets: pd.DataFrame, columns: Columns) -> None:
    """Discounts taken and promoted lines."""
    of_basket = ["amount", "lines", "discount", "discounted", "promoted"]
    total = baskets.groupby(_ID)[of_basket].sum(min_count=1)
    recent = (
        baskets[baskets["age"] < _LATELY * DAY]
        .groupby(_ID)[of_basket]
        .sum()
        .reindex(total.index, fill_value=0.0)
    )
    bargain = (
        (2 * baskets["discounted"] > baskets["lines"]).astype("float64").where(baskets["discounted"].notna())
    )
    columns.totals["discount_84d"] = recent["discount"]
    columns.others |= {
        "discount_share": _ratio(total["discount"], total["discount"] + total["amount"]),
        "discounted_lines_share": _ratio(total["discounted"], total["lines"]),
        "promoted_lines_share": _ratio(total["promoted"], total["lines"]),
        "promoted_lines_share_84d": _ratio(
            recent["promoted"].where(total["promoted"].notna()), recent["lines"]
        ),
        "bargain_baskets_share": bargain.groupby(baskets[_ID]).mean(),
    }


def _from_visit_days(baskets: pd.DataFrame, columns: Columns) -> None:
    """Visit days, their fading counts, and the gaps between them."""
    day = (baskets["age"] // DAY).rename("day")
    visits = baskets.groupby([_ID, day])["amount"].sum().reset_index()
    by_customer = visits.groupby(_ID)
    visits["rank"] = by_customer.cumcount()
    visits["gap"] = by_customer["day"].shift(-1) - visits["day"]
    columns.totals["visit_days_all"] = by_customer.size()
    for days in (3, 10, 21, 28, 42, 56, 84, 112):
        columns.totals[f"visit_days_{days}d"] = visits[visits["day"] < days].groupby(_ID).size()
    for days in (10, 21, 35, 56, 100):
        columns.totals[f"visits_fading_{days}d"] = np.exp(-visits["day"] / days).groupby(visits[_ID]).sum()
    for place in (2, 3, 5, 8):
        columns.others[f"days_since_visit_{place}"] = visits[visits["rank"] == place - 1].set_index(_ID)[
            "day"
        ]
    _from_gaps(visits, columns)


def _from_gaps(visits: pd.DataFrame, columns: Columns) -> None:
    """The customer's own rhythm."""
    gaps = visits.groupby(_ID)["gap"]
    recent = visits[visits["day"] < _LATELY].groupby(_ID)["gap"]
    days = visits.groupby(_ID)["day"]
    newest, oldest = days.min(), days.max()
    columns.others |= {
        "gap_mean": gaps.mean(),
        "gap_spread": gaps.std(),
        "gap_longest": gaps.max(),
        "gap_longest_84d": recent.max(),
        "gap_mean_84d": recent.mean(),
        "gap_last": visits[visits["rank"] == 0].set_index(_ID)["gap"],
    }
    for pause in (7, 14, 28):
        silent = (visits["gap"] - pause).clip(lower=0).groupby(visits[_ID]).sum() + (newest - pause).clip(
            lower=0
        )
        columns.others[f"silent_share_{pause}d"] = (silent + 1) / (oldest + 28)
    lately = visits[visits["day"] < _LATELY]
    beyond = (lately["gap"] - 14).clip(lower=0).groupby(lately[_ID]).sum()
    columns.others["silent_share_14d_lately"] = (newest - 14).clip(lower=0).add(
        beyond, fill_value=0
    ) / _LATELY


def _from_weeks(baskets: pd.DataFrame, columns: Columns) -> None:
    """Active weeks and how much spend varies between them."""
    week = (baskets["age"] // (7 * DAY)).rename("week")
    weeks = baskets.groupby([_ID, week])["amount"].sum().reset_index()
    columns.totals["weekly_spend_spread"] = weeks.groupby(_ID)["amount"].std()
    for number in (4, 8, 12, 24):
        columns.totals[f"active_weeks_{number}w"] = weeks[weeks["week"] < number].groupby(_ID).size()


def _from_returns(returns: pd.DataFrame, columns: Columns) -> None:
    """Baskets brought back, in part or whole."""
    columns.totals["returns_all"] = returns.groupby(_ID)["basket_id"].nunique()
    columns.totals["returned_amount"] = -returns.groupby(_ID)["amount"].sum()


def _from_places(baskets: pd.DataFrame, columns: Columns) -> None:
    """Stores, and channels where they are known."""
    stores = (
        baskets.groupby([_ID, "store"], sort=False)
        .agg(age=("age", "min"), amount=("amount", "sum"))
        .reset_index()
    )
    _variety(stores, "store", "stores", columns)
    if "channel" in baskets:
        channels = baskets.groupby([_ID, "channel"])["amount"].sum().groupby(_ID)
        columns.totals["channels_all"] = channels.size()
        columns.others["top_channel_share"] = _ratio(channels.max(), channels.sum())


def _from_items(purchases: pd.DataFrame, items: pd.DataFrame, columns: Columns) -> None:
    """Items, and what kinds they are of."""
    grouped = purchases.groupby([_ID, "item_id"], sort=False)
    touched = grouped.agg(
        age=("age", "min"), first_age=("age", "max"), amount=("amount", "sum"), lines=("age", "size")
    ).reset_index()
    totals = touched.groupby(_ID)[["amount", "lines"]].sum()
    columns.totals["line_price_mean"] = _ratio(totals["amount"], totals["lines"])
    _variety(touched, "item", "items", columns)
    _loyalty(touched, "items", columns)
    described = touched.merge(items[["item_id", "category", "department", "brand"]], on="item_id", how="left")
    for kind, plural in {"category": "categories", "department": "departments", "brand": "brands"}.items():
        together = (
            described.groupby([_ID, kind], sort=False)
            .agg(
                age=("age", "min"),
                first_age=("first_age", "max"),
                amount=("amount", "sum"),
                lines=("lines", "sum"),
            )
            .reset_index()
        )
        _variety(together, kind, plural, columns)
        if kind == "category":
            _loyalty(together, plural, columns)


def _variety(things: pd.DataFrame, thing: str, plural: str, columns: Columns) -> None:
    """How many different things, and the share of the favourite."""
    amounts = things.groupby(_ID)["amount"]
    columns.totals[f"{plural}_all"] = amounts.size()
    for days in (28, 84):
        columns.totals[f"{plural}_{days}d"] = things[things["age"] < days * DAY].groupby(_ID).size()
    columns.others[f"top_{thing}_share"] = _ratio(amounts.max(), amounts.sum())


def _loyalty(things: pd.DataFrame, plural: str, columns: Columns) -> None:
    """What is bought again, what was dropped, what is new."""
    repeated = things["lines"] > 1
    dropped = repeated & (things["age"] >= 56 * DAY)
    repeats = repeated.groupby(things[_ID])
    columns.others[f"repeat_{plural}_share"] = repeats.mean()
    columns.others[f"dropped_{plural}_share"] = _ratio(dropped.groupby(things[_ID]).sum(), repeats.sum())
    columns.totals[f"new_{plural}_28d"] = things[things["first_age"] < 28 * DAY].groupby(_ID).size()


def _from_contacts(contacts: pd.DataFrame, columns: Columns) -> None:
    """Offers that the customer was told of; held out means that the whole offer was."""
    offers = contacts.groupby([_ID, "offer_id"])
    ages = offers["age"].min().reset_index()
    columns.totals["contacts_all"] = ages.groupby(_ID).size()
    columns.totals["contacts_84d"] = ages[ages["age"] < _LATELY * DAY].groupby(_ID).size()
    columns.others["days_since_contact"] = ages.groupby(_ID)["age"].min() / DAY
    if "cost" in contacts:
        columns.totals["contact_cost"] = contacts.groupby(_ID)["cost"].sum()
    if "treated" in contacts:
        treated = contacts["treated"].astype("float64").groupby([contacts[_ID], contacts["offer_id"]]).max()
        columns.totals["held_out_contacts"] = (1 - treated).groupby(_ID).sum()


def _from_responses(responses: pd.DataFrame, columns: Columns) -> None:
    """Offers that the customer answered."""
    ages = responses.groupby([_ID, "offer_id"])["age"].min().reset_index()
    columns.totals["responses_all"] = ages.groupby(_ID).size()
    columns.totals["responses_84d"] = ages[ages["age"] < _LATELY * DAY].groupby(_ID).size()
    columns.others["days_since_response"] = ages.groupby(_ID)["age"].min() / DAY
    if "value" in responses:
        columns.totals["response_value"] = responses.groupby(_ID)["value"].sum()


def _from_feedback(feedback: pd.DataFrame, columns: Columns) -> None:
    """Scores and complaints; of scores given at the same moment their mean counts."""
    columns.totals["feedback_all"] = feedback.groupby(_ID).size()
    columns.others["days_since_feedback"] = feedback.groupby(_ID)["age"].min() / DAY
    for kind in ("nps", "csat"):
        scores = feedback[feedback["kind"] == kind].groupby([_ID, "age"])["score"].mean().reset_index()
        columns.others[f"{kind}_last"] = scores.drop_duplicates(_ID).set_index(_ID)["score"]
    complaints = feedback[feedback["kind"] == "complaint"]
    columns.totals["complaints_all"] = complaints.groupby(_ID).size()
    columns.totals["complaints_84d"] = complaints[complaints["age"] < _LATELY * DAY].groupby(_ID).size()
    columns.others["days_since_complaint"] = complaints.groupby(_ID)["age"].min() / DAY


def _from_attributes(
    customers: pd.DataFrame, as_of: datetime, levels: Mapping[str, Sequence[str]], columns: Columns
) -> None:
    """Numbers as they are, yes/no as 1/0, dates as days since, declared text as the place of its level."""
    moment = pd.Timestamp(as_of).tz_convert("UTC").tz_localize(None)
    known = customers.set_index(_ID).drop(columns=["churned", "churned_at"], errors="ignore")
    for name in known.columns:
        values = known[name]
        if name in levels:
            codes = {level: float(code) for code, level in enumerate(levels[name])}
            columns.others[f"attribute_{name}"] = values.map(codes)
        elif pd.api.types.is_datetime64_dtype(values):
            days = (moment - values).dt.total_seconds() / DAY
            columns.others[f"attribute_{name}"] = days.where(days > 0)
        elif not pd.api.types.is_string_dtype(values):
            columns.others[f"attribute_{name}"] = values.astype("float64")


def _with_derived(frame: pd.DataFrame) -> pd.DataFrame:
    """Features made of other features."""
    frame["share_of_spend_28d"] = _ratio(frame["spend_28d"], frame["spend_all"])
    frame["basket_value_28d"] = _ratio(frame["spend_28d"], frame["baskets_28d"])
    frame["basket_value_84d"] = _ratio(frame["spend_84d"], frame["baskets_84d"])
    frame["basket_value_trend"] = _ratio(frame["basket_value_28d"], frame["basket_value_mean"])
    frame["categories_trend"] = _ratio(frame["categories_28d"], frame["categories_84d"])
    frame["response_rate"] = _ratio(frame["responses_all"], frame["contacts_all"])
    frame["baskets_trend_28d"] = (frame["baskets_28d"] + 1) / (frame["baskets_28_56d"] + 1)
    frame["spend_trend_28d"] = (frame["spend_28d"] + 1) / (frame["spend_28_56d"] + 1)
    frame["baskets_trend_14d"] = 4 * (frame["baskets_14d"] + 0.5) / (frame["baskets_56d"] + 2)
    frame["baskets_trend_84d"] = 3 * (frame["baskets_28d"] + 1) / (frame["baskets_84d"] + 3)
    frame["spend_trend_84d"] = 3 * (frame["spend_28d"] + 1) / (frame["spend_84d"] + 3)
    since, silent = frame["days_since_first_purchase"], frame["days_since_purchase"]
    usual_pace = 28 * (frame["baskets_all"] + 1) / (since + 28)
    frame["pace_against_own_past"] = (frame["baskets_28d"] + 1) / usual_pace
    frame["recency_over_gap"] = _ratio(silent, frame["gap_mean"])
    frame["recency_over_longest_gap"] = _ratio(silent, frame["gap_longest"])
    frame["recency_in_spreads"] = _ratio(silent - frame["gap_mean"], frame["gap_spread"])
    frame["gap_irregularity"] = _ratio(frame["gap_spread"], frame["gap_mean"])
    frame["visits_per_week"] = 7 * frame["visit_days_all"] / (since + 1)
    return frame
