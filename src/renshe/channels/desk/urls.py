"""The addresses of the workbench."""

from __future__ import annotations

from django.urls import URLPattern, path

from renshe.channels.desk import acting, boxes, changes, demo, home, ledgers, matters, me, papers, signing, starting

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("sign-in", signing.sign_in, name="sign_in"),
    path("sign-out", signing.sign_out, name="sign_out"),
    path("demo", demo.demo, name="demo"),
    path("find", home.find, name="find"),
    path("inbox/<slug:box>", boxes.inbox, name="inbox"),
    path("inbox/<slug:box>/decisions", boxes.decide_many, name="decide_many"),
    path("start", starting.start, name="start"),
    path("start/<str:type>", starting.blank, name="blank"),
    path("start/<str:type>/form", starting.begin, name="begin"),
    path("cases", boxes.cases, name="cases"),
    path("cases/search", boxes.search, name="search"),
    path("cases/export", boxes.export, name="export"),
    path("cases/<str:number>", matters.case, name="case"),
    path("cases/<str:number>/edit", starting.edit, name="edit"),
    path("cases/<str:number>/form", starting.fill, name="fill"),
    path("cases/<str:number>/submission", acting.submit, name="submit"),
    path("cases/<str:number>/decision", acting.decide, name="decide"),
    path("cases/<str:number>/withdrawal", acting.withdraw, name="withdraw"),
    path("cases/<str:number>/taking", acting.take, name="take"),
    path("cases/<str:number>/assignment", acting.assign, name="assign"),
    path("cases/<str:number>/suspension", acting.pause, name="pause"),
    path("cases/<str:number>/resumption", acting.resume, name="resume"),
    path("cases/<str:number>/extension", acting.extend, name="extend"),
    path("cases/<str:number>/disclosure", acting.reveal, name="reveal"),
    path("cases/<str:number>/trace", matters.trace, name="trace"),
    path("cases/<str:number>/papers", papers.add, name="paper_add"),
    path("cases/<str:number>/papers/<int:paper>/removal", papers.remove, name="paper_remove"),
    path("cases/<str:number>/documents", papers.issue, name="issue"),
    path("journal", changes.journal, name="journal"),
    path("journal/search", changes.journal_search, name="journal_search"),
    path("journal/<int:entry>/disclosure", changes.journal_reveal, name="journal_reveal"),
    path("months", changes.this_month, name="months"),
    path("months/<str:month>/<str:region>", changes.month, name="month"),
    path("months/<str:month>/<str:region>/check", changes.month_check, name="month_check"),
    path("months/<str:month>/<str:region>/document", changes.month_print, name="month_print"),
    path("me", me.me, name="me"),
    path("me/password", me.password, name="password"),
    path("books/<slug:name>", ledgers.book, name="book"),
    path("books/<slug:name>/do/<slug:deed>", ledgers.do, name="book_do"),
    path("books/<slug:name>/<int:key>", ledgers.row, name="book_row"),
    path("books/<slug:name>/<int:key>/<slug:deed>", ledgers.do_row, name="book_row_do"),
    path("papers/<int:paper>", papers.read, name="paper"),
    path("documents/<str:number>", papers.document, name="document"),
]
