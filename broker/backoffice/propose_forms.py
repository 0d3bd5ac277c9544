"""The forms by which staff propose: each turns what was typed into a command's payload of text."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from django import forms

from collateral.assets import Asset
from collateral.prices.daily_file import DailyFile
from collateral.prices.manual_price import HOUSE_CURRENCY
from lending.loans.rates import BenchmarkRate
from lending.margin.limit_change import COMMAND as CREDIT_LIMIT
from lending.margin.limit_change import Reason
from lending.margin.terms import MarginTerms
from lending.margin.terms_change import LEVELS, WINDOWS, terms_now
from onboarding.approvals import commands
from onboarding.entity import FEATURES, VA_FINANCING_CONDITIONS, Feature, LegalEntity
from onboarding.parameters import all_declared
from onboarding.payloads import LONGEST_TEXT, as_percent, today
from onboarding.users import Role, User

MOST_CLIENTS = 200
MOST_FILES = 20


class PercentField(forms.DecimalField):
    """Typed as a percentage, given back as a fraction of one."""

    def __init__(self, **kwargs):
        super().__init__(min_value=0, max_value=100, decimal_places=4, **kwargs)

    def clean(self, value) -> Decimal | None:
        percent = super().clean(value)
        return None if percent is None else percent / 100


class _From(forms.DateTimeField):
    """The time from which it shall hold; empty means when it is approved."""

    def __init__(self):
        super().__init__(
            label="In force from",
            required=False,
            help_text="Hong Kong time. Leave it empty for the moment of the approval.",
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        )


def _date(label: str, **kwargs) -> forms.DateField:
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs
    )


def _words(label: str, **kwargs) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 3}), **kwargs
    )


class ProposeForm(forms.Form):
    """`asks` are the subject and payload of each proposal it makes; most forms make one."""

    reason = _words("Why")

    field_order: list[str] | None = None

    def __init__(self, *args, now: datetime, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.now = now
        self.order_fields([name for name in self.fields if name != "reason"] + ["reason"])

    def asks(self) -> Iterator[tuple[str, dict]]:
        yield self.subject(), self.payload()

    def subject(self) -> str:
        raise NotImplementedError

    def payload(self) -> dict:
        """Every field but the reason, as text; what was left empty is left out."""
        return {
            name: _text(value)
            for name, value in self.cleaned_data.items()
            if name != "reason" and value not in (None, "")
        }


def _text(value) -> str | list[str]:
    if isinstance(value, list):
        return [str(each) for each in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


class _OfAsset(ProposeForm):
    asset = forms.ModelChoiceField(Asset.objects.order_by("pk"), to_field_name="code")

    def subject(self) -> str:
        return self.cleaned_data["asset"].code


class HaircutForm(_OfAsset):
    lending = PercentField(label="Lending haircut, %")
    liquidation = PercentField(label="Liquidation haircut, %")
    effective_at = _From()


class FrrHaircutForm(_OfAsset):
    frr = PercentField(label="FRR haircut, %")
    effective_at = _From()


class ManualPriceForm(ProposeForm):
    asset = forms.ModelChoiceField(
        Asset.objects.exclude(code=HOUSE_CURRENCY).order_by("pk"), to_field_name="code"
    )
    value = forms.DecimalField(label="HKD for one unit", min_value=0, decimal_places=10)
    expires_at = forms.DateTimeField(
        label="Until",
        help_text="Hong Kong time; a day at most. Nothing is lent at it.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def subject(self) -> str:
        return self.cleaned_data["asset"].code


class PriceFileForm(ProposeForm):
    """A file is taken in by `manage.py price_file`; here it is chosen by its day and its hash."""

    file = forms.ChoiceField(label="File taken in")

    def __init__(self, *args, now: datetime, **kwargs):
        super().__init__(*args, now=now, **kwargs)
        waiting = DailyFile.objects.filter(closes=None).order_by("-trade_date", "-pk")
        self.fields["file"].choices = [
            (each.sha256, f"{each} ({each.sha256[:12]})") for each in waiting[:MOST_FILES]
        ]

    def subject(self) -> str:
        return dict(self.fields["file"].choices)[self.cleaned_data["file"]]


class TermsForm(ProposeForm):
    """Only what differs from the terms in force is proposed; the rest stays as it is."""

    name = forms.ChoiceField(label="Terms")
    effective_at = _From()

    def __init__(self, *args, now: datetime, **kwargs):
        super().__init__(*args, now=now, **kwargs)
        names = list(MarginTerms.objects.order_by("name").values_list("name", flat=True).distinct())
        self.fields["name"].choices = [(name, name) for name in names]
        shown = terms_now(names[0], now=now) if len(names) == 1 else None
        for level, words in LEVELS.items():
            self._ask(level, PercentField(label=f"{words}, %", required=False), shown)
        amount = forms.DecimalField(
            label="Minimum transfer amount, HKD", required=False, min_value=0, decimal_places=2
        )
        self._ask("mta_amount", amount, shown)
        for window, words in WINDOWS.items():
            whole = forms.IntegerField(label=words, required=False, min_value=1)
            self._ask(window, whole, shown)
        self.order_fields(["name", *LEVELS, "mta_amount", *WINDOWS, "effective_at", "reason"])

    def _ask(self, name: str, field: forms.Field, shown: MarginTerms | None) -> None:
        if shown is not None:
            value = getattr(shown, name)
            field.help_text = f"Now {_now_of(name, value)}"
        self.fields[name] = field

    def subject(self) -> str:
        return self.cleaned_data["name"]


def _now_of(name: str, value) -> str:
    if name in LEVELS:
        return as_percent(value)
    if name == "hard_confirm":
        return f"{value // timedelta(seconds=1)}"
    return f"{value // timedelta(minutes=1)}" if name in WINDOWS else f"{value:,.2f}"


class BenchmarkForm(ProposeForm):
    currency = forms.ChoiceField()
    rate = PercentField(label="Yearly rate, %")
    from_date = _date("From")
    source = forms.CharField(max_length=60)

    def __init__(self, *args, now: datetime, **kwargs):
        super().__init__(*args, now=now, **kwargs)
        lent = BenchmarkRate.objects.order_by("currency").values_list("currency", flat=True)
        self.fields["currency"].choices = [(code, code) for code in lent.distinct()]

    def subject(self) -> str:
        return self.cleaned_data["currency"]


class LimitForm(ProposeForm):
    account = forms.CharField(label="Margin account", max_length=12)
    limit = forms.DecimalField(label="New limit, HKD", min_value=0, decimal_places=2)
    reasons = forms.MultipleChoiceField(choices=Reason.choices, widget=forms.CheckboxSelectMultiple)
    assessment = _words("Written risk assessment")
    basis = forms.CharField(
        label="Rests on",
        required=False,
        max_length=200,
        help_text="The credit assessment or other evidence, by its reference.",
    )
    review_date = _date("Reviewed again by", help_text="Within a year.")

    def __init__(self, *args, now: datetime, **kwargs):
        super().__init__(*args, now=now, **kwargs)
        self.fields["review_date"].initial = today(now) + timedelta(days=365)

    def subject(self) -> str:
        return self.cleaned_data["account"]


class SizeForm(ProposeForm):
    command = forms.ChoiceField(label="Of", choices=[(CREDIT_LIMIT, "Credit limit")])
    amount = forms.DecimalField(label="Size, HKD", min_value=0, decimal_places=2)
    effective_at = _From()

    def subject(self) -> str:
        return dict(self.fields["command"].choices)[self.cleaned_data["command"]]


class ParameterForm(ProposeForm):
    """Typed in the parameter's own unit; a fraction is a part of one."""

    parameter = forms.ChoiceField(label="Parameter")
    value = forms.DecimalField(
        label="Value", min_value=0, help_text="A share is a part of one: 0.35 is 35%."
    )
    source = _words("Rests on", help_text="Rule and text, or the decision of the house.")
    verified = forms.ChoiceField(
        label="Was the source read?", choices=[("no", "No"), ("yes", "Yes, by me")]
    )
    effective_at = _From()

    def __init__(self, *args, now: datetime, **kwargs):
        super().__init__(*args, now=now, **kwargs)
        self.fields["parameter"].choices = [
            (each.name, f"{each.title} ({each.unit})") for each in all_declared()
        ]

    def subject(self) -> str:
        return dict(self.fields["parameter"].choices)[self.cleaned_data["parameter"]]


