"""What `python -m serving policy` prints: the findings of a check, and what rules can speak of."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from features.store import SqliteStore, StoreError
from serving.decision.attributes import Attribute, attributes_of
from serving.decision.conditions import OPERATORS
from serving.decision.policy import read_policy
from serving.decision.rulebook import Rulebook, read_rulebook
from serving.live.models import Models, load_live
from serving.live.served import Served
from serving.next_best_offer.fact_source import FactSource
from serving.policy_check.check import AT_ONCE, ChannelReach, Findings, OfferReach, Where, check, strangers
from serving.release import CURRENT, Pulled, Release
from serving.settings import Settings

_SERVING = Path(__file__).parents[1]
CATALOGUE, POLICY = _SERVING / "catalogue.toml", _SERVING / "policy.toml"
"""What marketers edit: it is looked at before a release takes it along."""
UNRELEASED = (
    "no release was pulled yet: nobody has a probability to leave or to buy, so that retention, cross-sell and "
    "bundle offers are not checked"
)
_MOST = 3
_OUTBID = ("arbitrate", "priority")
OFFER_HEADS = ("offer", "worth it for", "best for", "median worth", "what ends it elsewhere")
_NOTES = Console(stderr=True)


def print_check(settings: Settings, channels: Sequence[str], *, live: bool = False) -> bool:
    """Check the rulebook on the store's customers and print what was found; whether every offer can be received.

    No `channels` are all of the policy. Checked are the files that a release would take along, or with `live`
    the rules of the one that was pulled. Raises `InputError` for whatever cannot be used.
    """
    now, store = datetime.now(UTC), SqliteStore(settings.store)
    if not store.info.customers:
        raise StoreError(
            f"there is nobody in the online store at {settings.store}: publish one with python -m features publish"
        )
    models = load_live(settings.release) if live or _pulled(settings) else _nothing(now)
    rulebook = _released(models, store) if live else _edited(settings, store, now)
    source = FactSource(Served(models, store))
    steps = check(source, store.ids(), rulebook, _asked(channels, rulebook), now)
    *_, findings = track(
        steps, "Deciding", -(-store.info.customers // AT_ONCE), console=_NOTES, transient=True
    )
    console = Console()
    console.print(offers_table(findings), channels_table(findings))
    churn = source.served.churn
    horizon = None if churn is None else churn.model.description.horizon_days
    said = (
        *source.served.unfit.values(),
        *overrated_stake(rulebook.policy.stake.days, horizon),
        *(unknown_items(strangers(rulebook, source.names)) if models.release.models else [UNRELEASED]),
        *unreachable_offers(findings),
    )
    for sentence in said:
        console.print(escape(sentence), soft_wrap=True)
    return not findings.unreachable


def print_attributes(settings: Settings) -> None:
    """Print every attribute that the store and the policy's channels give. Raises `InputError` as above."""
    store, policy = SqliteStore(settings.store), read_policy(settings.policy or POLICY)
    console = Console()
    console.print(attributes_table(attributes_of(store.info, policy.channels).values()), operators_table())


def _edited(settings: Settings, store: SqliteStore, now: datetime) -> Rulebook:
    catalogue, policy = settings.catalogue or CATALOGUE, settings.policy or POLICY
    return read_rulebook(catalogue, policy, store.info, now.date())


def _released(models: Models, store: SqliteStore) -> Rulebook:
    assert models.rules is not None
    return models.rules.bound(store.info)


def _pulled(settings: Settings) -> bool:
    return (settings.release / CURRENT).exists()


def _nothing(now: datetime) -> Models:
    """What answers before the first release: no model at all; nobody sees the version of this stand-in."""
    return Models(Release(Pulled(version="1", run_id=None, replaces=None, alias="", pulled_at=now), ()))


def _asked(channels: Sequence[str], rulebook: Rulebook) -> Sequence[str]:
    for channel in channels:
        rulebook.policy.require_channel(channel)
    return tuple(dict.fromkeys(channels)) or tuple(rulebook.policy.channels)


def offers_table(findings: Findings) -> Table:
    """For each offer how many customers it reaches, its median priority, and what keeps it from the others."""
    rows = [_offer_row(offer_id, reach) for offer_id, reach in findings.offers.items()]
    return _table("Offers", OFFER_HEADS, rows)


def channels_table(findings: Findings) -> Table:
    """For each channel how many customers get nothing, and what ended the offers there."""
    rows = [_channel_row(channel, reach) for channel, reach in findings.channels.items()]
    return _table(
        "Customers who get nothing", ("channel", "customers", "for example", "by these rules"), rows
    )


def attributes_table(attributes: Iterable[Attribute]) -> Table:
    """Every attribute with its words and what it can be."""
    rows = [(one.name, one.kind, one.words, ", ".join(one.levels)) for one in attributes]
    return _table("What rules can speak of", ("attribute", "kind", "words", "levels"), rows)


def operators_table() -> Table:
    """What each kind of attribute can be asked."""
    rows = [(kind, ",  ".join(operators)) for kind, operators in OPERATORS.items()]
    return _table("What each kind can be asked", ("kind", "operators"), rows)


def overrated_stake(days: float, horizon: int | None) -> Iterator[str]:
    """A sentence when value is at stake for longer than the churn model's `horizon`, in days; None has no end."""
    if horizon is not None and days > horizon:
        yield (
            f"[stake] days = {days:g} is longer than the {horizon} days that the churn model looks ahead, and "
            f"who buys nothing for so long may come back: retention is overrated, set days = {horizon}"
        )


def unreachable_offers(findings: Findings) -> Iterator[str]:
    """One for each offer that reaches nobody: what it depends on, or where, and by which rule, most of it ends."""
    for offer_id, reach in findings.unreached.items():
        if reach.asks:
            yield f'"{offer_id}" depends on {" and ".join(reach.asks)}, which only a question tells: not checked'
        elif reach.lacks:
            yield f'"{offer_id}" needs the model {" and ".join(reach.lacks)}, which no release has: not checked'
        elif reach.lacks_consent_alone:
            yield f'"{offer_id}" lacks consents alone: the snapshot has none, and the ledger is not read'
        else:
            stage, rule = next(iter(_most(reach.ended, 1)), ("candidates", "no_basket"))
            yield f'nobody can receive "{offer_id}": most end in {stage}, by {rule}'


def unknown_items(strangers: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """One sentence for each offer that lists items which no model can offer."""
    for offer_id, items in strangers.items():
        yield f'"{offer_id}" lists items that no model offers: {", ".join(items)}'


def _offer_row(offer_id: str, reach: OfferReach) -> Sequence[str]:
    worth = f"{median(reach.won):.2f}" if reach.won else ""
    if reach.kind == "bundle" and reach.worth:
        return offer_id, "with a basket", "with a basket", worth, ""
    return offer_id, f"{reach.worth:,}", f"{len(reach.won):,}", worth, _rules_in_words(reach.ended)


def _channel_row(channel: str, reach: ChannelReach) -> Sequence[str]:
    share = f"{reach.without:,} of {reach.customers:,}"
    return channel, share, ", ".join(reach.examples), _rules_in_words(reach.ended)


def _rules_in_words(ended: Counter[Where]) -> str:
    return "\n".join(f"{ended[stage, rule]:,}  {stage}: {rule}" for stage, rule in _most(ended, _MOST))


def _most(ended: Counter[Where], count: int) -> list[Where]:
    """The most frequent, ties by name; who was only outbid by a better offer was not kept from anything."""
    others = [where for where in ended if where != _OUTBID]
    return sorted(others, key=lambda where: (-ended[where], where))[:count]


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left")
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    return table
