"""The forms by which staff propose: each turns what was typed into a command's payload of text."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django import forms

from broker.backoffice.credit_forms import AssessmentForm, GroupLimitForm
from broker.backoffice.custody_forms import CUSTODY_FORMS
from broker.backoffice.propose_fields import FromField, PercentField, ProposeForm, date_field
from broker.backoffice.propose_fields import words as words_field
from collateral.assets import Asset
from collateral.prices.daily_file import DailyFile
from collateral.prices.manual_price import HOUSE_CURRENCY
from lending.limits.group_limit import COMMAND as GROUP_LIMIT
from lending.loans.rates import BenchmarkRate
from lending.margin.limit_change import COMMAND as CREDIT_LIMIT
from lending.margin.limit_change import Reason
from lending.margin.terms import MarginTerms
from lending.margin.terms_change import LEVELS, WINDOWS, terms_now
from onboarding.approvals import commands
from onboarding.credit.assess import COMMAND as CREDIT_ASSESSMENT
from onboarding.disclosures.text import Code
from onboarding.disclosures.version_change import FIELDS as DISCLOSURE_FIELDS
from onboarding.disclosures.version_change import last_version
from onboarding.entity import FEATURES, VA_FINANCING_CONDITIONS, Feature, LegalEntity
from onboarding.groups import TieKind
from onboarding.investors.qualified import CRITERIA, Market
from onboarding.parameters import all_declared
from onboarding.payloads import as_percent, today
from onboarding.screening.hk_entries import REGIMES
from onboarding.screening.payment_release import LOOKED_INTO
from onboarding.users import Role, User

MOST_CLIENTS = 200
MOST_FILES = 20


class _OfAsset(ProposeForm):
    asset = forms.ModelChoiceField(Asset.objects.order_by("pk"), to_field_name="code")

    def subject(self) -> str:
        return self.cleaned_data["asset"].code


class HaircutForm(_OfAsset):
    lending = PercentField(label="Lending haircut, %")
    liquidation = PercentField(label="Liquidation haircut, %")
    effective_at = FromField()


class FrrHaircutForm(_OfAsset):
    frr = PercentField(label="FRR haircut, %")
    effective_at = FromField()


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
    effective_at = FromField()

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
    from_date = date_field("From")
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
    assessment = words_field("Written risk assessment")
    basis = forms.CharField(
        label="Rests on",
        required=False,
        max_length=200,
        help_text="The credit assessment or other evidence, by its reference.",
    )
    review_date = date_field("Reviewed again by", help_text="Within a year.")

    def __init__(self, *args, now: datetime, **kwargs):
        super().__init__(*args, now=now, **kwargs)
        self.fields["review_date"].initial = today(now) + timedelta(days=365)

    def subject(self) -> str:
        return self.cleaned_data["account"]


class SizeForm(ProposeForm):
    command = forms.ChoiceField(label="Of", choices=[(CREDIT_LIMIT, "Credit limit")])
    amount = forms.DecimalField(label="Size, HKD", min_value=0, decimal_places=2)
    effective_at = FromField()

    def subject(self) -> str:
        return dict(self.fields["command"].choices)[self.cleaned_data["command"]]


class ParameterForm(ProposeForm):
    """Typed in the parameter's own unit; a fraction is a part of one."""

    parameter = forms.ChoiceField(label="Parameter")
    value = forms.DecimalField(
        label="Value", min_value=0, help_text="A share is a part of one: 0.35 is 35%."
    )
    source = words_field("Rests on", help_text="Rule and text, or the decision of the house.")
    verified = forms.ChoiceField(
        label="Was the source read?", choices=[("no", "No"), ("yes", "Yes, by me")]
    )
    effective_at = FromField()

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
    notified_date = date_field("Notified on", required=False)
    effective_at = FromField()

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
    from_date = date_field("From")

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


class HoldForm(ProposeForm):
    client = forms.CharField(label="Client number", max_length=12, required=False)
    document = forms.CharField(
        label="Or one document, by its number", max_length=18, required=False
    )
    on = forms.ChoiceField(label="Hold", choices=[("on", "On"), ("off", "Lifted")])
    reference = forms.CharField(label="Reference of the notice", max_length=200)

    def subject(self) -> str:
        return self.cleaned_data["client"] or f"document {self.cleaned_data['document']}"


