"""The API's own description, for whoever is signed in: the schema, and a page to read it on."""

from django.contrib.auth.decorators import login_required
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.views import APIView


class Schema(SpectacularAPIView):
    """The schema in OpenAPI's format."""

    permission_classes = [IsAuthenticated]


class Docs(SpectacularSwaggerSplitView):
    """The schema as a page. Its script is a file of its own, as the strict policy asks."""

    permission_classes = [IsAuthenticated]
    template_name = "api/docs.html"
    url_name = "api:schema"


docs = login_required(Docs.as_view())


class Nowhere(APIView):
    """Any other address of the API: a problem document, as everywhere in it."""

    schema = None
    throttle_classes = []

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        raise NotFound
