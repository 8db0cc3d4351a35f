"""Risk over coverage of every peer, one panel a set, as one SVG that opens in any browser."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element, tostring

from qabot.evaluation.curves import risk_curve
from qabot.evaluation.figures import Table
from qabot.evaluation.report.charts import Frame, chart
from qabot.evaluation.report.markup import node

COLUMNS = 2
WIDTH, HEIGHT, TITLE = 560, 360, 30
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#555555")  # told apart by most colour-blind people, too
STYLE = """svg{font:13px sans-serif;background:#fff}text{fill:#222}line.grid{stroke:#ddd}polyline{fill:none;
stroke-width:2.2}"""


def drawn(panels: Mapping[str, Mapping[str, Table]]) -> str:
    """The picture of each set's tables by peer; a dot is what the peer shows by its own setting."""
    peers = list(dict.fromkeys(peer for tables in panels.values() for peer in tables))
    colours = dict(zip(peers, COLOURS, strict=False))
    rows = -(-len(panels) // COLUMNS)
    width, height = COLUMNS * WIDTH, rows * (HEIGHT + TITLE) + TITLE
    picture = node(
        "svg",
        node("style", STYLE + "".join(f".p{at}{{stroke:{colour}}}" for at, colour in enumerate(colours.values()))),
        *(part for at, peer in enumerate(peers) for part in _key(at, peer)),
        *(part for at, (name, tables) in enumerate(panels.items()) for part in _panel(at, name, tables, peers)),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
    )
    return tostring(picture, encoding="unicode") + "\n"


def _key(at: int, peer: str) -> tuple[Element, Element]:
    x = 60 + at * 150
    return (
        node("line", x1=x, y1=18, x2=x + 26, y2=18, class_=f"p{at}", stroke_width=3),
        node("text", peer, x=x + 32, y=22),
    )


def _panel(at: int, name: str, tables: Mapping[str, Table], peers: list[str]) -> tuple[Element, Element]:
    x, y = at % COLUMNS * WIDTH, TITLE + at // COLUMNS * (HEIGHT + TITLE)
    frame = Frame(top=1.0)
    lines = [part for peer, table in tables.items() for part in _curve(frame, f"p{peers.index(peer)}", peer, table)]
    panel = chart(
        frame, name=f"Risk over coverage, {name}", across="questions answered", up="wrong", key=(), drawn=lines
    )
    for attribute, value in {"x": x, "y": y + TITLE, "width": WIDTH, "height": HEIGHT}.items():
        panel.set(attribute, str(value))
    return node("text", name, x=x + 60, y=y + 22, font_weight="bold"), panel


def _curve(frame: Frame, kind: str, peer: str, table: Table) -> list[Element]:
    """Its line, as far as it offers answers at all, and its dot."""
    offered = table.offered.mean() if len(table.offered) else 0.0
    points = [(coverage, risk) for coverage, risk in risk_curve(table) if coverage <= offered]
    made = [frame.line(points, kind)] if points else []
    if table.shown.any():
        coverage, risk = float(table.shown.mean()), float((~table.right[table.shown]).mean())
        made.append(frame.dot((coverage, risk), kind, said=f"{peer}: {coverage:.0%} answered, {risk:.0%} wrong"))
    return made
