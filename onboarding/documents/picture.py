"""A picture: whole, a single one, and no larger than a page scanned finely."""

from pathlib import Path

from PIL import Image, UnidentifiedImageError

from onboarding.documents.unfit import UNREADABLE, Unfit

# A page of A3 at 600 dots an inch has 70 million.
MOST_PIXELS = 80_000_000


def check_picture(path: Path) -> None:
    """
    :raises Unfit: too many pixels, or it does not decode to the end
    """
    Image.MAX_IMAGE_PIXELS = None  # Measured below, before anything is decoded.
    try:
        with Image.open(path, formats=["PNG", "JPEG"]) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS:
                raise Unfit(
                    f"This picture has {width:,} by {height:,} points, more than we can take."
                    " Please scan it less finely."
                )
            picture.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise Unfit(UNREADABLE) from error