class SwitchForm(ProposeForm):
    entity = forms.ModelChoiceField(
        LegalEntity.objects.order_by("name"), label="Legal entity", to_field_name="licence"
    )
    feature = forms.ChoiceField(choices=[(str(name), words) for name, words in FEATURES.items()])
    on = forms.ChoiceField(label="Switch", choices=[("on", "On"), ("off", "Off")])
    notification = forms.CharField(
        label="SFC notification reference", required=False, max_length=60
    )
    notified_date = _date("Notified on", required=False)
    effective_at = _From()

    def __init__(self, *args, now: datetime, **kwargs):
        super().__init__(*args, now=now, **kwargs)
        for name, words in VA_FINANCING_CONDITIONS.items():
            self.fields[f"condition_{name}"] = forms.CharField(
                label=words, required=False, max_length=200, help_text="Evidence. For VA financing."
            )
        self.order_fields([name for name in self.fields if name != "reason"] + ["reason"])

    def subject(self) -> str:
        wanted = self.cleaned_data["on"]
        return f"{FEATURES[self.cleaned_data['feature']]}, {wanted}"

    def payload(self) -> dict:
        payload = super().payload() | {"entity": self.cleaned_data["entity"].licence}
        signed = {name: payload.pop(f"condition_{name}", "") for name in VA_FINANCING_CONDITIONS}
        if payload["feature"] == Feature.VA_FINANCING and payload["on"] == "on":
            payload["conditions"] = signed
        return payload


