"""Clients on the staff site."""

from django.contrib import admin
from django.contrib.auth.models import Group

from onboarding.admin import clients, credit, disclosures, documents, house, investors

# Rights follow from the role alone (rights.py): a group would promise what it cannot give.
admin.site.unregister(Group)

__all__ = ["clients", "credit", "disclosures", "documents", "house", "investors"]
