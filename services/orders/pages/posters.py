"""A picture for every event, drawn from its id: the same whenever it is asked for, and no two alike.

Shapes and colours only, as SVG with presentation attributes (a `style` would need a laxer Content-Security-Policy).
"""

from collections.abc import Callable, Iterator
from random import Random

from markupsafe import Markup

WIDTH, HEIGHT = 320, 200

Palette = tuple[str, str, str, str]

# From the ground to the light.
PALETTES: tuple[Palette, ...] = (
    ("#2b1b3d", "#5f2a62", "#c8456a", "#f6b26b"),
    ("#0f2e3c", "#17607a", "#3fa7a0", "#f2e2b6"),
    ("#3a1420", "#8a1538", "#e4572e", "#f7c59f"),
    ("#14301f", "#2f6b3f", "#9bbf5a", "#f4e9c1"),
    ("#1b2147", "#3c4fb0", "#8f7ae5", "#f3c9dd"),
    ("#3b2a14", "#a35d1f", "#e0a339", "#fbeed0"),
    ("#102a43", "#1f6f8b", "#f08a5d", "#f9e79f"),
)


def poster(seed: str) -> Markup:
    """About 700 bytes of SVG without a word in it: hidden from those who listen."""
    drawn = Random(seed)
    palette, motif = drawn.choice(PALETTES), drawn.choice(MOTIFS)
    shapes = "".join(motif(drawn, palette))
    ground = f'<path fill="{palette[0]}" d="M0 0h{WIDTH}v{HEIGHT}H0z"/>'
    attributes = f'class="poster" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="xMidYMid slice"'
    return Markup(f'<svg {attributes} aria-hidden="true" focusable="false">{ground}{shapes}</svg>')  # noqa: S704 - ours


def _sun_over_waves(drawn: Random, palette: Palette) -> Iterator[str]:
    yield _disc(drawn.randint(70, 250), drawn.randint(60, 95), drawn.randint(38, 62), palette[3])
    for level, colour in zip((95, 128, 160), (palette[2], palette[1], palette[0]), strict=True):
        sway, lift = drawn.randint(14, 30), drawn.randint(-8, 8)
        y = level + lift
        yield f'<path fill="{colour}" d="M0 {y}q40-{sway} 80 0t80 0 80 0 80 0V{HEIGHT}H0z"/>'


def _rings(drawn: Random, palette: Palette) -> Iterator[str]:
    x, y = drawn.choice((0, 110, 210, WIDTH)), drawn.choice((HEIGHT, 150))
    step = drawn.randint(25, 32)
    for count in range(6, 0, -1):
        yield _disc(x, y, count * step, palette[count % 3 + 1])


def _beams(drawn: Random, palette: Palette) -> Iterator[str]:
    for colour in (palette[1], palette[2], palette[1], palette[2]):
        foot, left = drawn.randint(20, 300), drawn.randint(-40, 260)
        spread = drawn.randint(60, 110)
        yield f'<path fill="{colour}" opacity=".7" d="M{foot} {HEIGHT}L{left} 0h{spread}z"/>'
    yield f'<path fill="{palette[3]}" d="M0 186h{WIDTH}v14H0z"/>'


def _bars(drawn: Random, palette: Palette) -> Iterator[str]:
    for place in range(13):
        height = drawn.randint(18, 150)
        x, y = place * 24 + 8, HEIGHT - 24 - height
        colour = palette[3] if height > 120 else palette[2] if height > 70 else palette[1]
        yield f'<rect x="{x}" y="{y}" width="14" height="{height}" rx="7" fill="{colour}"/>'


def _lanterns(drawn: Random, palette: Palette) -> Iterator[str]:
    for colour in (palette[1], palette[2], palette[1], palette[3], palette[2], palette[3]):
        yield _disc(drawn.randint(20, 300), drawn.randint(20, 180), drawn.randint(16, 66), colour, ".72")


def _disc(x: int, y: int, radius: int, colour: str, opacity: str = "1") -> str:
    return f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{colour}" opacity="{opacity}"/>'


MOTIFS: tuple[Callable[[Random, Palette], Iterator[str]], ...] = (_sun_over_waves, _rings, _beams, _bars, _lanterns)
