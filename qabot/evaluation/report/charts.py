"""Charts of shares over shares, as SVG: both axes begin at 0, in per cent.

This module knows pixels; it refuses to know what is drawn. Colours and dashes are the style sheet's, by class.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from qabot.evaluation.report.markup import node

Point = tuple[float, float]

_WIDTH, _HEIGHT = 560.0, 360.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 30.0, 34.0, 48.0  # around the plot
_TICKS = 5
_KEY_WIDTH, _KEY_LINE = 150.0, 26.0


@dataclass(frozen=True, slots=True)
class Frame:
    """Where shares lie in the picture: x from 0 to 1, y from 0 to ``top``."""

    top: float = 1.0

    def at(self, x: float, y: float) -> Point:
        """The pixel of two shares."""
        across = _LEFT + x * (_WIDTH - _LEFT - _RIGHT)
        down = _HEIGHT - _BOTTOM - y / self.top * (_HEIGHT - _TOP - _BOTTOM)
        return round(across, 1), round(down, 1)

    def line(self, points: Iterable[Point], kind: str) -> Element:
        """A line through the points."""
        return node("polyline", points=" ".join(f"{x},{y}" for x, y in (self.at(*one) for one in points)), class_=kind)

    def segment(self, start: Point, end: Point, kind: str) -> Element:
        """A straight line between two points."""
        (x1, y1), (x2, y2) = self.at(*start), self.at(*end)
        return node("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)

    def dot(self, point: Point, kind: str, *, said: str) -> Element:
        """A dot; ``said`` is shown where a pointer rests on it."""
        x, y = self.at(*point)
        return node("circle", node("title", said), cx=x, cy=y, r=4, class_=kind)


def chart(
    frame: Frame, *, name: str, across: str, up: str, key: Sequence[tuple[str, str]], drawn: Iterable[Element]
) -> Element:
    """A framed picture. ``across`` and ``up`` name the axes, ``key`` says which class of line is what."""
    return node(
        "svg",
        node("title", name),
        *_grid(frame),
        *drawn,
        _word((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 8, across, anchor="middle"),
        _word(4, 14 if not key else _TOP - 8, up, anchor="start"),
        *(part for place, (kind, said) in enumerate(key) for part in _key(place, kind, said)),
        viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}",
        role="img",
    )


def _grid(frame: Frame) -> list[Element]:
    """Lines and per cents at six places of each axis."""
    made = []
    for step in range(_TICKS + 1):
        x, y = step / _TICKS, frame.top * step / _TICKS
        made += [frame.segment((0, y), (1, y), "grid"), frame.segment((x, 0), (x, frame.top), "grid")]
        (left, level), (column, bottom) = frame.at(0, y), frame.at(x, 0)
        made.append(_word(left - 8, level + 4, f"{100 * y:.3g} %", anchor="end"))
        made.append(_word(column, bottom + 18, f"{100 * x:.3g} %", anchor="middle"))
    return made


def _key(place: int, kind: str, said: str) -> tuple[Element, Element]:
    x, y = _LEFT + 60 + place * _KEY_WIDTH, 10.0
    sample = node("line", x1=x, y1=y, x2=x + _KEY_LINE, y2=y, class_=kind)
    return sample, _word(x + _KEY_LINE + 6, y + 4, said, anchor="start")


def _word(x: float, y: float, text: str, *, anchor: str) -> Element:
    return node("text", text, x=x, y=y, text_anchor=anchor)
