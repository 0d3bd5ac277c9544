"""The addresses of the client's pages."""

from django.urls import path

from broker.portal.acknowledge import acknowledge
from broker.portal.draw import draw
from broker.portal.entrance import entrance
from broker.portal.home import home
from broker.portal.investor import investor, knowledge
from broker.portal.repay import repay

app_name = "portal"
urlpatterns = [
    path("", entrance, name="entrance"),
    path("accounts/<str:number>/", home, name="home"),
    path("accounts/<str:number>/repay/", repay, name="repay"),
    path("accounts/<str:number>/draw/", draw, name="draw"),
    path("accounts/<str:number>/calls/<int:call_id>/acknowledge/", acknowledge, name="acknowledge"),
    path("investor/<str:number>/", investor, name="investor"),
    path("investor/<str:number>/test/", knowledge, name="knowledge"),
]
