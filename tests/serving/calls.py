"""Every call of the service once, each answered well over the tiny release and store."""

from httpx2 import Client, Response

CUSTOMER = "/v1/customers/1"
ASKED = {"customer_id": "1", "channel": "web", "basket": ["BREAD"]}
AGREED = {"channel": "email", "granted": True}


def every_call(client: Client) -> list[Response]:
    """The answers, in an order in which each call has what it needs: the customer is erased last."""
    decided = client.get(f"{CUSTOMER}/next-best-offer", params={"channel": "web"})
    decision_id = decided.json()["decision_id"]
    seen = {"key": "k1", "decision_id": decision_id, "kind": "impression"}
    return [
        decided,
        client.post("/v1/next-best-offer", json=ASKED),
        client.post("/v1/next-best-offer:batch", json={"customer_ids": ["1", "gone", "?"], "channel": "web"}),
        client.post("/v1/outcomes", json=seen),
        client.get(f"/v1/decisions/{decision_id}"),
        client.get(f"{CUSTOMER}/churn"),
        client.get(f"{CUSTOMER}/churn", params={"reasons": 0}),
        client.post("/v1/churn:batch", json={"customer_ids": ["1", "gone"], "reasons": 5}),
        client.get(f"{CUSTOMER}/offers"),
        client.post("/v1/bundles", json={"basket": ["BREAD"], "customer_id": "1"}),
        client.get("/v1/items/BREAD/bundles"),
        client.get("/v1/release"),
        client.get(CUSTOMER),
        client.put(f"{CUSTOMER}/consents", json=AGREED),
        client.get("/livez"),
        client.get("/readyz"),
        client.get("/metrics"),
        client.get("/docs"),
        client.get("/openapi.json"),
        client.delete(CUSTOMER),
    ]
