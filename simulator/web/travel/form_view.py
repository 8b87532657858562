"""The form of a trip: from where, with what, where to and when, what is tried; and the trip as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from nicegui import ui
from nicegui.events import GenericEventArguments

from simulator.network.world.model import Country
from simulator.web.travel.form import CHECKS, WIFI, TripForm, device_title
from simulator.web.travel.model import TripDesk
from simulator.web.visitors import Visitor
from simulator.web.widgets import button, tag
from simulator.web.words import Language

TEXT: Final = "trip-text"
_VALUE: Final = "(event) => emit(event.target.value)"
_CHECKED: Final = "(event) => emit(event.target.checked)"
_ALL: Final = f"() => emit(document.getElementById('{TEXT}').value)"
_LARGEST: Final = 1_000_000


class FormView:
    """`travelled` is called after the trip was run."""

    def __init__(self, visitor: Visitor, desk: TripDesk, travelled: Callable[[], None]) -> None:
        self._visitor, self._say, self._desk, self._travelled = visitor, visitor.say, desk, travelled
        self._root = tag("div", css="trip-form")
        self._drawn = 0
        """How often it was drawn: tests wait for it."""
        self.draw()

    def draw(self) -> None:
        """Show the form as it is."""
        self._drawn += 1
        self._root.props["data-drawn"] = str(self._drawn)
        self._root.clear()
        with self._root:
            with tag("div", css="fields-of"):
                self._home()
                self._device()
            with tag("div", css="stops"):
                for number in range(len(self._desk.form.stops)):
                    self._stop(number)
                button(self._say("travel.add"), self._add)
            with tag("div", css="fields-of"):
                self._number("travel.data", self._desk.form.megabytes)
            with tag("div", css="row-of"):
                for check in CHECKS:
                    self._check(f"travel.check.{check}", self._desk.form.is_so(check), self._so(check))
            with tag("fieldset", css="row-of"):
                tag("legend", self._say("travel.wifi"))
                for place in WIFI:
                    self._check(f"travel.wifi.{place}", place in self._desk.form.wifi, self._wifi(place))
            button(self._say("travel.go"), self._go, css="main", key="t")
            self._text()

    # From where, with what

    def _home(self) -> None:
        form = self._desk.form
        self._select("travel.home", self._countries(), form.home, self._edit(TripForm.live_in))
        operators = [(one.key, one.name) for one in form.operators()]
        self._select("travel.operator", operators, form.operator, self._edit(TripForm.subscribe))
        forms = [(form, self._say(f"travel.form.{form}")) for form in ("card", "esim")]
        self._select(
            "travel.form", forms, "esim" if form.is_on_esim else "card", self._edit(TripForm.keep_on)
        )

    def _device(self) -> None:
        form, world = self._desk.form, self._desk.world
        devices = [(key, device_title(device)) for key, device in world.devices.items()]
        with tag("div"):
            self._select("travel.device", devices, form.device, self._edit(TripForm.take))
            if row := world.devices.get(form.device):
                numbers = {"slots": row.sim_slots, "profiles": row.profiles, "active": row.active}
                tag(
                    "p", self._say("travel.device.says", enabled=row.enabled_profiles, **numbers), "dim small"
                )
            self._check("travel.locked", form.is_locked, lambda value: self._changed(lambda f: f.lock(value)))

    # Where to

    def _countries(self) -> list[tuple[str, str]]:
        def name(country: Country) -> str:
            return country.name_zh if self._visitor.language is Language.ZH else country.name

        return [(key, name(country)) for key, country in self._desk.world.countries.items()]

    def _stop(self, number: int) -> None:
        at, country = self._desk.form.stops[number]
        with tag("div", css="stop"):
            title = self._say("travel.stop", number=number + 1)
            self._select(title, self._countries(), country, self._move(number, "country"))
            with tag("label", css="field-label"):
                tag("span", self._say("travel.at"))
                box = tag("input", type="datetime-local", value=at.strftime("%Y-%m-%dT%H:%M"))
                box.on("change", self._move(number, "at"), js_handler=_VALUE)
            if len(self._desk.form.stops) > 2:
                label = self._say("travel.remove", number=number + 1)
                button("✕", self._remove(number), css="quiet", label=label)

    def _move(self, number: int, what: str) -> Callable[[GenericEventArguments], None]:
        def move(event: GenericEventArguments) -> None:
            self._changed(lambda form: form.move(number, **{what: str(event.args)}))

        return move

    def _add(self) -> None:
        stops = self._desk.form.stops
        self._changed(lambda form: form.add_stop(stops[-2][1]))

    def _remove(self, number: int) -> Callable[[], None]:
        return lambda: self._changed(lambda form: form.remove_stop(number))

    def _so(self, check: str) -> Callable[[bool], None]:
        return lambda value: self._changed(lambda form: form.make_so(check, value))

    def _wifi(self, place: str) -> Callable[[bool], None]:
        def change(value: bool) -> None:
            others = [one for one in self._desk.form.wifi if one != place]
            self._changed(lambda form: form.have_wifi([*others, place] if value else others))

        return change

    # Changes

    def _changed(self, edit: Callable[[TripForm], None]) -> None:
        self._desk.change(edit)
        self.draw()

    def _edit(self, edit: Callable[[TripForm, str], None]) -> Callable[[GenericEventArguments], None]:
        return lambda event: self._changed(lambda form: edit(form, str(event.args)))

    def _go(self) -> None:
        self._desk.travel()
        self.draw()
        self._travelled()

    def _use(self, event: GenericEventArguments) -> None:
        self._desk.use(str(event.args))
        if not self._desk.problem:
            self.draw()
        self._travelled()

    def _text(self) -> None:
        with tag("details"):
            tag("summary", self._say("travel.text"))
            label = {"aria-label": self._say("travel.text")}
            tag("textarea", self._desk.form.text, "mono", id=TEXT, rows="16", spellcheck="false", **label)
            button(self._say("travel.use")).on("click", self._use, js_handler=_ALL)

    # Fields

    def _select(
        self,
        title: str,
        options: Iterable[tuple[str, str]],
        chosen: str,
        change: Callable[[GenericEventArguments], None],
    ) -> None:
        """A label and a choice; `title` is a text or the key of one."""
        with tag("label", css="field-label"):
            tag("span", self._say(title) if title.startswith("travel.") else title)
            with tag("select") as select:
                for value, name in options:
                    tag("option", name, value=value, selected=value == chosen)
            select.on("change", change, js_handler=_VALUE)

    def _number(self, title: str, value: int) -> None:
        with tag("label", css="field-label"):
            tag("span", self._say(title))
            box = tag("input", type="number", min="0", max=str(_LARGEST), step="50", value=str(value))
            box.on("change", self._want, js_handler=_VALUE)

    def _want(self, event: GenericEventArguments) -> None:
        text = str(event.args)
        if text.isdecimal():
            self._changed(lambda form: form.want(min(int(text), _LARGEST)))

    def _check(self, title: str, value: bool, change: Callable[[bool], None]) -> None:
        with tag("label", css="check"):
            box: ui.element = tag("input", type="checkbox")
            box.props.update({"checked": value})
            box.on("change", lambda event: change(_is_true(event.args)), js_handler=_CHECKED)
            tag("span", self._say(title))


def _is_true(value: Any) -> bool:
    return value is True
