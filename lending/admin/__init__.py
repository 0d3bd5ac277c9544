"""Accounts, calls, deals and books on the staff site."""

from lending.admin import account, books, call, deals, limits, terms

__all__ = ["account", "books", "call", "deals", "limits", "terms"]
