"""How the sign-in library does things in this house: its words, and its secrets under a key."""

import base64

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": (
            "That name and password do not go together. Capital letters count."
        ),
        "too_many_login_attempts": (
            "Too many attempts have failed. Wait five minutes, or call your relationship manager."
        ),
        "incorrect_password": "That is not your password. Capital letters count.",
    }

    def is_open_for_signup(self, request) -> bool:
        """Nobody makes a login here: those of clients come with an application."""
        return False


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "That code is not the right one. Codes change every half minute.",
    }

    def encrypt(self, text: str) -> str:
        """The secret of an authenticator as it lies in the database."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """:raises cryptography.fernet.InvalidToken: none of the keys fits"""
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> MultiFernet:
    """The first key hides; every one of them opens, so that a key can be replaced."""
    return MultiFernet([Fernet(_key_of(secret)) for secret in settings.SECOND_FACTOR_SECRETS])


def _key_of(secret: str) -> bytes:
    derived = HKDF(SHA256(), length=32, salt=None, info=b"harbour second factor")
    return base64.urlsafe_b64encode(derived.derive(secret.encode()))
