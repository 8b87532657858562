"""How a map looks, in light and in dark: colours that people with colour blindness can tell apart, and a
second sign (hatching of countries, corners of points) beside each."""

from __future__ import annotations

from typing import Final

_LIGHT: Final = {
    "sea": "#e3eef6",
    "land": "#fbfaf6",
    "border": "#c3bdb0",
    "ink": "#1b2430",
    "route": "#3d4756",
    "served": "#1666a8",
    "served-land": "#b5d6ef",
    "partly": "#8a5a00",
    "partly-land": "#f3dfae",
    "unserved": "#ac2b1c",
    "unserved-land": "#f4cdc4",
    "visited": "#5d6673",
    "visited-land": "#dcdfe4",
}
_DARK: Final = {
    "sea": "#131c26",
    "land": "#26313d",
    "border": "#445160",
    "ink": "#eef3f8",
    "route": "#b9c4d1",
    "served": "#2f7fc4",
    "served-land": "#1f4a70",
    "partly": "#966a12",
    "partly-land": "#55421a",
    "unserved": "#c04434",
    "unserved-land": "#64302a",
    "visited": "#737d8b",
    "visited-land": "#3d4855",
}
_RULES: Final = """\
.trip-map{display:block;width:100%;height:auto;border-radius:8px;background:var(--sea)}
.trip-map .sea{fill:var(--sea)}
.trip-map .land{fill:var(--land);stroke:var(--border);stroke-width:.7;stroke-linejoin:round;fill-rule:evenodd}
.trip-map .land.served{fill:var(--served-land)}
.trip-map .land.partly{fill:var(--partly-land)}
.trip-map .land.unserved{fill:var(--unserved-land)}
.trip-map .land.visited{fill:var(--visited-land)}
.trip-map .hatch{stroke:none;fill-rule:evenodd;pointer-events:none}
.trip-map .line{stroke-width:1.6;opacity:.45}
.trip-map .line.partly{stroke:var(--partly)}
.trip-map .line.unserved{stroke:var(--unserved)}
.trip-map .leg{fill:none;stroke:var(--route);stroke-width:2;stroke-linecap:round}
.trip-map .leg.later{stroke-dasharray:2 6;opacity:.7}
.trip-map .leg.now{stroke-width:3.5}
.trip-map .arrow{fill:var(--route)}
.trip-map .point rect{stroke:var(--land);stroke-width:2}
.trip-map .point.served rect{fill:var(--served)}
.trip-map .point.partly rect{fill:var(--partly)}
.trip-map .point.unserved rect{fill:var(--unserved)}
.trip-map .point.visited rect{fill:var(--visited)}
.trip-map .point .halo{fill:none!important;stroke:var(--ink);stroke-width:2.5}
.trip-map text{font-family:system-ui,sans-serif;font-size:15px;fill:var(--ink)}
.trip-map .number{fill:#fff;font-size:12.5px;font-weight:700;text-anchor:middle}
.trip-map .name{paint-order:stroke;stroke:var(--land);stroke-width:4px;stroke-linejoin:round;font-weight:600}
.trip-legend{display:flex;flex-wrap:wrap;gap:.3em 1.2em;margin:.5em 0;padding:0;list-style:none}
.trip-legend{font-size:.875rem}
.trip-legend .sign{display:inline-block;width:1em;height:1em;margin-right:.4em;vertical-align:-.12em}
.trip-legend .served .sign{background:var(--served);border-radius:50%}
.trip-legend .partly .sign{background:var(--partly);border-radius:30%}
.trip-legend .unserved .sign{background:var(--unserved)}
.trip-legend .visited .sign{background:var(--visited);border-radius:50%}
.trip-narrow{display:none}
@media (max-width:599px){.trip-wide{display:none}.trip-narrow{display:block}}
"""
_OF = ".trip-map,.trip-legend"


def _colours(colours: dict[str, str], within: str = "") -> str:
    selectors = ",".join(f"{within} {part}".strip() for part in _OF.split(","))
    return f"{selectors}{{{';'.join(f'--{name}:{value}' for name, value in colours.items())}}}\n"


STYLE: Final = (
    _colours(_LIGHT)
    + f"@media (prefers-color-scheme:dark){{{_colours(_DARK)}}}\n"
    + _colours(_LIGHT, ".body--light")
    + _colours(_DARK, ".body--dark")
    + _RULES
)
"""Style sheet of map and legend. A page that chooses light or dark for itself says so by a class of its body,
'body--light' or 'body--dark'; else what the reader prefers holds."""
