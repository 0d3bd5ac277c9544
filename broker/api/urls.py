"""The addresses of the API, below /api/v1/."""

from django.urls import path, re_path

from broker.api.account import AccountDetail, AccountList
from broker.api.call import CallList
from broker.api.docs import Nowhere, Schema, docs
from broker.api.draw import DrawList
from broker.api.repayment import RepaymentList

app_name = "api"
urlpatterns = [
    path("accounts/", AccountList.as_view(), name="accounts"),
    path("accounts/<str:number>/", AccountDetail.as_view(), name="account"),
    path("accounts/<str:number>/calls/", CallList.as_view(), name="calls"),
    path("accounts/<str:number>/repayments/", RepaymentList.as_view(), name="repayments"),
    path("accounts/<str:number>/draws/", DrawList.as_view(), name="draws"),
    path("schema/", Schema.as_view(), name="schema"),
    path("docs/", docs, name="docs"),
    # With a slash at its end: without one, the address with it is tried first.
    re_path(r"^.*/$", Nowhere.as_view()),
]
