"""The addresses of the portal, and of what a counter does for it."""

from __future__ import annotations

from django.urls import URLPattern, path

from renshe.channels.portal import applying, counter, doors, looking, matters

urlpatterns: list[URLPattern] = [
    path("portal/", matters.home, name="portal_home"),
    path("portal/sign-in", doors.sign_in, name="portal_sign_in"),
    path("portal/first", doors.first, name="portal_first"),
    path("portal/demo", doors.demo, name="portal_demo"),
    path("portal/sign-out", doors.sign_out, name="portal_sign_out"),
    path("portal/me", doors.me, name="portal_me"),
    path("portal/me/password", doors.password, name="portal_password"),
    path("portal/data", looking.data, name="portal_data"),
    path("portal/data/whole", looking.data_whole, name="portal_data_whole"),
    path("portal/apply/<str:type>", applying.blank, name="portal_blank"),
    path("portal/apply/<str:type>/form", applying.begin, name="portal_begin"),
    path("portal/cases/<str:number>", matters.case, name="portal_case"),
    path("portal/cases/<str:number>/edit", applying.edit, name="portal_edit"),
    path("portal/cases/<str:number>/form", applying.fill, name="portal_fill"),
    path("portal/cases/<str:number>/submission", matters.submit, name="portal_submit"),
    path("portal/cases/<str:number>/withdrawal", matters.withdraw, name="portal_withdraw"),
    path("portal/cases/<str:number>/papers", matters.attach, name="portal_attach"),
    path("portal/cases/<str:number>/papers/<int:paper>", matters.paper, name="portal_paper"),
    path("portal/cases/<str:number>/papers/<int:paper>/removal", matters.detach, name="portal_detach"),
    path("portal/cases/<str:number>/documents", matters.issue, name="portal_issue"),
    path("portal/cases/<str:number>/documents/<str:document>", matters.document, name="portal_document"),
    path("people/<str:person_no>/portal", counter.open_person, name="portal_open_person"),
    path("units/<str:unit_no>/portal", counter.open_unit, name="portal_open_unit"),
]
