"""What a scanner may say: the name of what it found, or None; or that it cannot say."""


class ScannerDown(Exception):
    """The scanner did not answer in time, or not in words that we know."""
