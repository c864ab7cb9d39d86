"""Line charts as SVG, written by hand: no library, and legible on light and on dark pages."""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 190, 40, 50
COLOURS = ["#2f7fd6", "#d9822b", "#3d9a50", "#b0529f", "#8a8f98", "#c0473d"]

# One grey that can be read on white and on black.
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #6e7781; }
  .title { font-size: 15px; font-weight: 600; }
  .axis { stroke: #6e7781; stroke-width: 1; }
  .grid { stroke: #6e7781; stroke-width: 0.5; opacity: 0.4; }
"""


def nice_step(top):
    """Such that four to nine lines fit below `top`."""
    power = 10.0 ** math.floor(math.log10(top / 4))
    return max(power * factor for factor in (1, 2, 2.5, 5) if power * factor <= top / 4)


def line_chart(title, x_label, y_label, series):
    """`series` is {name: [(x, y), ...]}. The values of x stand at equal distances, as names do."""
    ticks = sorted({x for points in series.values() for x, _ in points})
    top = max((y for points in series.values() for _, y in points), default=1.0) * 1.08
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def place_x(x):
        share = ticks.index(x) / (len(ticks) - 1) if len(ticks) > 1 else 0.5
        return LEFT + 20 + share * (right - LEFT - 40)

    def place_y(y):
        return bottom - y / top * (bottom - TOP)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">',
        f"<style>{STYLE}</style>",
        f'<text class="title" x="{LEFT}" y="22">{escape(title)}</text>',
    ]
    step, y = nice_step(top), 0.0
    while y <= top:
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{place_y(y):.1f}" y2="{place_y(y):.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{place_y(y) + 4:.1f}" text-anchor="end">{y:g}</text>')
        y += step
    for x in ticks:
        parts.append(f'<text x="{place_x(x):.1f}" y="{bottom + 20}" text-anchor="middle">{x:g}</text>')
    parts.append(f'<line class="axis" x1="{LEFT}" x2="{right}" y1="{bottom}" y2="{bottom}"/>')
    parts.append(f'<line class="axis" x1="{LEFT}" x2="{LEFT}" y1="{TOP}" y2="{bottom}"/>')
    parts.append(f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 10}" text-anchor="middle">{escape(x_label)}</text>')
    middle = (TOP + bottom) / 2
    parts.append(
        f'<text x="18" y="{middle}" text-anchor="middle" transform="rotate(-90 18 {middle})">{escape(y_label)}</text>'
    )
    for number, (name, points) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        line = " ".join(f"{place_x(x):.1f},{place_y(y):.1f}" for x, y in sorted(points))
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        for x, y in points:
            parts.append(f'<circle cx="{place_x(x):.1f}" cy="{place_y(y):.1f}" r="3.5" fill="{colour}"/>')
        legend = TOP + 12 + 22 * number
        parts.append(f'<rect x="{right + 14}" y="{legend - 6}" width="14" height="4" fill="{colour}"/>')
        parts.append(f'<text x="{right + 34}" y="{legend}">{escape(name)}</text>')
    parts.append("</svg>")
    return "\n".join(parts) + "\n"
