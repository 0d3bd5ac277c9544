"""Sign up: an e-mail address, a letter to it, and a login for whoever opens the link in it."""

from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from broker.notices.letter import NotSent, send_letter
from broker.portal.caller import ip_of
from onboarding.applications.forms import LatinField
from onboarding.applications.periods import SIGN_UP, period
from onboarding.applications.refusals import NotPossible
from onboarding.applications.sign_up import TooMany, ask_for_link, become, sign_up_of
from onboarding.users import Role

BACKEND = settings.AUTHENTICATION_BACKENDS[0]
NOT_SENT = "The letter could not be sent just now. Please try again in a few minutes."


class AddressForm(forms.Form):
    email = forms.EmailField(
        label="Your e-mail address",
        max_length=150,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": "Enter your e-mail address."},
    )


class LoginForm(forms.Form):
    given = LatinField(
        label="Given name",
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    family = LatinField(
        label="Family name",
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    password = forms.CharField(
        label="Password",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Twelve characters or more, and not a common one.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def sign_up(request: HttpRequest) -> HttpResponse:
    """The page says the same whether there is a login for the address or not."""
    if request.user.is_authenticated:
        return redirect("portal:applications" if request.user.role == Role.CLIENT else "/")
    form = AddressForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        email = form.cleaned_data["email"]
        try:
            secret, known = ask_for_link(email, place=ip_of(request), now=now)
            path = reverse("login") if known else reverse("portal:new_login", args=[secret])
            context = {
                "link": request.build_absolute_uri(path),
                "days": period(SIGN_UP, now=now).days,
            }
            send_letter("known" if known else "sign_up", email, context)
        except TooMany as refusal:
            form.add_error("email", str(refusal))
        except NotSent:
            form.add_error("email", NOT_SENT)
        else:
            return redirect("portal:letter_sent")
    return render(request, "portal/sign_up/page.html", {"form": form})


@require_safe
@never_cache
def letter_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/sign_up/sent.html")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new_login(request: HttpRequest, secret: str) -> HttpResponse:
    """Looking at the page uses nothing up: mail programs look at links too."""
    now = timezone.now()
    asked = sign_up_of(secret, now=now)
    if asked is None:
        return render(request, "portal/sign_up/over.html", status=404)
    form = LoginForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        try:
            user = become(secret, now=now, **form.cleaned_data)
        except NotPossible:
            return render(request, "portal/sign_up/over.html", status=404)
        except ValidationError as wrong:
            said_at(form, wrong)
        else:
            login(request, user, backend=BACKEND)
            return redirect("portal:applications")
    return render(request, "portal/sign_up/login.html", {"form": form, "email": asked.email})


def said_at(form: forms.Form, wrong: ValidationError) -> None:
    """Each error beside its field; of a field that the form has not, above it."""
    for name, words in wrong.message_dict.items():
        form.add_error(name if name in form.fields else None, words)
