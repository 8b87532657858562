"""Quirks: a user's Python file makes a card or server misbehave (docs/faults.md).

The file defines any of the functions of `Hook`. Each may change what passes by returning something else than
None; every such change is told, with the name of the file and the function.
"""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any

from cards.link import CardLike
from simulator.faults.plan import FaultError

Document = dict[str, Any]
"""A message of a server interface, as its JSON object."""


class Hook(Enum):
    """Where a quirk can step in; the value is the name of its function and what that is called with."""

    BEFORE_APDU = "before_apdu(command)"
    AFTER_APDU = "after_apdu(command, response)"
    ON_RESET = "on_reset(atr)"
    ON_REQUEST = "on_request(function, message)"
    ON_ANSWER = "on_answer(function, message, answer)"

    @property
    def function(self) -> str:
        return self.value.partition("(")[0]


class QuirkError(FaultError):
    """A file of quirks cannot be used, or a function in it fails."""


class Answer(bytes):
    """What `before_apdu` returns to answer in the card's place: data and status word."""


class Quirks:
    """The functions of one file. `report` hears each change, in a sentence; `struck` keeps them."""

    def __init__(
        self,
        name: str,
        functions: dict[Hook, Callable[..., Any]],
        report: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self.name = name
        self.report = report
        self.struck: list[str] = []
        self._functions = functions

    def ask(self, hook: Hook, *arguments: Any) -> Any:
        """What the function of the hook returns; None if there is none, or it changes nothing. QuirkError if
        it fails or returns what cannot be used."""
        function = self._functions.get(hook)
        if function is None:
            return None
        try:
            result = function(*arguments)
        except Exception as error:
            raise QuirkError(self._about(hook, f"{type(error).__name__}: {error}", error)) from error
        wanted = dict if hook in (Hook.ON_REQUEST, Hook.ON_ANSWER) else bytes
        if result is not None and not isinstance(result, wanted):
            found = type(result).__name__
            raise QuirkError(self._about(hook, f"None or {wanted.__name__} expected, not {found}"))
        return result

    def _about(self, hook: Hook, detail: str, error: BaseException | None = None) -> str:
        trace = error.__traceback__.tb_next if error and error.__traceback__ else None
        line = f", line {trace.tb_lineno}" if trace else ""
        return f"quirk {hook.function} of {self.name}{line}: {detail}"

    def tell(self, hook: Hook, before: str, after: str) -> None:
        """Note a change."""
        sentence = f"quirk {hook.function} of {self.name}: {before} became {after}"
        self.struck.append(sentence)
        self.report(sentence)

    # --- messages of a server ------------------------------------------------------------------------------

    def on_request(self, function: str, message: Document) -> Document:
        """The message that the server gets in place of this one."""
        changed: Document | None = self.ask(Hook.ON_REQUEST, function, message)
        if changed is None:
            return message
        self.tell(Hook.ON_REQUEST, f"{function} {_text(message)}", _text(changed))
        return changed

    def on_answer(self, function: str, message: Document, answer: Document) -> Document:
        """The answer that the client gets in place of this one."""
        changed: Document | None = self.ask(Hook.ON_ANSWER, function, message, answer)
        if changed is None:
            return answer
        self.tell(Hook.ON_ANSWER, f"the answer to {function} {_text(answer)}", _text(changed))
        return changed


_SHOWN = 120
"""Characters of a message that a sentence shows."""


def _text(document: Document) -> str:
    text = json.dumps(document)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


class QuirkyCard:
    """A card, or a link to one, with quirks."""

    def __init__(self, card: CardLike, quirks: Quirks) -> None:
        self._card = card
        self._quirks = quirks

    def transmit(self, apdu: bytes, /) -> bytes:
        quirks = self._quirks
        early = quirks.ask(Hook.BEFORE_APDU, apdu)
        if isinstance(early, Answer):
            quirks.tell(Hook.BEFORE_APDU, f"the answer to {apdu.hex().upper()}", early.hex().upper())
            return bytes(early)
        if early is not None:
            quirks.tell(Hook.BEFORE_APDU, apdu.hex().upper(), early.hex().upper())
            apdu = early
        response = self._card.transmit(apdu)
        late: bytes | None = quirks.ask(Hook.AFTER_APDU, apdu, response)
        if late is None:
            return response
        quirks.tell(Hook.AFTER_APDU, f"the answer {response.hex().upper()}", late.hex().upper())
        return late

    def reset(self) -> bytes:
        atr = self._card.reset()
        changed: bytes | None = self._quirks.ask(Hook.ON_RESET, atr)
        if changed is None:
            return atr
        self._quirks.tell(Hook.ON_RESET, f"the ATR {atr.hex().upper()}", changed.hex().upper())
        return changed

    def close(self) -> None:
        """Close the link, if it is one."""
        close: Callable[[], None] | None = getattr(self._card, "close", None)
        if close is not None:
            close()


def load_quirks(path: Path, report: Callable[[str], None] = lambda sentence: None) -> Quirks:
    """The quirks of a Python file. QuirkError if it cannot be run, defines none of the functions, or one that
    begins like them and is not."""
    try:
        namespace = runpy.run_path(str(path))
    except SyntaxError as error:
        raise QuirkError(f"{path}, line {error.lineno}: {error.msg}") from None
    except OSError as error:
        raise QuirkError(f"{path}: {error.strerror}") from None
    except Exception as error:
        raise QuirkError(f"{path}: {type(error).__name__}: {error}") from error
    known = {hook.function: hook for hook in Hook}
    listed = ", ".join(hook.value for hook in Hook)
    defined = {name: value for name, value in namespace.items() if callable(value)}
    for name in defined:
        if name.startswith(("before_", "after_", "on_")) and name not in known:
            raise QuirkError(f"{path}: there is no hook {name}; there are {listed}")
    functions = {known[name]: value for name, value in defined.items() if name in known}
    if not functions:
        raise QuirkError(f"{path} defines no hook; there are {listed}")
    return Quirks(path.name, functions, report)
