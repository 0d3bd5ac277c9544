"""Unfit: a file that we do not take, and the words that say so."""

PDF = "application/pdf"
PNG, JPEG = "image/png", "image/jpeg"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

TAKEN = "We take PDF, PNG, JPEG, Word (.docx) and Excel (.xlsx) files."
UNREADABLE = "This file is damaged or cannot be read safely. Please save it anew and try again."


class Unfit(Exception):
    """The file is not one that we take. Says why in words for who gave it."""
