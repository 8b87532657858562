"""The `esim` command: the terminal face of the simulator, without any protocol logic."""

from __future__ import annotations


def main() -> None:
    """Entry point of the `esim` script."""
    from simulator.cli.app import run  # click is imported only when a command is really run

    run()
