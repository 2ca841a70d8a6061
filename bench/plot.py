"""Plots as SVG, by hand: bars, and lines over two logarithmic axes. Readable in light and dark."""

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape

WIDTH, LEFT, RIGHT, TOP, LINE = 720, 96, 150, 56, 24
HEIGHT, BOTTOM = 400, 52  # of lines
COLOURS = ("#3b82c4", "#d97706", "#2f9e6e", "#b4558f", "#7c6fd0", "#8a8f98")
STYLE = """<style>
 text { font: 13px system-ui, sans-serif; fill: #24292f }
 .title { font-size: 15px; font-weight: 600 } .light { fill: #59636e } .grid { stroke: #d1d9e0 }
 .mark { stroke: #24292f }
 @media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .light { fill: #9198a1 } .grid { stroke: #3d444d }
  .mark { stroke: #e6edf3 }
 }
</style>"""

Points = Sequence[tuple[float, float]]


def bars(title: str, axis: str, rows: Sequence[tuple[str, float, float]]) -> str:
    """A bar for each label's first value, a mark at its second."""
    most = max(mark for _, _, mark in rows)
    step = _round_step(most)
    scale = (WIDTH - LEFT - RIGHT) / (math.ceil(most / step) * step)
    bottom = TOP + LINE * len(rows)
    body = []
    for tick in (step * i for i in range(math.ceil(most / step) + 1)):
        x = LEFT + tick * scale
        body += [_line(x, TOP, x, bottom), _text(x, bottom + 18, f"{tick:g}", "light", "middle")]
    for number, (label, value, mark) in enumerate(rows):
        y, end = TOP + LINE * number + 4, LEFT + mark * scale
        body += [
            _text(LEFT - 8, y + 13, label, anchor="end"),
            f'<rect x="{LEFT}" y="{y}" width="{value * scale:.1f}" height="16" '
            f'fill="{COLOURS[0]}"/>',
            _line(end, y, end, y + 16, "mark"),
            _text(end + 8, y + 13, f"{_short(value)} · {_short(mark)}", "light"),
        ]
    body.append(_text((LEFT + WIDTH - RIGHT) / 2, bottom + 40, axis, "light", "middle"))
    return _svg(title, bottom + 52, body)


def lines(
    title: str, x_axis: str, y_axis: str, series: Mapping[str, Points], *, dashed: str = ""
) -> str:
    """A line for each name, named at its end; the axes grow by powers of ten."""
    points = [point for line in series.values() for point in line]
    (left, right), (low, high) = (_decades([p[i] for p in points]) for i in (0, 1))
    across, down = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def place(point: tuple[float, float]) -> tuple[float, float]:
        x, y = math.log10(point[0]), math.log10(point[1])
        return (
            LEFT + (x - left) / (right - left) * across,
            TOP + (high - y) / (high - low) * down,
        )

    body = []
    for power in range(left, right + 1):
        x, _ = place((10**power, 10**low))
        label = f"{10**power:,.0f}" if power >= 0 else f"{10.0**power:g}"
        body += [_line(x, TOP, x, HEIGHT - BOTTOM)]
        body += [_text(x, HEIGHT - BOTTOM + 18, label, "light", "middle")]
    for power in range(low, high + 1):
        _, y = place((10**left, 10.0**power))
        label = f"{10**power:,.0f}" if power >= 0 else f"{10.0**power:g}"
        body += [_line(LEFT, y, WIDTH - RIGHT, y), _text(LEFT - 8, y + 4, label, "light", "end")]
    ends = {name: place(line[-1])[1] for name, line in series.items()}
    named = dict(
        zip(sorted(ends, key=lambda n: ends[n]), _apart(sorted(ends.values())), strict=True)
    )
    for (name, line), colour in zip(series.items(), COLOURS, strict=False):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(place, line))
        dash = ' stroke-dasharray="5 4"' if name == dashed else ""
        body.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'
        )
        x = place(line[-1])[0] + 8
        body.append(
            f'<text x="{x:.1f}" y="{named[name] + 4:.1f}" style="fill:{colour}">{name}</text>'
        )
    middle = LEFT + across / 2
    body.append(_text(middle, HEIGHT - 12, x_axis, "light", "middle"))
    body.append(_text(LEFT - 8, TOP - 10, y_axis, "light", "end"))
    return _svg(title, HEIGHT, body)


def _svg(title: str, height: float, body: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" '
        f'width="{WIDTH}" height="{height:g}" role="img" aria-label="{escape(title)}">'
    )
    return "\n".join([head, STYLE, _text(8, 22, title, "title"), *body, "</svg>\n"])


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{named} text-anchor="{anchor}">{escape(text)}</text>'


def _line(x: float, y: float, to_x: float, to_y: float, kind: str = "grid") -> str:
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" class="{kind}"/>'


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten around some values, one apart at least."""
    low = math.floor(math.log10(min(values)))
    return low, max(math.ceil(math.log10(max(values))), low + 1)


def _round_step(most: float) -> float:
    """A step of 1, 2 or 5 that makes about five of `most`."""
    power: float = 10.0 ** math.floor(math.log10(most / 5))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= most / 5)


def _apart(heights: Sequence[float], least: float = 15) -> Iterator[float]:
    """Sorted heights, each moved down until none touches the one before."""
    last = -math.inf
    for height in heights:
        last = max(height, last + least)
        yield last
