"""Who may be spoken to: what a customer agreed to, by channel and purpose. Fails closed."""

from serving.decision.facts import Consent, Facts, History
from serving.decision.policy import Channel, Policy


def newest(channel: str, purpose: str, facts: Facts, history: History) -> Consent | None:
    """What the customer said last, to the ledger or before; a refusal goes before a grant of the same moment."""
    before, since = facts.consents.get((channel, purpose)), history.consents.get((channel, purpose))
    if before is None or since is None:
        return since if before is None else before
    return max(before, since, key=lambda one: (one.at, not one.granted))


def agreed(policy: Policy, facts: Facts, history: History) -> dict[str, bool]:
    """For every channel whether the customer agreed to its purpose; who never said anything did not."""
    return {
        name: (said := newest(name, channel.purpose, facts, history)) is not None and said.granted
        for name, channel in policy.channels.items()
    }


def refusal(name: str, channel: Channel, facts: Facts, history: History) -> tuple[str, str] | None:
    """The rule and what it met when a channel needs a consent that was not given."""
    if not channel.consent:
        return None
    said = newest(name, channel.purpose, facts, history)
    if said is not None and said.granted:
        return None
    return (
        f"consent to {channel.purpose}",
        "never given" if said is None else f"refused on {said.at:%Y-%m-%d}",
    )
