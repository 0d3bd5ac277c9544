"""The addresses of signing in, and of what a login is kept safe by."""

from allauth.account import views as account
from allauth.usersessions import views as sessions
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from broker.signin.form import SignIn
from broker.signin.views import show_again

# The library finds its way by names of its own.
urlpatterns = [
    path("login/", SignIn.as_view(), name="login"),
    path("login/", SignIn.as_view(), name="account_login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("logout/", LogoutView.as_view(), name="account_logout"),
    path("login/again/", show_again, name="account_reauthenticate"),
    path("login/closed/", account.account_inactive, name="account_inactive"),
    path("settings/password/", account.password_change, name="account_change_password"),
    path("settings/sessions/", sessions.list_usersessions, name="usersessions_list"),
    path("settings/second-factor/", include("allauth.mfa.urls")),
]
