"""How a call is found and documented."""

from typing import Any

from starlette.convertors import Convertor

from serving.problems import ProblemDocument

FAULTS = {
    400: "The body cannot be read.",
    404: "Nobody, or no item, has this id.",
    408: "The body came too slowly.",
    413: "The body is too large.",
    422: "A part of the request breaks a rule.",
    500: "The service failed; the header x-request-id names the line in its log.",
    503: "Not ready; the detail says what to run.",
}


class AnyText(Convertor[str]):
    """The rest of a path, slashes and line breaks included: which ids are legal is for the schema to say."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        """The text as it is."""
        return value

    def to_string(self, value: str) -> str:
        """The text as it is."""
        return value


def documented(answer: type, *faults: int) -> dict[str, Any]:
    """What the documentation says of a call: its answer, and the faults besides the service's own."""
    problems = {
        status: {"model": ProblemDocument, "description": FAULTS[status]} for status in (*faults, 500)
    }
    return {"response_model": answer, "responses": problems}
