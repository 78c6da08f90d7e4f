"""A shop, as a Django project has one."""

from __future__ import annotations

from django.db import models

from heliosdb.django import HistoryManager, VectorField


class Shelf(models.Model):
    name = models.CharField(max_length=50)

    objects = models.Manager()
    history = HistoryManager()


class Fruit(models.Model):
    name = models.CharField(max_length=50, unique=True)
    price = models.IntegerField(default=0)
    taste = VectorField(dimensions=3, null=True, blank=True)
    shelf = models.ForeignKey(Shelf, models.CASCADE, related_name="fruits", null=True)
    rank = models.IntegerField(default=7)

    objects = models.Manager()
    history = HistoryManager()