class EraseForm(ProposeForm):
    """Asks for nothing but why: what is past its time is past its time."""

    def subject(self) -> str:
        return ""


class DisclosureForm(ProposeForm):
    """Opens with the words of the last version where the text is named in the address."""

    code = forms.ChoiceField(label="Text", choices=Code.choices)
    title_en = forms.CharField(label="Title in English", max_length=120)
    title_zh = forms.CharField(label="Title in Chinese", max_length=120)
    body_en = forms.CharField(label="Text in English", widget=forms.Textarea(attrs={"rows": 16}))
    body_zh = forms.CharField(label="Text in Chinese", widget=forms.Textarea(attrs={"rows": 16}))
    effective_at = FromField()

    def __init__(self, *args, now: datetime, **kwargs):
        super().__init__(*args, now=now, **kwargs)
        last = last_version(self.initial.get("code", ""))
        if last and not self.is_bound:
            self.initial |= {name: getattr(last, name) for name in DISCLOSURE_FIELDS}

    def subject(self) -> str:
        return Code(self.cleaned_data["code"]).label


_YES_OR_NO = [("yes", "Yes"), ("no", "No")]


class StatusForm(ProposeForm):
    status = forms.CharField(label="Number of the assessment", max_length=18)

    def subject(self) -> str:
        return f"assessment {self.cleaned_data['status']}"


class QualificationForm(ClientForm):
    """Each criterion is argued and judged; the consent comes after the explanation."""

    market = forms.ChoiceField(label="For", choices=Market.choices)
    explained_date = date_field("Consequences explained in writing on")
    consent_date = date_field("Consent signed on")
    consent_reference = forms.CharField(label="Reference of the consent", max_length=120)

    def __init__(self, *args, now: datetime, **kwargs):
        super().__init__(*args, now=now, **kwargs)
        for name, words in CRITERIA.items():
            self.fields[name] = words_field(words)
            self.fields[f"{name}_met"] = forms.ChoiceField(label="Met?", choices=_YES_OR_NO)
        self.order_fields([name for name in self.fields if name != "reason"] + ["reason"])


class YearlyForm(ClientForm):
    market = forms.ChoiceField(label="For", choices=Market.choices)
    stands = forms.ChoiceField(label="Still qualifies and consents?", choices=_YES_OR_NO)
    confirmed_date = date_field("Said on")
    reference = forms.CharField(label="Reference of the letter", max_length=120)


class TrainingForm(ClientForm):
    signatory = forms.CharField(
        label="Login of the signatory",
        required=False,
        max_length=150,
        help_text="Leave it empty where everybody who signs was there.",
    )
    given_date = date_field("Given on")
    trainer = forms.CharField(label="Given by", max_length=120)
    content = words_field("What was taught")


class BankForm(ProposeForm):
    bank = forms.CharField(label="Bank of questions", max_length=20)

    def subject(self) -> str:
        return self.cleaned_data["bank"]


class TieForm(ClientForm):
    kind = forms.ChoiceField(label="Tie", choices=TieKind.choices)
    other = forms.CharField(label="To the client", required=False, max_length=12)
    party = forms.CharField(label="Or to somebody who is no client", required=False, max_length=120)
    reference = forms.CharField(
        label="Known by", required=False, max_length=60, help_text="A document or register number."
    )
    party_first = forms.ChoiceField(
        label="Who controls, guarantees or acts",
        choices=[("", "The client"), ("yes", "Who is no client")],
        required=False,
    )
    share = PercentField(label="Votes held, %", required=False)
    from_date = date_field("From")


class EndOfTieForm(ProposeForm):
    connection = forms.CharField(label="Number of the tie", max_length=18)
    until_date = date_field("Ended on")

    def subject(self) -> str:
        return f"tie {self.cleaned_data['connection']}"


