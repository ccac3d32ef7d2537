"""Small models on which the ground is proved before a business line stands on it."""

from __future__ import annotations

from django.db import models

from renshe.core.org.models import Region


class Person(models.Model):
    journal_person = "id"

    name = models.TextField()
    id_number = models.TextField(null=True)
    birth = models.DateField(null=True)

    class Meta:
        db_table = "toys_person"


class Account(models.Model):
    journal_person = "person_id"

    person = models.ForeignKey(Person, models.PROTECT)
    year = models.IntegerField()
    balance = models.DecimalField(max_digits=18, decimal_places=2)

    class Meta:
        db_table = "toys_account"


class Shop(models.Model):
    journal_unit = "code"

    code = models.TextField(primary_key=True)
    name = models.TextField()

    class Meta:
        db_table = "toys_shop"


class Stall(models.Model):
    """One that stands in a region, and may be asked to be deleted."""

    scope_region = "region"
    deletable = True

    code = models.TextField(primary_key=True)
    region = models.ForeignKey(Region, models.PROTECT)

    class Meta:
        db_table = "toys_stall"
