"""Which channels and purposes callers may name."""

from features.errors import InputError
from serving.decision.policy import Policy
from serving.problems import InvalidRequest


def require_channel(name: str, policy: Policy, where: str) -> None:
    """Raise `InvalidRequest` for the field `where`, unless the policy has the channel."""
    try:
        policy.require_channel(name)
    except InputError as fault:
        raise InvalidRequest.of(where, str(fault)) from fault


def require_purpose(purpose: str, channel: str, policy: Policy, where: str) -> None:
    """Raise `InvalidRequest` for the field `where`, unless it is what the channel asks consent for.

    Another one would be recorded, and never looked at.
    """
    asked = policy.channels[channel].purpose
    if purpose != asked:
        raise InvalidRequest.of(where, f'The policy asks for consent to "{asked}" on this channel.')
