import pytest

from tests.features.tiny import Row, known, nearly, of_family, open_tiny

LINES = """\
customer_id,basket_id,ts,item_id,amount
ann,b1,@3,i1,1.00
bob,b2,@3,i1,1.00
cid,b3,@3,i1,1.00
"""

FEEDBACK = """\
customer_id,ts,kind,score
ann,@2,nps,9
ann,@50,nps,3
ann,@5,csat,4
ann,@5,csat,2
ann,@84-1s,complaint,
ann,@84,complaint,
ann,@84,complaint,
ann,@0,nps,0
bob,@7,nps,
bob,@8,nps,10
bob,@-1,complaint,
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    return known(open_tiny(tmp_path_factory.mktemp("feedback"), transactions=LINES, feedback=FEEDBACK))


def test_the_last_score_counts_and_scores_of_one_moment_are_averaged(found: dict[str, Row]) -> None:
    assert of_family(found["ann"], "feedback") == nearly(
        {
            "feedback_all": 7,
            "days_since_feedback": 2,
            "nps_last": 9,
            "csat_last": 3,
            "complaints_all": 3,
            "complaints_84d": 1,
            "days_since_complaint": 84 - 1 / 86_400,
        }
    )


def test_a_last_score_that_is_empty_is_unknown(found: dict[str, Row]) -> None:
    assert of_family(found["bob"], "feedback") == {
        "feedback_all": 2,
        "days_since_feedback": 7,
        "nps_last": None,
        "csat_last": None,
        "complaints_all": 0,
        "complaints_84d": 0,
        "days_since_complaint": None,
    }


def test_who_never_said_anything_never_complained(found: dict[str, Row]) -> None:
    row = found["cid"]
    assert (row["feedback_all"], row["complaints_all"], row["complaints_84d"]) == (0, 0, 0)
    assert row["days_since_feedback"] is row["nps_last"] is row["days_since_complaint"] is None
