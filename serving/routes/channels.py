"""Which channels callers may name."""

from features.errors import InputError
from serving.decision.policy import Policy
from serving.problems import InvalidRequest


def require_channel(name: str, policy: Policy, where: str) -> None:
    """Raise `InvalidRequest` for the field `where`, unless the policy has the channel."""
    try:
        policy.require_channel(name)
    except InputError as fault:
        raise InvalidRequest.of(where, str(fault)) from fault
