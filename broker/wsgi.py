"""The door of web servers."""

import os

from django.core.wsgi import get_wsgi_application

from broker import embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "broker.settings")
embedded.hold()
application = get_wsgi_application()

# Needs the settings, which need the name above.
from broker.checks import refuse_if_unsafe  # noqa: E402

refuse_if_unsafe()
