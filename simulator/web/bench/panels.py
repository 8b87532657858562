"""What lies on the bench beside the diagram: phone, SIM cards, operators, faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

import segno

from simulator.lpa.profiles import InstalledProfile
from simulator.network.world.model import EsimSupport
from simulator.web.bench import trouble
from simulator.web.bench.model import Bench, name_of
from simulator.web.bench.parts import Order, SimCard
from simulator.web.bench.texts import in_words
from simulator.web.bench.trouble import Trouble
from simulator.web.visitors import Visitor
from simulator.web.widgets import Panel, button, check, choice, field, html, tag

Do = Callable[[Callable[[], None]], None]
"""Runs an action of the bench."""
RULES: Final = ("ppr1", "ppr2")


class PhonePanel:
    """The phone: slots, eUICC with its profiles, and the LPA's screen."""

    def __init__(self, visitor: Visitor, bench: Bench, do: Do) -> None:
        self._visitor, self._say, self._bench, self._do = visitor, visitor.say, bench, do
        self.code, self._confirmation, self._enables = "", "", False
        self.dragged: SimCard | None = None
        with tag("section", css="card phone-panel", **{"aria-label": self._say("bench.phone")}):
            self._parts = (
                Panel(self._device_shows, self._draw_device),
                Panel(self._slots_show, self._draw_slots, "slots"),
                Panel(self._euicc_shows, self._draw_euicc, "euicc"),
            )
            self._screen = tag("div", css="screen")
            with self._screen:
                self._draw_screen()

    def refresh(self) -> None:
        """Draw what has changed."""
        for part in self._parts:
            part.refresh()
        self._screen.set_visibility(self._bench.phone.euicc is not None)

    # The device

    def _device_shows(self) -> object:
        return self._bench.phone.device.key, self._bench.phone.is_on, self._bench.lines.country

    def _draw_device(self) -> None:
        bench, say = self._bench, self._say
        phone = bench.phone
        models = {key: f"{one.maker} {one.model} ({one.market})" for key, one in bench.world.devices.items()}
        with tag("div", css="row-of between"):
            tag("h2", say("bench.phone"))
            press = bench.switch_off if phone.is_on else bench.switch_on
            words = "bench.off" if phone.is_on else "bench.on"
            css = "" if phone.is_on else "main"
            button(say(words), partial(self._do, press), css=css, key="p", **{"data-focus": "power"})
        language = self._visitor.language
        places = {key: name_of(one).in_language(language) for key, one in bench.world.countries.items()}
        choice(say("bench.where"), places, bench.lines.country, self._travel)
        choice(say("bench.model"), models, phone.device.key, self._take)

    def _travel(self, country: str) -> None:
        self._do(partial(self._bench.travel, country))

    def _take(self, device: str) -> None:
        self._do(partial(self._bench.change_phone, device))

    # The slots

    def _slots_show(self) -> object:
        bench = self._bench
        slots = range(bench.phone.device.sim_slots)
        sims = tuple(sim.iccid if (sim := bench.in_slot(slot)) else None for slot in slots)
        return bench.phone.device.key, sims, tuple(map(bench.lines.service, map(str, sims)))

    def _draw_slots(self) -> None:
        if not self._bench.phone.device.sim_slots:
            tag("p", self._say("bench.slots.none"), "dim small")
        for slot in range(self._bench.phone.device.sim_slots):
            self._draw_slot(slot)

    def _draw_slot(self, slot: int) -> None:
        say, sim = self._say, self._bench.in_slot(slot)
        box = tag("div", css="slot" + (" full" if sim else ""), **{"data-slot": str(slot)})
        box.on("dragover.prevent", js_handler="() => {}")
        box.on("drop.prevent", partial(self._drop, slot), [])
        with box:
            tag("span", say("bench.slot", number=slot + 1), "dim small")
            if sim is None:
                tag("span", say("bench.slot.empty"), "dim")
                return
            tag("strong", sim.issued.description.name)
            tag("span", str(sim.iccid), "mono small")
            self._service(str(sim.iccid))
            remove = partial(self._do, partial(self._bench.remove, sim))
            label = say("bench.about", action=say("bench.remove"), name=sim.issued.description.name)
            button(say("bench.remove"), remove, label=label, **{"data-focus": f"sim-{sim.iccid}"})

    def _drop(self, slot: int) -> None:
        if self.dragged is not None:
            self._do(partial(self._bench.insert, self.dragged, slot))

    def _service(self, iccid: str) -> None:
        service = self._bench.lines.service(iccid)
        if service is not None:
            tag("span", in_words(self._visitor, service), f"service small {service.key.partition('.')[2]}")

    # The eUICC

    def _euicc_shows(self) -> object:
        bench = self._bench
        profiles = tuple((one.iccid, one.is_enabled, one.label) for one in bench.profiles)
        services = tuple(bench.lines.service(str(one.iccid)) for one in bench.profiles)
        return bench.phone.device.key, profiles, bench.waiting, services

    def _draw_euicc(self) -> None:
        bench, say = self._bench, self._say
        euicc = bench.phone.euicc
        if euicc is None:
            tag("p", say("bench.euicc.none"), "dim small")
            return
        tag("h3", say("bench.euicc"))
        tag("span", say("bench.eid", eid=euicc.core.identity.eid.hex()), "mono small dim")
        if not bench.profiles:
            tag("p", say("bench.profiles.none"), "dim small")
        with tag("ul", css="plain"):
            for profile in bench.profiles:
                with tag("li", css="profile" + (" enabled" if profile.is_enabled else "")):
                    self._draw_profile(profile)
        if bench.waiting:
            with tag("div", css="row-of"):
                tag("span", say("bench.notifications", count=bench.waiting), "small")
                button(
                    say("bench.send"), partial(self._do, bench.send_notifications), **{"data-focus": "send"}
                )

    def _draw_profile(self, profile: InstalledProfile) -> None:
        bench, say = self._bench, self._say
        with tag("div", css="row-of"):
            tag("strong", profile.label)
            state = "enabled" if profile.is_enabled else "disabled"
            tag("span", say(f"bench.{state}"), f"badge {state}")
        tag("span", str(profile.iccid), "mono small")
        if profile.policy_rules:
            tag("span", say("bench.rules", rules=", ".join(profile.policy_rules)), "small warn")
        if profile.is_enabled:
            self._service(str(profile.iccid))
        with tag("div", css="row-of"):
            switch = bench.disable if profile.is_enabled else bench.enable
            word = "bench.disable" if profile.is_enabled else "bench.enable"
            self._profile_button(
                word, partial(switch, profile), profile, "" if profile.is_enabled else "main"
            )
            self._profile_button("bench.delete", partial(bench.delete, profile), profile, "danger")
            with tag("details"):
                tag("summary", say("bench.rename"), "small")
                name = field(say("bench.nickname", name=profile.label), lambda _: None, profile.nickname)
                press = lambda: self._do(partial(bench.rename, profile, str(name.value or "")))  # noqa: E731
                name.on("keydown.enter", press, [])
                button(say("bench.rename"), press)

    def _profile_button(
        self, word: str, action: Callable[[], None], profile: InstalledProfile, css: str
    ) -> None:
        say = self._say
        label = say("bench.about", action=say(word), name=profile.label)
        mark = f"{'delete' if css == 'danger' else 'switch'}-{profile.iccid}"
        button(say(word), partial(self._do, action), css=css, label=label, **{"data-focus": mark})

    # The LPA's screen

    def _draw_screen(self) -> None:
        say = self._say
        self._line = field(
            say("bench.code"), self._typed, hint=say("bench.code.hint"), key="c", enter=self._download
        )
        with tag("div", css="row-of"):
            field(say("bench.cc"), self._confirmed, enter=self._download)
            check(say("bench.enable-too"), False, self._enabling)
        button(say("bench.download"), self._download, css="main", **{"data-focus": "download"})

    def _typed(self, code: str) -> None:
        self.code = code

    def _confirmed(self, code: str) -> None:
        self._confirmation = code

    def _enabling(self, enables: bool) -> None:
        self._enables = enables

    def scan(self, order: Order) -> None:
        """The camera sees the QR code of an order."""
        self._line.set_value(order.code)
        self.code = order.code
        self._download()

    def _download(self) -> None:
        self._do(partial(self._bench.download, self.code, self._confirmation, enable=self._enables))


