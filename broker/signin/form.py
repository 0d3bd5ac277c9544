"""The form one signs in by: a name, a password, and then the second factor of who has one."""

from allauth.account.forms import LoginForm
from allauth.account.views import LoginView


class SignInForm(LoginForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "User name"
        self.fields["login"].error_messages["required"] = "Type your user name."
        self.fields["password"].error_messages["required"] = "Type your password."


class SignIn(LoginView):
    form_class = SignInForm
    template_name = "registration/login.html"
