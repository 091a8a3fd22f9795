"""Profiles of hand-made customers: consents cut off at the moment, and what they bought lately."""

from pathlib import Path

import numpy as np

from features.feature_set import features_at
from features.profiles import consents_at, profiles
from features.publish import publish
from features.store import SqliteStore, StoredConsent
from features.workspace import Workspace
from tests.features.shop import EXPLICIT, INACTIVITY
from tests.features.tiny import AS_OF, ago, open_tiny

LINES = """\
customer_id,basket_id,ts,item_id,amount,quantity
ann,b1,@60,i1,1.00,1
ann,b2,@60-1s,i2,1.00,1
ann,b3,@5,i3,1.00,1
ann,b3,@5,i4,1.00,1
ann,b4,@1,i1,-1.00,-1
ann,b5,@0,i1,1.00,1
bob,b6,@90,i2,1.00,1
"""
ITEMS = "item_id,category\ni1,BREAD\ni2,MILK\ni3,CHEESE\ni4,\n"
OFFERED = '[cross_sell]\nitem_level = "category"\nhorizon_days = 28\nnew_after_days = 60\n'
CONSENTS = """\
customer_id,channel,purpose,ts,granted
ann,email,marketing,@9,yes
ann,email,marketing,@3,no
ann,email,marketing,@0,yes
ann,email,service,@30,yes
ann,mail,marketing,@7,yes
ann,mail,marketing,@7,no
bob,email,marketing,@0+1s,yes
bob,mail,marketing,@-1,yes
eve,email,marketing,@9,yes
"""
# Of two answers at once the refusal counts; what was answered at AS_OF or later is not known yet.
ANN = (
    StoredConsent("email", "marketing", granted=False, at=ago(3)),
    StoredConsent("email", "service", granted=True, at=ago(30)),
    StoredConsent("mail", "marketing", granted=False, at=ago(7)),
)
BOB = (StoredConsent("email", "marketing", granted=True, at=ago(0, 1)),)


def shop(folder: Path, churn: str = INACTIVITY + OFFERED) -> Workspace:
    return open_tiny(folder, churn, transactions=LINES, items=ITEMS, consents=CONSENTS)


def test_the_newest_answer_before_the_moment_counts(tmp_path: Path) -> None:
    found = consents_at(shop(tmp_path).tables, AS_OF)
    assert found == {
        "ann": ANN,
        "bob": BOB,
        "eve": (StoredConsent("email", "marketing", granted=True, at=ago(9)),),
    }


def test_without_consents_there_are_none(tmp_path: Path) -> None:
    assert consents_at(open_tiny(tmp_path, transactions=LINES).tables, AS_OF) == {}


def test_profiles_are_published_for_everybody_in_the_snapshot(tmp_path: Path) -> None:
    opened = shop(tmp_path)
    publish(opened, AS_OF, tmp_path / "online.sqlite")
    store = SqliteStore(tmp_path / "online.sqlite")

    assert list(store.ids()) == ["ann", "bob"]
    ann, bob = store.profile("ann"), store.profile("bob")
    assert ann is not None
    assert bob is not None
    assert (ann.consents, bob.consents) == (ANN, BOB)
    assert [[store.items[place].item for place in one.bought] for one in (ann, bob)] == [
        ["CHEESE", "MILK"],  # bread 60 days ago is new again, a return is no purchase, i4 is of no category
        [],
    ]
    assert (ann.segments.life_cycle, bob.segments.life_cycle) == ("new", "at risk")
    assert (ann.segments.recency_quintile, bob.segments.recency_quintile) == (3, 1)
    assert store.profile("eve") is None


def test_who_never_bought_has_an_empty_profile(tmp_path: Path) -> None:
    people = "customer_id,churned\nann,yes\nbob,no\n"
    opened = open_tiny(tmp_path, EXPLICIT, customers=people, consents=CONSENTS)
    snapshot = features_at(opened.tables, opened.features, AS_OF).to_pyarrow()
    found = dict(profiles(opened.tables, AS_OF, snapshot, {"ann": np.array([4], np.int32)}))
    assert found["ann"].segments.life_cycle is None
    assert found["ann"].bought.tolist() == [4]
    assert (found["bob"].bought.tolist(), found["bob"].consents) == ([], BOB)
