"""A customer id becomes an explained answer."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from features.store import StoreInfo
from serving.churn.answers import Churn
from serving.scoring.arrays import Floats
from serving.scoring.artifact import ModelError
from tests.fakes import MemoryStore
from tests.serving.tiny import DEFINITION, INFO, ROWS, offline_probability


@pytest.mark.parametrize("row", [row for row in ROWS if row[1]], ids=lambda row: ascii(row[0]))
def test_a_score_equals_the_offline_formula(churn: Churn, row: tuple[str, bool, Floats]) -> None:
    answer = churn.answer(row[0], 5)
    assert answer is not None
    assert answer.status == "active"
    assert answer.probability == pytest.approx(offline_probability(row[2]), rel=0, abs=1e-12)
    assert answer.band == churn.model.band(offline_probability(row[2]))


def test_an_answer_says_what_it_rests_on(churn: Churn) -> None:
    answer = churn.answer("1", 0)
    assert answer is not None
    assert answer.model_dump(
        include={"customer_id", "horizon_days", "as_of", "reasons", "model", "stale"}
    ) == {
        "customer_id": "1",
        "horizon_days": 28,
        "as_of": INFO.as_of,
        "reasons": [],
        "model": {"name": "churn", "version": "3", "release": "7"},
        "stale": False,
    }
    assert "28 days" in answer.definition
    assert answer.summary.endswith("% likely to buy nothing in the 28 days after 2017-12-04.")


def test_reasons_are_exact_largest_first_and_in_words(churn: Churn) -> None:
    answer = churn.answer("1", 20)
    assert answer is not None
    sizes = [abs(reason.contribution) for reason in answer.reasons]
    assert sizes == sorted(sizes, reverse=True)
    assert {reason.words for reason in answer.reasons} == {
        "last purchase 41 days ago",
        "1 basket in the last 56 days",
        "spent 9.50 USD in the last 28 days",
        "3.2 times the usual gap",
    }
    assert all((reason.contribution > 0) is (reason.direction == "raises") for reason in answer.reasons)
    shares = churn.model.contributions(ROWS[0][2].reshape(1, -1)).of_features[0]
    assert sum(reason.contribution for reason in answer.reasons) == pytest.approx(shares.sum())


@pytest.mark.parametrize(("asked", "given"), [(0, 0), (1, 1), (3, 3), (20, 4)])
def test_as_many_reasons_as_asked(churn: Churn, asked: int, given: int) -> None:
    answer = churn.answer("01", asked)
    assert answer is not None
    assert len(answer.reasons) == given


def test_an_unknown_value_is_null_and_said_so(churn: Churn) -> None:
    answer = churn.answer("DE/4711", 20)
    assert answer is not None
    unknown = {reason.words for reason in answer.reasons if reason.value is None}
    assert unknown <= {"spent in the last 28 days: unknown", "times the usual gap: unknown"}
    assert "NaN" not in answer.model_dump_json()


def test_a_customer_outside_the_population_is_lapsed(churn: Churn) -> None:
    answer = churn.answer("gone", 5)
    assert answer is not None
    assert (answer.status, answer.probability, answer.band, answer.reasons) == ("lapsed", None, None, [])
    assert answer.summary == "Bought nothing in the 56 days before 2017-12-04: lapsed, so not scored."


def test_a_stranger_has_no_answer(churn: Churn) -> None:
    assert churn.answer("stranger", 5) is None


def test_a_batch_answers_in_the_order_asked_as_one_by_one(churn: Churn) -> None:
    asked = ["gone", "returns", "stranger", "1", "returns", "Åse 客", "nobody", "01"]
    answers, unknown = churn.answers(asked, 3)
    assert [answer.customer_id for answer in answers] == ["gone", "returns", "1", "returns", "Åse 客", "01"]
    assert unknown == ["stranger", "nobody"]
    for answer in answers:
        alone = churn.answer(answer.customer_id, 3)
        assert alone is not None
        assert (answer.probability or 0) == pytest.approx(alone.probability or 0, rel=0, abs=1e-12)
        assert [reason.words for reason in answer.reasons] == [reason.words for reason in alone.reasons]


def test_a_batch_of_strangers_is_empty(churn: Churn) -> None:
    assert churn.answers(["a", "b"], 3) == ([], ["a", "b"])


@pytest.mark.parametrize(("age_days", "stale"), [(1, False), (3, True)])
def test_old_data_is_said_to_be_stale(churn: Churn, age_days: int, stale: bool) -> None:  # noqa: FBT001 - a table of answers
    info = replace(INFO, as_of=datetime.now(UTC) - timedelta(days=age_days))
    aged = replace(churn, store=MemoryStore(info, ROWS), stale_after=timedelta(days=2))
    answer = aged.answer("1", 0)
    assert answer is not None
    assert answer.stale is stale


@pytest.mark.parametrize(
    "info",
    [
        replace(INFO, fingerprint="f2"),
        replace(INFO, names=INFO.names[::-1], described=()),
        replace(INFO, definition=json.dumps({**DEFINITION, "active_days": 90})),
        replace(INFO, definition=json.dumps({**DEFINITION, "surprise": 1})),
        replace(INFO, definition="no JSON"),
    ],
    ids=["fingerprint", "order", "definition", "extra", "garbage"],
)
def test_a_model_refuses_a_store_made_otherwise(churn: Churn, info: StoreInfo) -> None:
    with pytest.raises(ModelError, match="python -m features publish"):
        replace(churn, store=MemoryStore(info, ROWS))
