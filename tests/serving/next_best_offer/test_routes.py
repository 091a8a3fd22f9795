"""The next best offer over HTTP: one object, repeat-safe, an answer for everybody, every fault a problem."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest
from starlette.testclient import TestClient

from serving.app import create_app
from serving.ledger import Ledger
from serving.live.live import Live
from tests.serving.callers import HEADER, keyring
from tests.serving.next_best_offer.tiny import NOON, with_rules
from tests.serving.problems import problem


def ask(client: TestClient, customer_id: str, query: str = "channel=web") -> dict[str, Any]:
    response = client.get(f"/v1/customers/{quote(customer_id, safe='')}/next-best-offer?{query}")
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def offers(answer: dict[str, Any]) -> list[str]:
    return [one["offer_id"] for one in answer["offers"]]


def test_an_answer_says_what_to_offer_and_why(shop: TestClient) -> None:
    answer = ask(shop, "1")
    (offer,) = answer.pop("offers")
    assert len(answer.pop("decision_id")) == 32
    assert answer.pop("rulebook").startswith("p1-")
    assert answer == {
        "customer_id": "1",
        "status": "known",
        "answer": "offer",
        "reason": "offer",
        "why": "The best offer is expected to bring 6.16 USD more than no offer.",
        "group": "treated",
        "explored": False,
        "selection_probability": 1.0,
        "decided_at": "2017-12-05T12:00:00Z",
        "as_of": "2017-12-04T00:00:00Z",
        "release": {"release": "7", "churn": "3", "cross_sell": "2", "bundles": "4"},
        "degraded": False,
        "fault": None,
        "stale": False,
    }
    factors = {one["name"]: one["value"] for one in offer.pop("factors")}
    names = ["churn", "stake", "save_rate", "lever", "redemption", "discount", "cost"]
    assert list(factors) == names
    assert offer["priority"] == pytest.approx(factors["churn"] * 40.0 * 0.2 - 0.5 * 2.0)
    assert {**offer, "priority": None} == {
        "offer_id": "stay",
        "name": "Two off the next shop",
        "kind": "retention",
        "item": None,
        "item_name": None,
        "rank": 1,
        "priority": None,
        "currency": "USD",
        "words": [],
        "assumptions": ["save_rate", "redemption"],
    }


def test_more_offers_come_in_order_and_each_with_its_words(shop: TestClient) -> None:
    first, second = ask(shop, "1", "channel=web&limit=3")["offers"]
    assert (first["offer_id"], first["rank"], second["offer_id"], second["rank"]) == ("stay", 1, "taste", 2)
    assert (second["item"], second["item_name"]) == ("BEER-A", "Beer A")
    assert second["words"][0] == "customers who buy Milk buy Beer A too"
    assert [one["words"] for one in second["factors"]][:2] == [
        "probability 6.1 % (cross_sell 2)",
        "context 1 (policy)",
    ]


def test_a_repeat_is_the_same_decision_and_counts_once(shop: TestClient, ledger: Ledger) -> None:
    first = ask(shop, "1")
    for query in ("channel=web", "channel=web&placement=web", "channel=web&limit=5"):
        assert ask(shop, "1", query) == first
    posted = shop.post("/v1/next-best-offer", json={"customer_id": "1", "channel": "web"}).json()
    batch = shop.post("/v1/next-best-offer:batch", json={"customer_ids": ["1", "1"], "channel": "web"}).json()
    assert [posted, *batch["results"]] == [first] * 3
    assert len(ledger.history("1", NOON, 7).contacts) == 1


def test_the_log_names_the_decision_and_the_key_of_each_answer(
    shop: TestClient, deciding: Live, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    first = ask(shop, "1")
    shop.post("/v1/next-best-offer", json={"customer_id": "1", "channel": "web"})
    deciding.ledger = None
    ask(shop, "1")
    lines = [line for line in log_lines() if line["event"] == "answered"]
    known = {"key": "testtest", "decision_id": first["decision_id"]}
    assert [{name: line.get(name) for name in known} for line in lines] == [
        known,
        known,
        {**known, "decision_id": None},
    ]
    assert [line.get("degraded", False) for line in lines] == [False, False, True]


def test_fewer_offers_than_were_given_come_when_fewer_are_asked_for(shop: TestClient) -> None:
    assert offers(ask(shop, "1", "channel=web&limit=2")) == ["stay", "taste"]
    assert offers(ask(shop, "1", "channel=web&limit=1")) == ["stay"]


def test_another_placement_is_another_decision_under_the_same_caps(shop: TestClient) -> None:
    first, second = ask(shop, "1"), ask(shop, "1", "channel=web&placement=footer")
    assert first["decision_id"] != second["decision_id"]
    assert (offers(first), offers(second)) == (["stay"], ["taste"])


def test_a_stranger_gets_an_answer_from_what_everybody_buys(shop: TestClient) -> None:
    answer = ask(shop, "stranger")
    assert (answer["status"], answer["answer"], answer["group"]) == ("unknown", "offer", "treated")
    (offer,) = answer["offers"]
    assert (offer["offer_id"], offer["item"]) == ("taste", "CHEESE")
    assert offer["words"] == ["35 % of all customers buy it within 28 days"]


def test_nobody_is_written_to_without_consent(shop: TestClient) -> None:
    for customer_id in ("stranger", "01", "returns"):
        answer = ask(shop, customer_id, "channel=email")
        assert (answer["answer"], answer["reason"], answer["offers"]) == ("no_offer", "none_left", [])
        assert (
            answer["why"] == "No offer was left for this customer: 2 ended in candidates, 2 ended in consent."
        )
    assert offers(ask(shop, "1", "channel=email")) == ["stay"]


def test_a_basket_makes_a_bundle(shop: TestClient) -> None:
    asked = {"customer_id": "stranger", "channel": "web", "basket": ["BREAD", "unheard of", "BREAD"]}
    answer = shop.post("/v1/next-best-offer", json=asked).json()
    (offer,) = answer["offers"]
    assert (offer["offer_id"], offer["item_name"], offer["words"]) == ("toast", "Jam", ["goes with Bread"])
    assert answer["decision_id"] != ask(shop, "stranger")["decision_id"]
    again = shop.post("/v1/next-best-offer", json={**asked, "basket": ["unheard of", "BREAD"]}).json()
    assert again == answer


def test_the_volume_of_a_day_goes_to_who_comes_first(shop: TestClient) -> None:
    given = [offers(ask(shop, "01", f"channel=web&placement=p{place}")) for place in range(2)]
    assert given == [["thanks"], ["taste"]]
    assert offers(ask(shop, "returns")) == ["thanks"]
    batch = {"customer_ids": ["1", "gone", "Åse 客", "DE/4711"], "channel": "web"}
    results = shop.post("/v1/next-best-offer:batch", json=batch).json()["results"]
    assert [one["customer_id"] for one in results] == batch["customer_ids"]
    assert "thanks" not in [offer for one in results for offer in offers(one)]


@pytest.mark.parametrize("customer_id", ["DE/4711", "a/next-best-offer", "..%", "y" * 128, "😀" * 128])
def test_any_legal_id_has_an_answer(shop: TestClient, customer_id: str) -> None:
    assert ask(shop, customer_id)["customer_id"] == customer_id


@pytest.mark.parametrize("malformed", ["", "a\nb", "\x00", "x" * 129, "x" * 10_000])
def test_a_malformed_id_is_refused_without_repeating_it(shop: TestClient, malformed: str) -> None:
    path = f"/v1/customers/{quote(malformed, safe='')}/next-best-offer?channel=web"
    asked = {"customer_id": malformed, "channel": "web"}
    for response in (shop.get(path), shop.post("/v1/next-best-offer", json=asked)):
        body = problem(response, 422, "invalid-request")
        assert [error["where"] for error in body["errors"]] in (["path.customer_id"], ["body.customer_id"])
        assert len(response.content) < 500


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("", "query.channel"),
        ("channel=web&limit=0", "query.limit"),
        ("channel=web&limit=11", "query.limit"),
        ("channel=web&limit=x", "query.limit"),
        ("channel=web&basket=BREAD", "query.basket"),
        ("channel=web&placement=", "query.placement"),
        (f"channel=web&placement={'x' * 65}", "query.placement"),
        ("channel=", "query.channel"),
        ("channel=wbe", "query.channel"),
    ],
)
def test_a_wrong_query_is_refused_with_its_place(shop: TestClient, query: str, where: str) -> None:
    body = problem(shop.get(f"/v1/customers/1/next-best-offer?{query}"), 422, "invalid-request")
    assert [error["where"] for error in body["errors"]] == [where]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"basket": ["x"] * 5001}, "body.basket"),
        ({"basket": [""]}, "body.basket.0"),
        ({"basket": "BREAD"}, "body.basket"),
        ({"limit": 1.5}, "body.limit"),
        ({"limit": "1"}, "body.limit"),
        ({"page": "x\n"}, "body.page"),
        ({"location": 1}, "body.location"),
        ({"channel": "tll"}, "body.channel"),
        ({"surprise": 1}, "body.surprise"),
    ],
)
def test_a_wrong_body_is_refused_with_its_place(
    shop: TestClient, changes: dict[str, Any], where: str
) -> None:
    response = shop.post("/v1/next-best-offer", json={"customer_id": "1", "channel": "web", **changes})
    assert [error["where"] for error in problem(response, 422, "invalid-request")["errors"]] == [where]


def test_a_misspelt_channel_is_told_the_nearest(shop: TestClient) -> None:
    body = {"customer_ids": ["1"], "channel": "emial"}
    (error,) = problem(shop.post("/v1/next-best-offer:batch", json=body), 422, "invalid-request")["errors"]
    said = '"emial" is no channel of the policy (did you mean "email"?)'
    assert error == {"where": "body.channel", "message": said}


def test_a_full_basket_and_a_full_batch_fit(shop: TestClient) -> None:
    basket = ["BREAD", *(f"item {number}" for number in range(4999))]
    asked = {"customer_id": "1", "channel": "web", "basket": basket}
    assert offers(shop.post("/v1/next-best-offer", json=asked).json()) == ["toast"]
    batch = {"customer_ids": [f"stranger {number}" for number in range(1000)], "channel": "till"}
    results = shop.post("/v1/next-best-offer:batch", json=batch).json()["results"]
    assert [one["customer_id"] for one in results] == batch["customer_ids"]
    assert len({one["decision_id"] for one in results}) == 1000


def test_without_rules_only_the_decisions_are_not_ready(deciding: Live) -> None:
    deciding.served, deciding.rulebook_fault = with_rules(deciding, None), "the catalogue is broken"
    client = TestClient(create_app(deciding, keyring=keyring(), clock=lambda: NOON), headers=HEADER)
    for response in (
        client.get("/v1/customers/1/next-best-offer?channel=web"),
        client.post("/v1/next-best-offer", json={"customer_id": "1", "channel": "web"}),
        client.post("/v1/next-best-offer:batch", json={"customer_ids": ["1"], "channel": "web"}),
    ):
        assert "no rules to decide by" in problem(response, 503, "not-ready")["detail"]
    assert client.get("/v1/customers/1/churn").status_code == 200
    assert (
        client.put("/v1/customers/1/consents", json={"channel": "email", "granted": False}).status_code == 200
    )
    assert client.get("/v1/release").json()["fault"] == "the catalogue is broken"


def test_a_service_with_nothing_says_so() -> None:
    nothing = Live(fault="run python -m serving pull")
    client = TestClient(create_app(nothing, keyring=keyring()), headers=HEADER)
    detail = problem(client.get("/v1/customers/1/next-best-offer?channel=web"), 503, "not-ready")["detail"]
    assert detail == "Nothing is served yet. The log of the service says why and what to run."


def test_the_release_names_the_rules(shop: TestClient) -> None:
    assert shop.get("/v1/release").json()["rulebook"] == ask(shop, "1")["rulebook"]


def test_what_callers_send_is_never_logged(
    shop: TestClient,
    deciding: Live,
    log_lines: Callable[[], list[dict[str, Any]]],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    word = "canary-7f3a"
    shop.get(f"/v1/customers/{word}/next-best-offer?channel=web&placement={word}")
    shop.get(f"/v1/customers/{word}/next-best-offer?channel={word}")
    body = {"customer_id": word, "channel": "web", "basket": [word], "page": word, "location": word}
    decision_id = shop.post("/v1/next-best-offer", json=body).json()["decision_id"]
    shop.post("/v1/next-best-offer:batch", json={"customer_ids": [word], "channel": "web"})
    for known in (decision_id, word):
        shop.post("/v1/outcomes", json={"key": word, "decision_id": known, "kind": "impression"})
        shop.post(
            "/v1/outcomes", json={"key": word, "decision_id": known, "kind": "accept", "offer_id": word}
        )
        shop.get(f"/v1/decisions/{known}")
    shop.put(f"/v1/customers/{word}/consents", json={"channel": word, "purpose": word, "granted": True})
    shop.put(f"/v1/customers/{word}/consents", json={"channel": "email", "purpose": word, "granted": True})
    shop.delete(f"/v1/customers/{word}")
    deciding.ledger = None
    assert shop.get(f"/v1/customers/{word}/next-best-offer?channel=web").json()["degraded"]
    ours = [record for record in caplog.records if not record.name.startswith("httpx")]
    assert word not in str(log_lines()) + str(ours) + "".join(capfd.readouterr())
    assert [line["event"] for line in log_lines() if line["level"] == "error"] == ["degraded"]


def test_decisions_build_no_data_frame(shop: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a request built a DataFrame")

    monkeypatch.setattr(pd.DataFrame, "__init__", refuse)
    assert ask(shop, "1")["offers"]
    asked = {"customer_id": "1", "channel": "web", "basket": ["BREAD"]}
    assert shop.post("/v1/next-best-offer", json=asked).json()["offers"]
