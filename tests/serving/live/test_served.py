"""Models and store are joined into one set, and a newer set must not silence a model that answers."""

from dataclasses import replace
from pathlib import Path

import pytest

from features.store import StoreError, StoreInfo
from serving.live.models import Models
from serving.live.served import Served
from tests.fakes import MemoryStore
from tests.serving import tiny
from tests.serving.cross_sell.tiny import INFO, STORE_INFO, candidates
from tests.serving.cross_sell.tiny import RELEASED as OFFERING
from tests.serving.next_best_offer.tiny import full_store, rules_in
from tests.serving.rules import CATALOGUE
from tests.serving.standins import BrokenStore
from tests.serving.tiny import ROWS

BARE = tiny.INFO
OTHER_CHURN = replace(STORE_INFO, fingerprint="f2")
OTHER_PAIRS = replace(STORE_INFO, candidates=replace(INFO, fingerprint="p2"))
NOTHING = replace(OTHER_PAIRS, fingerprint="f2")
PAIR = tiny.release_of(tiny.RELEASED, OFFERING)
"""A release of the two models that not every store fits."""


def joined(models: Models, info: StoreInfo) -> Served:
    return Served(models, MemoryStore(info, ROWS, candidates() if info.candidates else None))


@pytest.mark.parametrize(
    ("info", "names"),
    [
        (STORE_INFO, {"churn", "cross_sell"}),
        (BARE, {"churn"}),
        (OTHER_PAIRS, {"churn"}),
        (OTHER_CHURN, {"cross_sell"}),
        (NOTHING, set()),
    ],
    ids=["both", "bare", "other-pairs", "other-churn", "nothing"],
)
def test_the_models_that_fit_the_store_answer(models: Models, info: StoreInfo, names: set[str]) -> None:
    served = joined(replace(models, release=PAIR, bundles=None), info)
    assert set(served.versions) == names
    assert set(served.unfit) == {"churn", "cross_sell"} - names
    assert (served.churn is not None, served.offers is not None) == ("churn" in names, "cross_sell" in names)
    assert served.may_replace(None) is bool(names)


def test_a_set_is_whole_with_all_models_of_its_release_and_rules(models: Models, tmp_path: Path) -> None:
    rules, two = rules_in(tmp_path), replace(models, release=PAIR, bundles=None)
    every = Served(models, full_store(), rules=rules)
    assert every.whole
    assert every.release == {"release": "7", "churn": "3", "cross_sell": "2", "bundles": "4"}
    assert not Served(models, full_store()).whole
    assert not Served(two, MemoryStore(OTHER_PAIRS, ROWS, candidates()), rules=rules).whole


@pytest.mark.parametrize("info", [STORE_INFO, BARE, NOTHING], ids=["both", "bare", "nothing"])
def test_bundles_answer_over_any_store(models: Models, info: StoreInfo) -> None:
    served = joined(models, info)
    assert served.versions["bundles"] == "4"
    assert served.bundles is not None
    assert served.may_replace(None)


@pytest.mark.parametrize(
    ("before", "after", "may"),
    [
        (STORE_INFO, STORE_INFO, True),
        (STORE_INFO, BARE, False),
        (STORE_INFO, OTHER_CHURN, False),
        (BARE, OTHER_PAIRS, True),
        (BARE, STORE_INFO, True),
        (BARE, OTHER_CHURN, False),
        (OTHER_CHURN, BARE, False),
    ],
)
def test_no_newer_set_silences_a_model_that_answers(
    models: Models,
    before: StoreInfo,
    after: StoreInfo,
    may: bool,  # noqa: FBT001 - a table of answers
) -> None:
    assert joined(models, after).may_replace(joined(models, before)) is may


@pytest.mark.parametrize(
    ("before", "after", "may"),
    [(True, True, True), (True, False, False), (False, False, True), (False, True, True)],
)
def test_no_newer_set_silences_the_decisions(
    models: Models,
    tmp_path: Path,
    before: bool,  # noqa: FBT001 - a table of answers
    after: bool,  # noqa: FBT001 - as above
    may: bool,  # noqa: FBT001 - as above
) -> None:
    unknown = CATALOGUE.replace("churn_band", "churn_bnad")
    one, other = (
        Served(models, full_store(), rules=rules_in(tmp_path, catalogue=CATALOGUE if binds else unknown))
        for binds in (before, after)
    )
    assert ((one.rulebook is not None), (other.rulebook is not None)) == (before, after)
    assert other.may_replace(one) is may
    assert all('did you mean "churn_band"' in fault for fault in other.faults)


def test_each_part_answers_once_to_warm_up(models: Models) -> None:
    full = Served(models, full_store())
    full.warm_up()
    with pytest.raises(StoreError, match="publish it again"):
        Served(models, BrokenStore(StoreError("publish it again"))).warm_up()


def test_a_release_may_drop_a_model(models: Models) -> None:
    alone = Models(tiny.release_of(tiny.RELEASED), churn=models.churn)
    newer = joined(alone, BARE)
    assert newer.may_replace(joined(models, STORE_INFO))
    assert (newer.versions, newer.faults) == ({"churn": "3"}, [])
