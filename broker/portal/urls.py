"""The addresses of the client's pages."""

from django.urls import path

from broker.portal.account_documents import document as account_document
from broker.portal.account_documents import documents as account_documents
from broker.portal.account_documents import statement_of_days
from broker.portal.acknowledge import acknowledge
from broker.portal.activity_pages import activity, activity_file
from broker.portal.application import application, confirm, give_up
from broker.portal.applications import applications
from broker.portal.disclosures import disclosure, disclosures
from broker.portal.documents import documents
from broker.portal.draw import draw
from broker.portal.entrance import entrance
from broker.portal.home import home
from broker.portal.investor import investor, knowledge
from broker.portal.messages import conversation
from broker.portal.papers import papers
from broker.portal.parties import parties, party, remove
from broker.portal.repay import repay
from broker.portal.requests import answer_request
from broker.portal.sign_up import letter_sent, new_login, sign_up
from broker.portal.signers import invitation, signers
from broker.portal.step import step

app_name = "portal"


def _of_one_application() -> list:
    """The pages under the number of an application; the last is any step that is a plain form."""
    at = "applications/<str:number>/"
    return [
        path(at, application, name="application"),
        path(f"{at}withdraw/", give_up, name="give_up"),
        path(f"{at}confirm/", confirm, name="confirm"),
        path(f"{at}parties/", parties, name="parties"),
        path(f"{at}parties/new/<str:nature>/", party, name="new_party"),
        path(f"{at}parties/<int:pk>/", party, name="party"),
        path(f"{at}parties/<int:pk>/remove/", remove, name="remove_party"),
        path(f"{at}people/", signers, name="signers"),
        path(f"{at}documents/", papers, name="papers"),
        path(f"{at}requests/<int:pk>/", answer_request, name="answer_request"),
        path(f"{at}<str:step>/", step, name="step"),
    ]


urlpatterns = [
    path("", entrance, name="entrance"),
    path("messages/", conversation, name="messages"),
    path("terms/", disclosures, name="disclosures"),
    path("terms/<int:pk>/", disclosure, name="disclosure"),
    path("documents/", documents, name="documents"),
    path("accounts/<str:number>/", home, name="home"),
    path("accounts/<str:number>/repay/", repay, name="repay"),
    path("accounts/<str:number>/draw/", draw, name="draw"),
    path("accounts/<str:number>/documents/", account_documents, name="account_documents"),
    path("accounts/<str:number>/documents/<int:pk>/", account_document, name="account_document"),
    path("accounts/<str:number>/statement/", statement_of_days, name="statement_of_days"),
    path("accounts/<str:number>/activity/", activity, name="activity"),
    path("accounts/<str:number>/activity/file/", activity_file, name="activity_file"),
    path("accounts/<str:number>/calls/<int:call_id>/acknowledge/", acknowledge, name="acknowledge"),
    path("investor/<str:number>/", investor, name="investor"),
    path("investor/<str:number>/test/", knowledge, name="knowledge"),
    path("apply/", sign_up, name="sign_up"),
    path("apply/sent/", letter_sent, name="letter_sent"),
    path("apply/<str:secret>/", new_login, name="new_login"),
    path("invitations/<str:secret>/", invitation, name="invitation"),
    path("applications/", applications, name="applications"),
    *_of_one_application(),
]
