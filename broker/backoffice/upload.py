"""A file that staff bring: one field, read up to the size that is taken, and no further."""

from django import forms

from collateral.tables import MOST_BYTES, BadFile


class UploadForm(forms.Form):
    file = forms.FileField(label="File, CSV in UTF-8", max_length=200, allow_empty_file=True)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)

    def content(self) -> bytes:
        """
        The whole file.

        :raises BadFile: it is larger than what is taken
        """
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise BadFile(f"The file is larger than {MOST_BYTES:,} bytes.")
        return file.read(MOST_BYTES + 1)
