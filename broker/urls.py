"""Every address of the house."""

from django.contrib import admin
from django.contrib.auth import views
from django.urls import include, path

from broker.backoffice.approvals import inbox, together
from broker.backoffice.book import book
from broker.backoffice.client import client
from broker.backoffice.corporate_actions import corporate_actions, load_ex_dates
from broker.backoffice.custody_places import custody_places
from broker.backoffice.parameters import parameters
from broker.backoffice.proposal import proposal
from broker.backoffice.propose import choose, propose
from broker.backoffice.reconciliation import (
    compare_again,
    load_place_statement,
    reconciliation,
    take_difference,
)
from broker.portal.entrance import SignIn

urlpatterns = [
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", views.LogoutView.as_view(), name="logout"),
    path("staff/book/", book, name="live_book"),
    path("staff/approvals/", inbox, name="approvals"),
    path("staff/approvals/together/", together, name="approve_together"),
    path("staff/approvals/new/", choose, name="propose_choose"),
    path("staff/approvals/new/<slug:command>/", propose, name="propose"),
    path("staff/approvals/<int:pk>/", proposal, name="proposal"),
    path("staff/clients/<str:number>/", client, name="client_page"),
    path("staff/custody/actions/", corporate_actions, name="corporate_actions"),
    path("staff/custody/actions/calendar/", load_ex_dates, name="load_ex_dates"),
    path("staff/custody/places/", custody_places, name="custody_places"),
    path("staff/custody/reconciliation/", reconciliation, name="reconciliation"),
    path("staff/custody/reconciliation/load/", load_place_statement, name="load_statement"),
    path("staff/custody/reconciliation/again/", compare_again, name="compare_again"),
    path("staff/custody/differences/<int:pk>/take/", take_difference, name="take_difference"),
    path("staff/parameters/", parameters, name="parameters"),
    path("staff/", admin.site.urls),
    path("api/v1/", include("broker.api.urls")),
    path("", include("broker.portal.urls")),
]
