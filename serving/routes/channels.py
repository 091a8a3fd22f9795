"""Which channels and purposes callers may name."""

from features.errors import InputError
from serving.decision.nearest import nearest
from serving.decision.policy import Policy
from serving.problems import InvalidRequest


def require_channel(name: str, policy: Policy, where: str) -> None:
    """Raise `InvalidRequest` for the field `where`, unless the policy has the channel."""
    try:
        policy.require_channel(name)
    except InputError as fault:
        raise InvalidRequest.of(where, str(fault)) from fault


def require_purpose(purpose: str, policy: Policy, where: str) -> None:
    """Raise `InvalidRequest` for the field `where`, unless some channel asks for consent to the purpose.

    A misspelt one would be recorded, and never looked at.
    """
    purposes = {channel.purpose for channel in policy.channels.values()}
    if purpose not in purposes:
        raise InvalidRequest.of(where, f"No purpose of a channel{nearest(purpose, sorted(purposes))}")