class TablePanel:
    """SIM cards that lie on the table, and the shop of operators with orders and their codes."""

    def __init__(self, visitor: Visitor, bench: Bench, do: Do, phone: PhonePanel) -> None:
        self._say, self._bench, self._do, self._phone = visitor.say, bench, do, phone
        self._operator = bench.sellers[0].key
        self._confirmation, self._rules = "", dict.fromkeys(RULES, False)
        self._parts = (
            Panel(self._sims_show, self._draw_sims, "card", **{"aria-label": self._say("bench.table")}),
            Panel(self._shop_shows, self._draw_shop, "card", **{"aria-label": self._say("bench.shop")}),
            Panel(self._orders_show, self._draw_orders, "orders"),
        )

    def refresh(self) -> None:
        """Draw what has changed."""
        for part in self._parts:
            part.refresh()

    def _sims_show(self) -> object:
        slots = self._bench.phone.device.sim_slots
        return slots, tuple(sim.iccid for sim in self._bench.sims if sim.slot is None)

    def _draw_sims(self) -> None:
        say = self._say
        tag("h2", say("bench.table"))
        lying = [sim for sim in self._bench.sims if sim.slot is None]
        if not lying:
            tag("p", say("bench.table.none"), "dim small")
        with tag("div", css="sims"):
            for sim in lying:
                self._draw_sim(sim)

    def _draw_sim(self, sim: SimCard) -> None:
        say, name = self._say, sim.issued.description.name
        box = tag("div", css="sim", draggable="true", **{"data-sim": str(sim.iccid)})
        box.on("dragstart", partial(self._drag, sim), [])
        with box:
            tag("span", css="chip", **{"aria-hidden": "true"})
            tag("strong", name)
            tag("span", str(sim.iccid), "mono small")
            for slot in range(self._bench.phone.device.sim_slots):
                insert = partial(self._do, partial(self._bench.insert, sim, slot))
                words = say("bench.insert", number=slot + 1)
                label = say("bench.about", action=words, name=name)
                button(words, insert, label=label, **{"data-focus": f"sim-{sim.iccid}"})

    def _drag(self, sim: SimCard) -> None:
        self._phone.dragged = sim

    # The shop

    def _shop_shows(self) -> object:
        return self._operator

    def _draw_shop(self) -> None:
        bench, say = self._bench, self._say
        tag("h2", say("bench.shop"))
        names = {one.key: one.name for one in bench.sellers}
        choice(say("bench.operator"), names, self._operator, self._choose)
        sells = bench.world.operators[self._operator].esim is not EsimSupport.NONE
        with tag("div", css="row-of"):
            button(say("bench.buy"), lambda: self._do(partial(bench.buy_sim, self._operator)), key="s")
            order = button(say("bench.order"), self._order, css="main", key="e", disabled=not sells)
            if not sells:
                why = say("bench.sells-none", operator=names[self._operator])
                order.props.update({"title": why})
                tag("p", why, "small dim")
        with tag("details"):
            tag("summary", say("bench.options"))
            field(say("bench.cc"), self._confirmed, self._confirmation)
            for rule in RULES:
                check(say(f"bench.{rule}"), self._rules[rule], partial(self._rules.__setitem__, rule))

    def _choose(self, operator: str) -> None:
        self._operator = operator
        self.refresh()

    def _confirmed(self, code: str) -> None:
        self._confirmation = code

    def _order(self) -> None:
        rules = tuple(rule for rule, is_set in self._rules.items() if is_set)
        self._do(partial(self._bench.order, self._operator, self._confirmation, rules))

    # Orders

    def _orders_show(self) -> object:
        return tuple((order.code, self._bench.state_of(order)) for order in self._bench.orders)

    def _draw_orders(self) -> None:
        for order in reversed(self._bench.orders):
            self._draw_order(order)

    def _draw_order(self, order: Order) -> None:
        say, name = self._say, order.issued.description.name
        state = self._bench.state_of(order)
        with tag("div", css="card order"):
            picture = segno.make(order.code, error="m").svg_inline(scale=3, border=3, light="white")
            label = say("bench.qr", operator=name)
            html(f'<figure class="qr" role="img" aria-label="{label}">{picture}</figure>')
            with tag("div", css="order-text"):
                tag("strong", name)
                tag("span", say("bench.state", address=order.address, state=state.value), "small dim")
                tag("code", order.code, "small")
                if order.confirmation_code:
                    tag("span", f"{say('bench.cc')}: {order.confirmation_code}", "small")
                words = say("bench.scan")
                scan = partial(self._phone.scan, order)
                button(words, scan, css="main", label=say("bench.about", action=words, name=name), key="q")


