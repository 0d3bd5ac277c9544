#!/usr/bin/env python
"""Django's command line."""

import os
import sys

from django.core.management import execute_from_command_line

from broker import embedded


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "broker.settings")
    try:
        embedded.hold()
    except embedded.ServerDidNotStart as refusal:
        sys.exit(str(refusal))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
