"""The addresses of the register's pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from renshe.core.pages.menu import entry
from renshe.modules.registry import books, compared, merging_views, regime_views, views
from renshe.modules.registry.selectors import QUERY

entry("业务", "人员", "people", QUERY)
entry("业务", "单位", "units", QUERY)
entry("业务", "数据修改申请", "modifications", QUERY)

# Declared by being read: ledgers follow these pages in the menu, panels stand on pages of others.
assert books and compared

urlpatterns: list[URLPattern] = [
    path("people", views.people, name="people"),
    path("people/search", views.people_search, name="people_search"),
    path("people/possible", views.possible, name="possible"),
    path("people/<str:person_no>", views.person, name="person"),
    path("people/<str:person_no>/disclosure", views.person_reveal, name="person_reveal"),
    path("units", views.unit_list, name="units"),
    path("units/search", views.unit_search, name="unit_search"),
    path("units/<str:unit_no>", views.unit, name="unit"),
    path("modifications", regime_views.requests, name="modifications"),
    path("modifications/<str:number>/designation", regime_views.designate, name="designate"),
    path("modifications/<str:number>/unsealing", regime_views.unseal, name="unseal"),
    path("modifications/<str:number>/entry", regime_views.enter, name="modification_enter"),
    path("modifications/<str:number>/closing", regime_views.abandon, name="abandon"),
    path("merging/hint", merging_views.merging_hint, name="merging_hint"),
    path("merging/<str:number>", merging_views.case_merging, name="merging"),
    path("merging/<str:number>/disclosure", merging_views.merging_reveal, name="merging_reveal"),
]
