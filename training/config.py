"""Experiment values, read from `training/config.toml` and logged whole to every run."""

import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from features.errors import InputError

CONFIG = Path(__file__).with_name("config.toml")
_Share = Annotated[float, Field(gt=0, le=1)]


_TEN_YEARS = 3650
"""Days; a longer look back is a slip of the pen."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Trees(_Section):
    """The mean of `boosters`, each of `rounds` trees whose leaves hold at least `min_share_in_leaf` of the rows.

    The others are LightGBM's regularisation, under its own names.
    """

    boosters: int = Field(ge=1)
    rounds: int = Field(ge=1)

    num_leaves: int = Field(ge=2)
    learning_rate: float = Field(gt=0)
    min_share_in_leaf: _Share
    feature_fraction: _Share
    bagging_fraction: _Share
    bagging_freq: int = Field(ge=0)
    lambda_l2: float = Field(ge=0)


class ChurnPromotion(_Section):
    """What a churn challenger has to hold."""

    max_auc_loss: float = Field(ge=0)
    max_calibration_error: float = Field(gt=0)


class ChurnConfig(_Section):
    """How the churn model is judged and fitted."""

    origins: int = Field(ge=1)
    shares_of_trees: tuple[_Share, ...] = Field(min_length=1)
    linear_penalty: float = Field(gt=0)
    calibration_ridge: float = Field(gt=0)
    trees: Trees
    promotion: ChurnPromotion


class CrossSellPromotion(_Section):
    """What a cross-sell challenger has to hold."""

    max_ndcg_loss: float = Field(ge=0)
    max_calibration_error: float = Field(gt=0)
    max_probability_surplus: float = Field(gt=0)
    min_coverage: _Share
    min_coverage_of_baselines: _Share
    max_top_item_over_baselines: float = Field(ge=1)


class CrossSellConfig(_Section):
    """How the cross-sell model is fitted and judged.

    It learns from the `moments` newest moments, `every_days` apart, at most `most_rows` candidates each, and is
    judged over the `origins` newest horizons. `shrinkage` is how many customers a category's rate counts for; an
    answer is mature from `min_item_customers` buyers of the item and `min_visit_days` of the customer.
    """

    origins: int = Field(ge=1)
    moments: int = Field(ge=1)
    every_days: int = Field(ge=1)
    most_rows: int = Field(ge=1)
    linear_penalty: float = Field(gt=0)
    calibration_ridge: float = Field(gt=0)
    shrinkage: float = Field(gt=0)
    min_item_customers: int = Field(ge=1)
    min_visit_days: int = Field(ge=1)
    trees: Trees
    promotion: CrossSellPromotion


class Packages(_Section):
    """What a bundle at a discount is assumed to do.

    `discount` is the share of the prices taken off for everybody who takes the bundle. Of the baskets that lack
    one item as many add it as `uptake` times the share of baskets with the rest that hold it today. `margin_share`
    of a price is margin where no unit cost is known.
    """

    discount: _Share
    uptake: _Share
    margin_share: _Share


class BundlesPromotion(_Section):
    """What a challenger of bundles has to hold."""

    max_hit_rate_loss: float = Field(ge=0)
    max_probability_surplus: float = Field(gt=0)
    min_coverage_of_baselines: _Share


class BundlesConfig(_Section):
    """How baskets are mined, and how suggestions for a basket are ranked and judged.

    Baskets with more than `max_basket_items` different items are left out; of the items those in most baskets are
    kept, at most `max_items`. Itemsets have up to `max_len` items in `min_count` baskets or more. Rules count as
    evidence up to a q-value of `max_q_value`. `item_penalty` a basket shrinks the weights between items;
    suggestions learn from the newest `learned_days` and are judged over the newest `test_days`.
    """

    min_count: int = Field(ge=1)
    max_len: int = Field(ge=2, le=4)
    max_basket_items: int = Field(ge=2)
    max_items: int = Field(ge=2)
    max_q_value: _Share
    item_penalty: float = Field(gt=0)
    learned_days: int = Field(ge=1, le=_TEN_YEARS)
    test_days: int = Field(ge=1, le=_TEN_YEARS)
    test_baskets: int = Field(ge=1)
    packages: Packages
    promotion: BundlesPromotion


class Config(_Section):
    """The whole file."""

    churn: ChurnConfig
    cross_sell: CrossSellConfig
    bundles: BundlesConfig

    def flat(self) -> dict[str, Any]:
        """Every value under its dotted name, as experiment trackers list them."""
        return dict(_flat("", self.model_dump()))


def read_config(path: Path = CONFIG) -> Config:
    """Read and check the experiment values. Raises `InputError` for unknown keys and values out of range."""
    try:
        return Config.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give the path of a config.toml") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is no valid TOML: {error}") from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise InputError(f"{path} cannot be used: {problems}") from error


def _flat(prefix: str, values: dict[str, Any]) -> list[tuple[str, Any]]:
    return [
        pair
        for name, value in values.items()
        for pair in (
            _flat(f"{prefix}{name}.", value) if isinstance(value, dict) else [(f"{prefix}{name}", value)]
        )
    ]
