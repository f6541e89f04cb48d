"""From arguments to an exit code: finds the command, runs it, and turns errors into one line."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from importlib import import_module

import typer
from typer.exceptions import TyperException

from wiretell.cli.commands import COMMANDS
from wiretell.errors import WiretellError

OK, FAILED, INTERRUPTED = 0, 2, 130


def run(arguments: Sequence[str]) -> int:
    """Runs one command.

    Returns:
        0 when it did its work; 2 after a mistake of the user or of an input, told in one line on standard error with a
        hint; 130 after Ctrl-C. A reader that goes away (`| head`) ends the command quietly, with 0.
    """
    try:
        code = _app(arguments)(args=list(arguments) or ["--help"], prog_name="wiretell", standalone_mode=False)
        sys.stdout.flush()
    except WiretellError as error:
        return complain(str(error), error.hint)
    except (BrokenPipeError, _ReaderGoneError):
        _forget_output()
        return OK
    except OSError as error:
        if error.errno is None:
            raise
        if error.filename is None:
            _forget_output()
        return complain(_said_by_system(error), None)
    except TyperException as error:
        return complain(error.format_message(), _usage_hint(arguments))
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    return code if isinstance(code, int) else OK


def complain(message: str, hint: str | None) -> int:
    """Writes one line, and the hint if there is one, to standard error.

    Returns:
        The exit code of a failed command.
    """
    print(f"wiretell: {' '.join(message.split())}", file=sys.stderr)  # noqa: T201
    if hint:
        print(f"hint: {hint}", file=sys.stderr)  # noqa: T201
    return FAILED


def _said_by_system(error: OSError) -> str:
    """Inputs and files are named where they are opened: what has no name is standard output."""
    if error.errno == errno.EBADF:
        return "standard output is closed"
    if error.errno == errno.ENOSPC and error.filename is None:
        return f"standard output: {error.strerror}"
    return " ".join(part for part in (error.strerror, error.filename) if part)


class _ReaderGoneError(Exception):
    """The reader of standard output went away; not a broken pipe, which Typer takes for a failure."""


def _guarded(command: Callable[..., object]) -> Callable[..., object]:
    @wraps(command)
    def guarded(*arguments: object, **options: object) -> object:
        try:
            return command(*arguments, **options)
        except BrokenPipeError:
            raise _ReaderGoneError from None

    return guarded


def _forget_output() -> None:
    """Points standard output to nowhere, so that what is still buffered raises nothing at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _app(arguments: Sequence[str]) -> typer.Typer:
    """The application, in which only the command that is named is real; the others are names for the help."""
    app = typer.Typer(
        name="wiretell",
        help="Tells what is on the wire, how well it is carried, and who behaves how.",
        add_completion=False,
        no_args_is_help=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_globals)
    wanted = next((argument for argument in arguments if not argument.startswith("-")), None)
    for name, module, text in COMMANDS:
        command: Callable[..., object] = _guarded(import_module(module).command) if name == wanted else _named_only
        app.command(name, help=text, no_args_is_help=False)(command)
    return app


def _version(value: bool) -> None:
    if value:
        from wiretell._native import VERSION

        typer.echo(f"wiretell {VERSION}")
        raise typer.Exit


def _globals(
    version: bool = typer.Option(False, "--version", help="Print the version.", callback=_version, is_eager=True),
) -> None:
    """What holds for every command."""


def _named_only() -> None:
    """Stands for a command that is not run."""


def _usage_hint(arguments: Sequence[str]) -> str:
    names = [name for name, _, _ in COMMANDS]
    command = next((argument for argument in arguments if argument in names), None)
    return f"wiretell {command} --help" if command else "wiretell --help"
