"""Accounts, calls, deals and books on the staff site."""

from lending.admin import account, books, call, deals, terms

__all__ = ["account", "books", "call", "deals", "terms"]
