"""Command line of the service: `pull`, make `keys`, `run`, look at the `policy`, decide, `report`, `audit`."""

import click

from features.errors import one_sentence
from serving.commands import audit, decisions, keys, policy, service
from serving.settings import read_settings


@click.group()
@click.pass_context
def commands(context: click.Context) -> None:
    """Answers about customers: over HTTP, or for all at once as files. Defaults come from SERVING_ variables."""
    context.obj = read_settings()


for command in (
    service.pull,
    service.run,
    policy.policy,
    decisions.batch,
    decisions.replay,
    decisions.export,
    decisions.report,
    audit.audit,
    keys.keys,
):
    commands.add_command(command)


def main() -> None:
    """Run a command; bad input ends in one sentence and exit code 2."""
    with one_sentence():
        commands(prog_name="python -m serving")


if __name__ == "__main__":
    main()
