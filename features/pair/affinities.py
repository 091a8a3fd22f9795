"""Features that are scores of sources: how much other customers and other items speak for a pair."""

from ibis import _

from features.definitions import Feature, Unit


def _told(name: str, words: str, source: str, unit: Unit = Unit.NUMBER) -> Feature:
    return Feature(name, unit, words, _[name], source=source)


AFFINITIES = (
    _told(
        "pair_fading_baskets",
        "{value} basket(s) with it, each older basket of the customer counting four fifths of the next",
        "0.8 to the power of the basket's number",
    ),
    _told(
        "pair_basket_rank", "the newest basket with it is number {value}, 0 if never bought", "counted from 1"
    ),
    _told(
        "pair_fading_baskets_slowly",
        "{value} basket(s) with it, older baskets of the customer counting a twentieth less and less",
        "0.95 to the power of the basket's number",
    ),
    _told(
        "pair_rank_over_distance",
        "not bought for {value} times the usual number of baskets between two with it",
        "recency in units of the pair's own rhythm, both counted in baskets",
        Unit.RATIO,
    ),
    _told(
        "neighbour_rate",
        "{value} of the customers most like this one bought it in the last 84 days",
        "50 nearest by cosine over purchases fading within 120 days",
        Unit.SHARE,
    ),
    _told(
        "neighbour_rate_ever",
        "{value} of the customers most like this one have bought it",
        "50 nearest by cosine over purchases fading within 120 days",
        Unit.SHARE,
    ),
    _told(
        "neighbour_basket_share",
        "in {value} of the baskets of the customers most like this one",
        "baskets count 0.95 to the power of their number; 50 nearest as for neighbour_rate",
        Unit.SHARE,
    ),
    _told(
        "neighbour_rate_recent",
        "{value} of the customers who lately bought alike have bought it",
        "50 nearest by cosine over square roots of baskets of the last 84 days",
        Unit.SHARE,
    ),
    _told(
        "neighbour_rate_28d",
        "{value} of the customers who buy the same products bought it in the last 28 days",
        "300 nearest by cosine over products",
        Unit.SHARE,
    ),
    _told(
        "neighbour_rate_wide",
        "{value} of the customers who buy the same products have bought it",
        "300 nearest by cosine over products",
        Unit.SHARE,
    ),
    _told(
        "item_cosine", "its likeness to the items bought adds up to {value}", "cosine over customers, summed"
    ),
    _told(
        "item_linear", "foretold at {value} by the items bought", "EASE (Steck 2019), penalty 0.2 a customer"
    ),
    _told(
        "item_linear_fading",
        "foretold at {value} by the items bought lately",
        "EASE (Steck 2019) over logarithms of purchases fading within 120 days, penalty 0.02 a customer",
    ),
    _told(
        "product_linear",
        "foretold at {value} by the products bought",
        "ridge regression of items on products one level finer, penalty 0.6 a customer",
    ),
    *(
        _told(
            f"item_factors{often}_{rank}",
            f"foretold at {{value}} by {rank} tastes that explain what customers {what}",
            f"PureSVD (Cremonesi et al. 2010) of rank {rank} over {counted}",
        )
        for rank in (12, 48)
        for often, what, counted in (
            ("", "have bought", "purchases ever"),
            ("_often", "buy how often", "logarithms of baskets with it"),
        )
    ),
    _told(
        "basket_linear",
        "foretold at {value} by the last baskets",
        "EASE (Steck 2019) over baskets of the last 120 days, penalty 0.01 a basket",
    ),
    _told(
        "basket_following",
        "in {value} of baskets that follow one like the last",
        "transitions from the last basket, 20 empty baskets as a prior",
        Unit.SHARE,
    ),
)
"""Features whose values are scores of sources, by the name that `Source.feature` gives."""
