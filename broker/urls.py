"""Every address of the house."""

from django.contrib import admin
from django.contrib.auth import views
from django.urls import include, path

from broker.backoffice.approvals import inbox, together
from broker.backoffice.book import book
from broker.backoffice.client import client
from broker.backoffice.parameters import parameters
from broker.backoffice.prices import prices_now
from broker.backoffice.proposal import proposal
from broker.backoffice.propose import choose, propose
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
    path("staff/parameters/", parameters, name="parameters"),
    path("staff/prices/", prices_now, name="prices_now"),
    path("staff/", admin.site.urls),
    path("api/v1/", include("broker.api.urls")),
    path("", include("broker.portal.urls")),
]
