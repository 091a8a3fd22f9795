"""A good body for every call that takes one."""

from typing import Any, NamedTuple


class Asked(NamedTuple):
    """How a call is asked, with every field that it takes."""

    method: str
    path: str
    body: dict[str, Any]


BODIES = {
    "next_best_offer": Asked(
        "POST",
        "/v1/next-best-offer",
        {
            "customer_id": "1",
            "channel": "web",
            "placement": "home",
            "limit": 1,
            "basket": ["BREAD"],
            "page": "checkout",
            "location": "Berlin",
        },
    ),
    "next_best_offer_of_batch": Asked(
        "POST",
        "/v1/next-best-offer:batch",
        {"customer_ids": ["1", "x"], "channel": "web", "placement": "home", "limit": 1},
    ),
    "outcome_of_decision": Asked(
        "POST",
        "/v1/outcomes",
        {
            "key": "order-17",
            "decision_id": "DECISION",
            "kind": "purchase",
            "offer_id": None,
            "value": 12.5,
            "at": "2017-12-05T11:00:00Z",
        },
    ),
    "consent_of_customer": Asked(
        "PUT",
        "/v1/customers/1/consents",
        {"channel": "email", "purpose": "marketing", "granted": False, "at": "2017-12-05T11:00:00Z"},
    ),
    "churn_of_batch": Asked("POST", "/v1/churn:batch", {"customer_ids": ["1", "x"], "reasons": 2}),
    "bundles_of_basket": Asked("POST", "/v1/bundles", {"basket": ["BREAD"], "customer_id": "1", "limit": 5}),
}
"""By operation id; DECISION stands for the id of one."""