class FaultPanel:
    """The fault switches."""

    def __init__(self, visitor: Visitor, bench: Bench) -> None:
        self._say, self._bench = visitor.say, bench
        self._set = bench.trouble or Trouble("")
        with tag("details", css="card faults") as box:
            tag("summary", self._say("bench.faults"))
            self._panel = Panel(self._shows, self._draw)
        if bench.trouble:
            box.props["open"] = True

    def refresh(self) -> None:
        """Draw what has changed."""
        self._panel.refresh()

    def _shows(self) -> object:
        return self._set.kind

    def _draw(self) -> None:
        say, now = self._say, self._set
        kinds = {"": say("bench.fault.none"), **{kind: say(f"fault.{kind}") for kind in trouble.KINDS}}
        choice(say("bench.fault.kind"), kinds, now.kind, self._choose)
        if now.kind in trouble.CARD_KINDS:
            field(say("bench.fault.number"), self._number("number"), str(now.number))
        if now.kind in trouble.SERVER_KINDS:
            functions = {name: f"ES9+.{name[:1].upper()}{name[1:]}" for name in trouble.FUNCTIONS}
            choice(
                say("bench.fault.function"), functions, now.function, lambda name: self._change(function=name)
            )
        if now.kind.startswith("corrupt"):
            field(say("bench.fault.byte"), self._number("byte"), str(now.byte))
        if now.kind == trouble.CERTIFICATE_KIND:
            defects = {name: say(f"defect.{name}") for name in trouble.CERTIFICATES}
            choice(say("bench.fault.defect"), defects, now.defect, lambda name: self._change(defect=name))
        if now.kind:
            tag("p", say("bench.fault.armed"), "small warn", role="status")

    def _choose(self, kind: str) -> None:
        self._set = Trouble.of(kind)
        self._change()

    def _number(self, name: str) -> Callable[[str], None]:
        def change(text: str) -> None:
            digits = text.removeprefix("-")
            if digits.isdecimal() and (name == "byte" or int(text) > 0):
                self._change(**{name: int(text)})

        return change

    def _change(self, **values: object) -> None:
        self._set = replace(self._set, **values)  # type: ignore[arg-type]
        self._bench.trouble = self._set if self._set.kind else None
        self._panel.refresh()
