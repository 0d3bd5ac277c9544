"""What each request passes on its way in and out that is ours."""

STAFF_SITE = "/staff/"


class StaffSitePolicy:
    """
    Lets the staff site's own library run: it builds styles and small expressions in the browser.

    Pages of clients keep the strict policy, and so does a page of ours there that says so.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.path_info.startswith(STAFF_SITE) and not hasattr(response, "_csp_replace"):
            response._csp_replace = {
                "script-src": ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
                "style-src": ["'self'", "'unsafe-inline'"],
            }
        return response
