"""What we told the customer and what came back."""

from ibis import _

from features.definitions import Feature, Unit, in_days, ratio, within
from features.grains import CONTACT, RESPONSE

CONTACTS = (
    Feature(
        "contacts_all", Unit.COUNT, "contacted for {value} offer(s)", _.age.count().cast("float64"), CONTACT
    ),
    Feature(
        "contacts_84d",
        Unit.COUNT,
        "contacted for {value} offer(s) in the last 84 days",
        within(84, _.age).sum(),
        CONTACT,
    ),
    Feature("days_since_contact", Unit.DAYS, "last contacted {value} ago", in_days(_.age.min()), CONTACT),
    Feature("contact_cost", Unit.MONEY, "{value} spent on contacting", _.cost.sum(), CONTACT),
    Feature(
        "held_out_contacts",
        Unit.COUNT,
        "held out of {value} offer(s) as a control",
        (1.0 - _.treated).sum(),
        CONTACT,
    ),
    Feature(
        "responses_all", Unit.COUNT, "answered {value} offer(s)", _.age.count().cast("float64"), RESPONSE
    ),
    Feature(
        "responses_84d",
        Unit.COUNT,
        "answered {value} offer(s) in the last 84 days",
        within(84, _.age).sum(),
        RESPONSE,
    ),
    Feature(
        "days_since_response", Unit.DAYS, "last answered an offer {value} ago", in_days(_.age.min()), RESPONSE
    ),
    Feature("response_value", Unit.MONEY, "{value} earned from answers to offers", _.value.sum(), RESPONSE),
    Feature(
        "response_rate", Unit.SHARE, "answered {value} of the offers", ratio(_.responses_all, _.contacts_all)
    ),
)
