"""The file templates of SAIP (annex A, §9) as data: what a profile element leaves unsaid.

from simulator.profile import templates
template = templates.by_oid("2.23.143.1.2.4")
template.files["ef-imsi"].fid, .sfi, .arr, .size, .default_content
"""

from functools import cache

from simulator.profile.templates import card, csim, iot, isim, usim, usim_directories
from simulator.profile.templates.model import EMPTY, FileTemplate, Pattern, Source, Template

__all__ = ["EMPTY", "ROOT", "FileTemplate", "Pattern", "Template", "UnknownTemplateError", "by_oid", "oids"]

ROOT = "2.23.143.1.2."
"""joint-iso-itu-t international-organizations tca euicc-profile template, SAIP annex B."""

_SOURCES: dict[str, Source] = {
    ROOT + source.oid: source
    for module in (card, usim, usim_directories, isim, csim, iot)
    for source in module.SOURCES
}


class UnknownTemplateError(LookupError):
    """No template has this object identifier (PEStatus template-not-supported)."""

    def __init__(self, oid: str) -> None:
        super().__init__(f"no file template {oid} is known")
        self.oid = oid


@cache
def by_oid(oid: str) -> Template:
    """The template with this dotted object identifier; UnknownTemplateError if there is none."""
    try:
        source = _SOURCES[oid]
    except KeyError:
        raise UnknownTemplateError(oid) from None
    return source.load(oid)


def oids() -> tuple[str, ...]:
    """The object identifiers of all templates."""
    return tuple(_SOURCES)
