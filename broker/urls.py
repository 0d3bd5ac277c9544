"""Every address of the house."""

from django.contrib import admin
from django.urls import include, path

from broker.backoffice.application import application
from broker.backoffice.applications import applications
from broker.backoffice.approvals import inbox, together
from broker.backoffice.book import book
from broker.backoffice.client import client
from broker.backoffice.corporate_actions import corporate_actions, load_ex_dates
from broker.backoffice.credit import credit
from broker.backoffice.custody_places import custody_places
from broker.backoffice.groups import enquiry, groups
from broker.backoffice.investors import assess_investor, investor, investors
from broker.backoffice.messages import conversation, overview
from broker.backoffice.monitoring import alert, alerts
from broker.backoffice.parameters import parameters
from broker.backoffice.payments import payments
from broker.backoffice.prices import prices_now
from broker.backoffice.proposal import proposal
from broker.backoffice.propose import choose, propose
from broker.backoffice.reconciliation import (
    compare_again,
    load_place_statement,
    reconciliation,
    take_difference,
)
from broker.backoffice.reviews import reviews
from broker.backoffice.screening import desk, hit, lists
from broker.backoffice.screening import together as screening_together
from broker.backoffice.suspicion import case, cases, report
from broker.handout import document

urlpatterns = [
    path("", include("broker.signin.urls")),
    path("documents/<int:pk>/", document, name="document"),
    path("staff/messages/", overview, name="staff_messages"),
    path("staff/messages/<str:kind>/<str:key>/", conversation, name="staff_conversation"),
    path("staff/book/", book, name="live_book"),
    path("staff/approvals/", inbox, name="approvals"),
    path("staff/approvals/together/", together, name="approve_together"),
    path("staff/approvals/new/", choose, name="propose_choose"),
    path("staff/approvals/new/<slug:command>/", propose, name="propose"),
    path("staff/approvals/<int:pk>/", proposal, name="proposal"),
    path("staff/clients/<str:number>/", client, name="client_page"),
    path("staff/applications/", applications, name="applications"),
    path("staff/applications/<str:number>/", application, name="application"),
    path("staff/custody/actions/", corporate_actions, name="corporate_actions"),
    path("staff/custody/actions/calendar/", load_ex_dates, name="load_ex_dates"),
    path("staff/custody/places/", custody_places, name="custody_places"),
    path("staff/custody/reconciliation/", reconciliation, name="reconciliation"),
    path("staff/custody/reconciliation/load/", load_place_statement, name="load_statement"),
    path("staff/custody/reconciliation/again/", compare_again, name="compare_again"),
    path("staff/custody/differences/<int:pk>/take/", take_difference, name="take_difference"),
    path("staff/parameters/", parameters, name="parameters"),
    path("staff/investors/", investors, name="investors"),
    path("staff/investors/<str:number>/", investor, name="investor"),
    path("staff/investors/<str:number>/assess/", assess_investor, name="assess_investor"),
    path("staff/groups/", groups, name="groups"),
    path("staff/enquiries/<int:pk>/", enquiry, name="enquiry"),
    path("staff/credit/<str:number>/", credit, name="credit"),
    path("staff/reviews/", reviews, name="credit_reviews"),
    path("staff/screening/", desk, name="screening"),
    path("staff/screening/together/", screening_together, name="screening_together"),
    path("staff/screening/lists/", lists, name="screening_lists"),
    path("staff/screening/<int:pk>/", hit, name="screening_hit"),
    path("staff/alerts/", alerts, name="alerts"),
    path("staff/alerts/<int:pk>/", alert, name="alert"),
    path("staff/payments/", payments, name="payments"),
    path("staff/suspicion/", cases, name="suspicion"),
    path("staff/suspicion/report/", report, name="report_suspicion"),
    path("staff/suspicion/<int:pk>/", case, name="suspicion_case"),
    path("staff/prices/", prices_now, name="prices_now"),
    path("staff/", admin.site.urls),
    path("api/v1/", include("broker.api.urls")),
    path("", include("broker.portal.urls")),
]
