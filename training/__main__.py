"""Command line of the training: models are trained, judged, promoted, released and rolled back."""

from importlib import import_module

import click

from features.errors import one_sentence

MODULES = {
    "churn": "models",
    "cross-sell": "models",
    "bundles": "models",
    "promote": "models",
    "release": "releases",
    "rollback": "releases",
    "judge": "judging",
}
"""Where in `training.commands` each command is."""


class Commands(click.Group):
    """Loads a command when it is asked for: who rolls back waits for no library that trains or draws."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click gives it by this name
        """All of them, in the order of their use."""
        return [*MODULES]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """The command of that name, if there is one."""
        if cmd_name not in MODULES:
            return None
        module = import_module(f"training.commands.{MODULES[cmd_name]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command


@click.group(cls=Commands)
def commands() -> None:
    """Snapshots and labels become registered, judged models; models and rules become releases."""


def main() -> None:
    """Run a command; bad input ends in one sentence and exit code 2."""
    with one_sentence():
        commands(prog_name="python -m training")


if __name__ == "__main__":
    main()
