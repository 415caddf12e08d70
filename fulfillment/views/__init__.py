"""Pages of fulfilment that need no account: returning goods by a signed link."""

from django.urls import path

from fulfillment.views.returns import keep_goods, return_goods, return_paper

urlpatterns = [
    path("returns/<str:token>/", return_goods, name="return"),
    path("returns/<str:token>/<str:number>/label/", return_paper, name="return-paper"),
    path("returns/<str:token>/<str:number>/keep/", keep_goods, name="return-keep"),
]
