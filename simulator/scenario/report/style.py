"""How the page of a trip looks: in light and dark, on paper, on a phone."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root { color-scheme: light dark; --paper: #fff; --soft: #f4f5f7; --edge: #d5d9df; --dim: #5b6573;
  --good: #1a7f37; --bad: #b3261e; --care: #8a5a00; --accent: #0b5cad; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181d; --soft: #1e242b; --edge: #39424d;
  --dim: #a3adb9; --good: #5fd07a; --bad: #ff8f85; --care: #e3b341; --accent: #78b8ff; } }
* { box-sizing: border-box; }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 68rem; margin: 0 auto; padding: 1.5rem 1rem 4rem;
  background: var(--paper); }
h1 { line-height: 1.2; margin: 0 0 .5rem; } h2 { margin: 2.5rem 0 .5rem; line-height: 1.25; }
h3 { margin: 1.5rem 0 .3rem; }
.says { font-size: 1.1rem; max-width: 46rem; } .dim, .clause, time { color: var(--dim); }
a { color: var(--accent); }
.facts { display: flex; flex-wrap: wrap; gap: .2rem 1.5rem; padding: 0; list-style: none; color: var(--dim); }
.wide { overflow-x: auto; } li { overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; vertical-align: top; padding: .45rem .6rem; border-bottom: 1px solid var(--edge); }
td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
th.number { text-align: right; }
.good { color: var(--good); } .bad { color: var(--bad); } .care { color: var(--care); }
.best { font-weight: 700; }
.totals { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .6rem; padding: 0;
  list-style: none; }
.totals li { background: var(--soft); border-radius: .5rem; padding: .5rem .8rem; }
.totals strong { display: block; font-size: 1.15rem; }
.timeline { list-style: none; margin: .8rem 0; padding: 0 0 0 1.1rem;
  border-left: 2px solid var(--edge); }
.timeline > li { position: relative; padding: .15rem 0 .15rem .6rem; }
.timeline > li::before { content: ''; position: absolute; left: -1.5rem; top: .62rem; width: .65rem;
  height: .65rem; border-radius: 50%; background: var(--edge); border: 2px solid var(--paper); }
.timeline > .hand::before { background: var(--accent); border-radius: 0; }
.timeline > .registered::before { background: var(--good); }
.timeline > .failed::before { background: var(--bad); }
.timeline time { display: inline-block; min-width: 6.6rem; font-variant-numeric: tabular-nums; }
.tag { font-size: .8rem; border: 1px solid currentColor; border-radius: .8rem; padding: 0 .5rem; }
.statement { border: 1px solid var(--edge); border-radius: .5rem; margin: .4rem 0; background: var(--soft); }
.statement > summary { padding: .45rem .8rem; cursor: pointer; }
.statement > div { padding: 0 .8rem .6rem; }
.evidence { margin: .3rem 0; padding-left: 1.2rem; }
.evidence li { margin: .2rem 0; overflow-wrap: anywhere; }
.fields { margin: 0; padding-left: 1.1rem; font-size: .9rem; }
code { font-size: .85em; overflow-wrap: anywhere; }
summary:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
@media (max-width: 599px) {
  body { padding: 1rem .7rem 3rem; font-size: 15px; }
  .compare thead { position: absolute; clip-path: inset(50%); height: 1px; overflow: hidden; }
  .compare, .compare tbody, .compare tr, .compare th, .compare td { display: block; width: 100%; }
  .compare tr { border: 1px solid var(--edge); border-radius: .5rem; margin: .7rem 0; padding: .4rem .7rem; }
  .compare th, .compare td { border: 0; padding: .12rem 0; text-align: left; }
  .compare td::before { content: attr(data-name) ': '; color: var(--dim); }
  .timeline time { display: block; }
}
@media print { details > div { display: block; } }
"""
