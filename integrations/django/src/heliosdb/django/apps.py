"""The app, which brings ``manage.py branch``."""

from __future__ import annotations

from django.apps import AppConfig


class HeliosConfig(AppConfig):
    """HeliosDB among a project's ``INSTALLED_APPS``."""

    name = "heliosdb.django"
    label = "heliosdb"
    verbose_name = "HeliosDB"
