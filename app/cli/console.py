"""What the command line says: a bar and plain words for people, JSON lines on standard output for scripts.

Exit codes: 0 done, 1 failed, 2 wrong use, 3 some files of a batch failed, 130 stopped by the user.
"""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import time
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any

from unbraid.core.errors import Cancelled, ParameterError, UnbraidError

if TYPE_CHECKING:
    from rich.console import Console

    from unbraid.core.progress import Progress

DONE, FAILED, WRONG_USE, SOME_FAILED, STOPPED = 0, 1, 2, 3, 130
BAR_EVERY_S = 0.1


class Voice:
    """Tells the user, or a script, what happens."""

    def __init__(self, *, scripted: bool) -> None:
        self.scripted = scripted

    def out(self) -> Console:
        """Where results go: standard output."""
        from rich.console import Console

        return Console(highlight=False, soft_wrap=True)

    def err(self) -> Console:
        """Where everything else goes: standard error."""
        from rich.console import Console

        return Console(stderr=True, highlight=False, soft_wrap=True)

    def event(self, event: str, /, **content: Any) -> None:
        """A JSON line, for scripts only."""
        if self.scripted:
            sys.stdout.write(json.dumps({"event": event, **content}, ensure_ascii=False, allow_nan=False) + "\n")
            sys.stdout.flush()

    def say(self, text: str) -> None:
        """A sentence for people; names in it are not markup."""
        if not self.scripted:
            self.out().print(text, markup=False)

    def note(self, text: str) -> None:
        """Something odd that does not stop us."""
        if self.scripted:
            self.event("note", message=text)
        else:
            self.err().print(f"note: {text}", markup=False, style="yellow")

    def error(self, error: BaseException) -> None:
        """Why something failed."""
        if self.scripted:
            self.event("error", kind=type(error).__name__, message=str(error))
        else:
            self.err().print(f"error: {error}", markup=False, style="red")

    @contextlib.contextmanager
    def bar(self, title: str) -> Iterator[Progress]:
        """A progress to hand to long work: a bar with the time left, or JSON lines."""
        if self.scripted:
            yield self._scripted_progress(title)
            return
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.fields[title]}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[step]}", style="dim", markup=False),
        )
        console = self.err()
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
            task = bars.add_task("", total=1.0, title=title, step="")
            yield lambda fraction, message: bars.update(task, completed=fraction, step=message)

    def _scripted_progress(self, title: str) -> Progress:
        begun_s, last_s = time.monotonic(), 0.0

        def progress(fraction: float, message: str) -> None:
            nonlocal last_s
            now_s = time.monotonic()
            if now_s - last_s >= BAR_EVERY_S or fraction >= 1.0:
                last_s = now_s
                left_s = round((now_s - begun_s) * (1.0 - fraction) / fraction, 1) if fraction > 0.02 else None
                self.event("progress", step=title, message=message, fraction=round(fraction, 4), seconds_left=left_s)

        return progress


@contextlib.contextmanager
def speaking(*, scripted: bool) -> Iterator[Voice]:
    """A voice, with errors and Ctrl-C turned into a sentence and an exit code."""
    import typer

    voice = Voice(scripted=scripted)
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield voice
    except ParameterError as error:
        voice.error(error)
        raise typer.Exit(WRONG_USE) from None
    except UnbraidError as error:
        voice.error(error)
        raise typer.Exit(FAILED) from None
    except (KeyboardInterrupt, Cancelled):
        voice.error(Cancelled("stopped; no unfinished file was left behind"))
        raise typer.Exit(STOPPED) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
