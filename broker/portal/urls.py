"""The addresses of the client's pages."""

from django.urls import path

from broker.portal.acknowledge import acknowledge
from broker.portal.disclosures import disclosure, disclosures
from broker.portal.documents import documents
from broker.portal.draw import draw
from broker.portal.entrance import entrance
from broker.portal.home import home
from broker.portal.investor import investor, knowledge
from broker.portal.messages import conversation
from broker.portal.repay import repay

app_name = "portal"
urlpatterns = [
    path("", entrance, name="entrance"),
    path("messages/", conversation, name="messages"),
    path("terms/", disclosures, name="disclosures"),
    path("terms/<int:pk>/", disclosure, name="disclosure"),
    path("documents/", documents, name="documents"),
    path("accounts/<str:number>/", home, name="home"),
    path("accounts/<str:number>/repay/", repay, name="repay"),
    path("accounts/<str:number>/draw/", draw, name="draw"),
    path("accounts/<str:number>/calls/<int:call_id>/acknowledge/", acknowledge, name="acknowledge"),
    path("investor/<str:number>/", investor, name="investor"),
    path("investor/<str:number>/test/", knowledge, name="knowledge"),
]
