"""Who may be spoken to: what a customer agreed to, by channel and purpose. Fails closed."""

from serving.decision.facts import Consent, Facts, History
from serving.decision.policy import Channel, Policy


def newest(before: Consent | None, since: Consent | None) -> Consent | None:
    """What the customer said last, before or to the ledger; a refusal goes before a grant of the same moment."""
    if before is None or since is None:
        return since if before is None else before
    return max(before, since, key=lambda one: (one.at, not one.granted))


def agreed(policy: Policy, facts: Facts, history: History) -> dict[str, bool]:
    """For every channel whether the customer agreed to its purpose; who never said anything did not."""
    return {
        name: (said := _newest_of(name, channel, facts, history)) is not None and said.granted
        for name, channel in policy.channels.items()
    }


def refusal(name: str, channel: Channel, facts: Facts, history: History) -> tuple[str, str] | None:
    """The rule and what it met when a channel needs a consent that was not given."""
    if not channel.consent:
        return None
    said = _newest_of(name, channel, facts, history)
    if said is not None and said.granted:
        return None
    return (
        f"consent to {channel.purpose}",
        "never given" if said is None else f"refused on {said.at:%Y-%m-%d}",
    )


def _newest_of(name: str, channel: Channel, facts: Facts, history: History) -> Consent | None:
    pair = name, channel.purpose
    return newest(facts.consents.get(pair), history.consents.get(pair))