class PepApprovalForm(ProposeForm):
    hit = forms.CharField(label="Hit, by its number", max_length=18)
    source_of_wealth = words_field("Source of wealth")
    source_of_funds = words_field("Source of the money")
    evidence = words_field("Evidence, by its references")

    def subject(self) -> str:
        return f"hit {self.cleaned_data['hit']}"


class DesignationForm(ProposeForm):
    """An entry that is removed needs its reference and the notice alone."""

    change = forms.ChoiceField(label="It is", choices=[("add", "Added"), ("remove", "Removed")])
    ref = forms.CharField(label="Reference", max_length=60)
    notice = forms.CharField(label="Notice it rests on", max_length=200)
    regime = forms.ChoiceField(label="Under", choices=list(REGIMES.items()))
    kind = forms.ChoiceField(choices=[("person", "Person"), ("entity", "Entity")])
    name = forms.CharField(max_length=200, required=False)
    name_chinese = forms.CharField(label="Chinese name", max_length=60, required=False)
    aliases = forms.CharField(max_length=1000, required=False, help_text="With semicolons between.")
    birth = forms.CharField(
        label="Birth date", max_length=40, required=False, help_text="2026-03-02, 1970, circa 1970."
    )
    nationality = forms.CharField(max_length=60, required=False)
    identity = forms.CharField(label="Identity number", max_length=60, required=False)

    def subject(self) -> str:
        return self.cleaned_data["ref"]


class ReturnPaymentForm(ProposeForm):
    payment = forms.CharField(label="Payment, by the bank's reference", max_length=60)

    def subject(self) -> str:
        return self.cleaned_data["payment"]


class ReleasePaymentForm(ReturnPaymentForm):
    relationship = words_field(LOOKED_INTO["relationship"])
    identity = words_field(LOOKED_INTO["identity"])
    purpose = words_field(LOOKED_INTO["purpose"])


class ApplicationForm(ProposeForm):
    application = forms.CharField(label="Application", max_length=12)

    def subject(self) -> str:
        return self.cleaned_data["application"]


class ApplicationCreditForm(ApplicationForm):
    limit = forms.DecimalField(
        label="First credit limit, HKD", min_value=1, max_digits=20, decimal_places=2
    )
    spread = PercentField(label="Spread over the benchmark, % a year")
    review_date = date_field("Reviewed by", help_text="Within a year.")
    basis = forms.CharField(
        label="Rests on", required=False, max_length=200, help_text="Accounts, references, score."
    )
    assessment = words_field("Written assessment")


FORMS: dict[str, type[ProposeForm]] = {
    "application_credit": ApplicationCreditForm,
    "open_account": ApplicationForm,
    "refuse_application": ApplicationForm,
    "haircut": HaircutForm,
    "frr_haircut": FrrHaircutForm,
    "manual_price": ManualPriceForm,
    "price_file": PriceFileForm,
    "margin_terms": TermsForm,
    "benchmark_rate": BenchmarkForm,
    CREDIT_ASSESSMENT: AssessmentForm,
    CREDIT_LIMIT: LimitForm,
    GROUP_LIMIT: GroupLimitForm,
    "approval_size": SizeForm,
    "parameter": ParameterForm,
    "product_switch": SwitchForm,
    "suspend_client": ClientForm,
    "reactivate_client": ClientForm,
    "close_client": ClientForm,
    "handover": HandoverForm,
    "legal_hold": HoldForm,
    "erase_documents": EraseForm,
    "disclosure_version": DisclosureForm,
    "confirm_investor": StatusForm,
    "withdraw_investor": ClientForm,
    "qualify_investor": QualificationForm,
    "confirm_qualification": YearlyForm,
    "record_training": TrainingForm,
    "knowledge_bank": BankForm,
    "connect_clients": TieForm,
    "disconnect_clients": EndOfTieForm,
    "pep_approval": PepApprovalForm,
    "hk_designation": DesignationForm,
    "release_payment": ReleasePaymentForm,
    "return_payment": ReturnPaymentForm,
    **CUSTODY_FORMS,
}


def proposable_by(user) -> list[str]:
    """The names of the commands that `user` may propose by a form."""
    return [
        command.name
        for command in commands()
        if command.name in FORMS and user.role in command.proposes
    ]
