"""Every address of the house."""

from django.contrib import admin
from django.contrib.auth import views
from django.urls import include, path

from broker.backoffice.book import book
from broker.portal.entrance import SignIn

urlpatterns = [
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", views.LogoutView.as_view(), name="logout"),
    path("staff/book/", book, name="live_book"),
    path("staff/", admin.site.urls),
    path("api/v1/", include("broker.api.urls")),
    path("", include("broker.portal.urls")),
]
