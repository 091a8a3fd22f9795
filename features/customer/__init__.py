"""Families of customer features, in the order in which a report lists them."""

from features.customer.basket import BASKETS
from features.customer.calendar import CALENDAR
from features.customer.contact import CONTACTS
from features.customer.feedback import FEEDBACKS
from features.customer.frequency import FREQUENCY
from features.customer.mix import MIX
from features.customer.promotion import PROMOTION
from features.customer.recency import RECENCY
from features.customer.rhythm import RHYTHM
from features.customer.spend import SPEND
from features.customer.trend import TRENDS

FAMILIES = {
    "recency": RECENCY,
    "frequency": FREQUENCY,
    "spend": SPEND,
    "rhythm": RHYTHM,
    "trend": TRENDS,
    "basket": BASKETS,
    "mix": MIX,
    "promotion": PROMOTION,
    "calendar": CALENDAR,
    "contact": CONTACTS,
    "feedback": FEEDBACKS,
}
"""Feature families by name; attributes are added per dataset by `features.attributes`."""
