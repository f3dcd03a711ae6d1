"""Reduces pictures to a palette and cuts long ones, so that each takes at most BYTES; fails if one does not.

    shrink.py BYTES FILE...
"""

import os
import sys

from PIL import Image

# Colours that are kept as they are: grounds, lines, text.
FREQUENT = 16


def reduce(picture, colors):
    """Returns the picture in `colors` colours, of which the most frequent ones are exact."""
    counted = sorted(picture.getcolors(picture.width * picture.height), reverse=True)
    exact = [color for _, color in counted[:FREQUENT]]
    # Marks have few pixels and colours of their own, which a palette by frequency loses.
    spread = picture.quantize(colors - len(exact), method=Image.Quantize.MAXCOVERAGE)
    palette = Image.new("P", (1, 1))
    rest = spread.getpalette()[: 3 * (colors - len(exact))]
    palette.putpalette([part for color in exact for part in color] + rest)
    # Without dithering, which blurs text and grows the file.
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


max_bytes = int(sys.argv[1])
for name in sys.argv[2:]:
    picture = Image.open(name).convert("RGB")
    # Fewer colours first, then less of a long page.
    for cut, colors in [(0, 128), (0, 64)] + [(cut, 64) for cut in range(50, picture.height // 2, 50)]:
        reduce(picture.crop((0, 0, picture.width, picture.height - cut)), colors).save(name, optimize=True)
        size = os.path.getsize(name)
        if size <= max_bytes:
            break
    print(f"{name}: {picture.width} x {picture.height - cut}, {colors} colours, {size / 1000:.0f} kB")
    if size > max_bytes:
        sys.exit(f"{name} has {size} bytes, more than {max_bytes}")