class ClientForm(ProposeForm):
    client = forms.CharField(label="Client number", max_length=12)

    def subject(self) -> str:
        return self.cleaned_data["client"]


class HandoverForm(ProposeForm):
    """One proposal for each client, so that each keeps its own history."""

    clients = forms.CharField(
        label="Client numbers",
        help_text="One or more, with spaces or new lines between.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    manager = forms.ModelChoiceField(
        User.objects.filter(role=Role.RM, is_active=True).order_by("first_name", "username"),
        label="New relationship manager",
        to_field_name="username",
    )
    from_date = _date("From")

    def clean_clients(self) -> list[str]:
        numbers = sorted(set(self.cleaned_data["clients"].replace(",", " ").split()))
        if len(numbers) > MOST_CLIENTS:
            raise forms.ValidationError(f"Hand over at most {MOST_CLIENTS} clients at once.")
        return numbers

    def asks(self) -> Iterator[tuple[str, dict]]:
        for number in self.cleaned_data["clients"]:
            yield (
                number,
                {
                    "client": number,
                    "manager": self.cleaned_data["manager"].username,
                    "from_date": self.cleaned_data["from_date"].isoformat(),
                },
            )


FORMS: dict[str, type[ProposeForm]] = {
    "haircut": HaircutForm,
    "frr_haircut": FrrHaircutForm,
    "manual_price": ManualPriceForm,
    "price_file": PriceFileForm,
    "margin_terms": TermsForm,
    "benchmark_rate": BenchmarkForm,
    CREDIT_LIMIT: LimitForm,
    "approval_size": SizeForm,
    "parameter": ParameterForm,
    "product_switch": SwitchForm,
    "suspend_client": ClientForm,
    "reactivate_client": ClientForm,
    "close_client": ClientForm,
    "handover": HandoverForm,
}


def proposable_by(user) -> list[str]:
    """The names of the commands that `user` may propose by a form."""
    return [
        command.name
        for command in commands()
        if command.name in FORMS and user.role in command.proposes
    ]
