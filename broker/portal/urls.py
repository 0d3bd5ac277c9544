"""The addresses of the client's pages."""

from django.urls import path

from broker.portal.acknowledge import acknowledge
from broker.portal.activity_pages import activity, activity_file
from broker.portal.documents import document, documents, statement_of_days
from broker.portal.draw import draw
from broker.portal.entrance import entrance
from broker.portal.home import home
from broker.portal.repay import repay

app_name = "portal"
urlpatterns = [
    path("", entrance, name="entrance"),
    path("accounts/<str:number>/", home, name="home"),
    path("accounts/<str:number>/repay/", repay, name="repay"),
    path("accounts/<str:number>/draw/", draw, name="draw"),
    path("accounts/<str:number>/documents/", documents, name="documents"),
    path("accounts/<str:number>/documents/<int:pk>/", document, name="document"),
    path("accounts/<str:number>/statement/", statement_of_days, name="statement_of_days"),
    path("accounts/<str:number>/activity/", activity, name="activity"),
    path("accounts/<str:number>/activity/file/", activity_file, name="activity_file"),
    path("accounts/<str:number>/calls/<int:call_id>/acknowledge/", acknowledge, name="acknowledge"),
]
