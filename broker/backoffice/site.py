"""The staff site: who comes in, what it is called, and what its search finds."""

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.dataclasses import SearchResult
from unfold.sites import UnfoldAdminSite

SEARCHED = 8  # Rows of each kind that the search shows; the list's own search has them all.


class StaffSite(UnfoldAdminSite):
    """
    Django's admin for staff, over the admin classes of the four apps.

    There is one page to sign in on, for clients and staff alike. Who is signed in and no member of
    staff is led there without a way back, and so ends at the own first page.
    """

    site_title = "Harbour"
    site_header = "Harbour"
    index_title = "Overview"
    enable_nav_sidebar = True

    def has_permission(self, request) -> bool:
        return request.user.is_active and request.user.is_staff

    def login(self, request, extra_context=None) -> HttpResponse:
        if request.user.is_authenticated:
            return redirect(settings.LOGIN_URL)
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def search(self, request, extra_context=None) -> HttpResponse:
        """
        Pages and rows whose names hold what was typed, as far as the reader may see them.

        Rows of the admin classes that say what a row is found as (`found_as`).
        """
        term = request.GET.get("s", "").strip()
        if not term:
            return HttpResponse()
        found = self._pages(request, term)
        template = "unfold/helpers/search_results.html"
        if "extended" in request.GET:
            found += self._rows(request, term)
            template = "unfold/helpers/command_results.html"
        paginator = Paginator(found, max(1, len(found)))
        context = {
            "page_obj": paginator,
            "results": paginator.page(1),
            "page_counter": 0,
            "execution_time": 0,
        }
        return TemplateResponse(request, template, context, headers={"HX-Trigger": "search"})

    def _pages(self, request, term: str) -> list[SearchResult]:
        return [
            SearchResult(str(model["name"]), app["name"], model["admin_url"], "list")
            for app in self.get_app_list(request)
            for model in app["models"]
            if term.lower() in str(model["name"]).lower()
        ]

    def _rows(self, request, term: str) -> list[SearchResult]:
        found = []
        for model, model_admin in self._registry.items():
            found_as = getattr(model_admin, "found_as", None)
            if found_as is None or not model_admin.has_view_permission(request):
                continue
            rows, _ = model_admin.get_search_results(
                request, model_admin.get_queryset(request), term
            )
            rows = rows.select_related(*model_admin.list_select_related or ())
            page = f"{self.name}:{model._meta.app_label}_{model._meta.model_name}_change"
            found += [
                SearchResult(str(row), found_as(row), reverse(page, args=[row.pk]), "arrow_right")
                for row in rows[:SEARCHED]
            ]
        return found
