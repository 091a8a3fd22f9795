import pytest

from tests.features.tiny import Row, known, nearly, of_family, open_tiny

LINES = """\
customer_id,basket_id,ts,item_id,amount
ann,b1,@3,i1,1.00
bob,b2,@3,i1,1.00
cid,b3,@3,i1,1.00
"""

CONTACTS = """\
customer_id,ts,offer_id,treated,cost
ann,@3.5,spring,yes,0.50
ann,@10,spring,yes,0.25
ann,@84-1s,winter,no,
ann,@84,autumn,yes,1.00
ann,@200,summer,,2.00
ann,@0,easter,yes,9.00
bob,@-1,easter,no,9.00
cid,@20,winter,yes,0.10
nobody,@20,winter,yes,0.10
"""

RESPONSES = """\
customer_id,ts,offer_id,value
ann,@2,spring,5.00
ann,@2.5,spring,1.50
ann,@84,autumn,
ann,@0,easter,50.00
bob,@-2,easter,50.00
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    folder = tmp_path_factory.mktemp("contact")
    return known(open_tiny(folder, transactions=LINES, contacts=CONTACTS, responses=RESPONSES))


def test_four_offers_of_which_two_were_answered(found: dict[str, Row]) -> None:
    assert of_family(found["ann"], "contact") == nearly(
        {
            "contacts_all": 4,
            "contacts_84d": 2,
            "days_since_contact": 3.5,
            "contact_cost": 3.75,
            "held_out_contacts": 1,
            "responses_all": 2,
            "responses_84d": 1,
            "days_since_response": 2,
            "response_value": 6.5,
            "response_rate": 0.5,
        }
    )


def test_who_was_never_contacted_has_counts_of_nothing_and_no_recency(found: dict[str, Row]) -> None:
    assert of_family(found["bob"], "contact") == {
        "contacts_all": 0,
        "contacts_84d": 0,
        "days_since_contact": None,
        "contact_cost": 0,
        "held_out_contacts": 0,
        "responses_all": 0,
        "responses_84d": 0,
        "days_since_response": None,
        "response_value": 0,
        "response_rate": None,
    }


def test_who_never_answered_has_a_rate_of_nothing(found: dict[str, Row]) -> None:
    row = found["cid"]
    assert (row["responses_all"], row["response_rate"], row["days_since_response"]) == (0, 0, None)


def test_a_contact_makes_no_customer(found: dict[str, Row]) -> None:
    assert set(found) == {"ann", "bob", "cid"}
