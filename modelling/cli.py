"""The `tepat` command: one group; each subcommand is imported only when it is asked for."""

from __future__ import annotations

from importlib import import_module

import click

SUBCOMMANDS = {
    "nik": ("modelling.nik_command", "Check NIK and family card numbers, one per line."),
    "areas": ("modelling.areas_command", "Build and look up the administrative areas."),
    "model": ("modelling.model_command", "Fit, show and check proxy means test artefacts."),
    "policy": ("modelling.policy_command", "Try a whole policy, and choose whom to visit."),
    "monitor": ("modelling.monitoring_command", "Judge a cycle from its ground checks."),
    "rank": ("modelling.rank_command", "Rank families: deciles, quotas, lists, with a lottery."),
    "audit": ("modelling.audit_command", "Verify an export of the ledger, with no writer code."),
    "map": ("modelling.map_command", "Map the share of poor families by area, with its error."),
    "holidays": ("modelling.holidays_command", "Write the holiday file of a year."),
}


class _LazyGroup(click.Group):
    """Imports a subcommand's module when it is used, so `tepat nik` never loads numpy."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in SUBCOMMANDS:
            return None
        command: click.Command = import_module(SUBCOMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands with their one-line help, without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, SUBCOMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tepat")
def main() -> None:
    """Tools of Tepat: check numbers, fit models, verify the ledger.

    Every command reads standard input or files and writes to standard output, so they can be
    joined with pipes. `tepat COMMAND --help` says what each one expects.
    """
