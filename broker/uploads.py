"""Uploads: how a file comes through a form without one that is too large ever being kept."""

from datetime import datetime

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

from onboarding.documents.document import Document, Kind
from onboarding.documents.take_in import DocumentRefused, GivenBefore, take_in, too_large

_TOO_LARGE = "harbour.too_large"


class Measured(FileUploadHandler):
    """Counts what comes of each file; of one that is too large the rest is thrown away."""

    def new_file(self, field_name, *arguments, **named):
        super().new_file(field_name, *arguments, **named)
        self.came = 0

    def receive_data_chunk(self, raw_data, start):
        self.came += len(raw_data)
        if self.came > settings.LARGEST_UPLOAD:
            self.request.META.setdefault(_TOO_LARGE, set()).add(self.field_name)
            raise SkipFile
        return raw_data

    def file_complete(self, file_size):
        return None


def uploaded(request: HttpRequest, field: str, *, needed: bool = True) -> UploadedFile | None:
    """
    The file that the form sent under `field`; None where there is none and none is needed.

    :raises DocumentRefused: none was chosen, or it is larger than may be
    """
    file = request.FILES.get(field)
    if field in request.META.get(_TOO_LARGE, ()):
        raise too_large()
    if file is None and needed:
        raise DocumentRefused("Choose a file.")
    return file


def attached(request: HttpRequest, field: str, *, client, now: datetime) -> list[Document]:
    """
    The file that goes with a message, taken in; the earlier one where it was given before.

    :raises DocumentRefused: it is not one that we take
    """
    try:
        file = uploaded(request, field, needed=False)
        if file is None:
            return []
        return [take_in(file, kind=Kind.OTHER, by=request.user, client=client, now=now)]
    except GivenBefore as known:
        return [known.document]
