"""What every resource of the API has in common."""

from rest_framework.generics import GenericAPIView


class Resource(GenericAPIView):
    """A resource whose answers are of the moment, and kept by nobody on the way."""

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store")
        return response
