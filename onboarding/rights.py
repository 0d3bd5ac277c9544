"""What each role may do: one table, and the backend that answers from it alone."""

from django.contrib.auth.backends import ModelBackend

from onboarding.users import Role

# What may be looked at on the staff site. Nothing on it is edited in place: what changes money or
# risk is an act with a maker and a checker, and acts have permissions of their own.
_BOOK = frozenset(
    {
        "onboarding.view_client",
        "lending.view_marginaccount",
        "lending.view_margincall",
        "lending.view_marginmove",
        "lending.view_margincallmove",
    }
)
_MARKET = frozenset(
    {
        "collateral.view_asset",
        "collateral.view_haircut",
        "collateral.view_price",
        "collateral.view_heldback",
        "collateral.view_manualprice",
        "collateral.view_fileclose",
        "collateral.view_priceincident",
        "collateral.view_venuehealth",
    }
)
_DEALS = frozenset(
    {
        "lending.view_order",
        "lending.view_ordermove",
        "lending.view_draw",
        "lending.view_repayment",
        "lending.view_deficit",
        "collateral.view_movement",
    }
)
_BOOKS = frozenset(
    {
        "lending.view_entry",
        "lending.view_posting",
        "lending.view_ledgeraccount",
        "lending.view_accrual",
    }
)
_REPORTS = frozenset({"broker.view_storedreport", "broker.view_jobrun", "broker.view_notice"})
_DOCUMENTS = frozenset({"broker.view_accountdocument"})
_TERMS = frozenset({"lending.view_marginterms", "lending.view_benchmarkrate"})
_HOUSE = frozenset(
    {
        "onboarding.view_legalentity",
        "onboarding.view_productswitch",
        "onboarding.view_approvalsize",
        "onboarding.view_parametervalue",
    }
)
# Whoever judges a client reads the papers, and who read which is kept for those who oversee.
_PAPERS = frozenset(
    {"onboarding.view_document", "onboarding.view_disclosure", "onboarding.view_acceptance"}
)
_READINGS = frozenset({"onboarding.view_documentreading"})
_CORRESPONDS = frozenset({"onboarding.read_messages", "onboarding.write_messages"})
_APPLICATIONS = frozenset({"onboarding.read_applications"})
# On what a check rests, and why somebody was refused, is not for the front office (AML-12).
_CHECKS = frozenset({"onboarding.read_checks"})
_LIMITS = frozenset({"lending.view_creditlimitchange"})
_INVESTORS = frozenset(
    {
        "onboarding.view_investorstatus",
        "onboarding.view_connection",
        "onboarding.view_enquiry",
    }
)
_CREDIT = frozenset({"onboarding.view_creditassessment", "lending.view_grouplimit"})
# The screening desk, the lists and held payments; the monitoring's alerts; the MLRO's cases.
_SCREENING = frozenset({"onboarding.view_screening", "onboarding.view_held_payments"})
_MONITORING = frozenset({"onboarding.view_monitoring"})
_SUSPICION = frozenset({"onboarding.view_suspicion"})
_CUSTODY = frozenset(
    {
        "collateral.view_placelicence",
        "collateral.view_corporateaction",
        "collateral.view_difference",
    }
)
_EVERYTHING = (
    _BOOK
    | _MARKET
    | _DEALS
    | _BOOKS
    | _REPORTS
    | _DOCUMENTS
    | _TERMS
    | _HOUSE
    | _LIMITS
    | _PAPERS
    | _READINGS
    | _INVESTORS
    | _CREDIT
    | _APPLICATIONS
    | _CHECKS
    | _CUSTODY
    | {"broker.view_live_book"}
)

PERMISSIONS: dict[str, frozenset[str]] = {
    Role.CLIENT: frozenset(),
    # An RM sees the own clients' rows only: the admin narrows every queryset by this role.
    Role.RM: _BOOK
    | _LIMITS
    | _PAPERS
    | _CORRESPONDS
    | _INVESTORS
    | _APPLICATIONS
    | _DOCUMENTS
    | {"lending.view_order", "lending.view_draw", "lending.view_repayment"}
    # The limit of a group tells of clients whom another serves.
    | {"onboarding.view_creditassessment"},
    Role.ONBOARDING_OFFICER: _APPLICATIONS
    | _CHECKS
    | _HOUSE
    | _PAPERS
    | _CORRESPONDS
    | _INVESTORS
    | {
        "onboarding.view_client",
        "onboarding.view_creditassessment",
        "onboarding.review_applications",
    },
    Role.CREDIT_OFFICER: _BOOK
    | _MARKET
    | _DEALS
    | _TERMS
    | _LIMITS
    | _PAPERS
    | _INVESTORS
    | _CREDIT
    | _APPLICATIONS
    | _CHECKS
    | {"broker.view_live_book"},
    Role.RISK_OFFICER: _EVERYTHING,
    Role.COMPLIANCE: _EVERYTHING | _SCREENING | _MONITORING | {"onboarding.read_messages"},
    Role.RESPONSIBLE_OFFICER: _EVERYTHING | _SCREENING,
    Role.DEALING: _BOOK | _MARKET | _DEALS | {"broker.view_live_book"},
    Role.OPERATIONS: _BOOK
    | _MARKET
    | _DEALS
    | _BOOKS
    | _REPORTS
    | _CUSTODY
    | _DOCUMENTS
    | {"broker.view_live_book", "onboarding.view_held_payments"},
    Role.FINANCE: _BOOK
    | _MARKET
    | _DEALS
    | _BOOKS
    | _REPORTS
    | _CUSTODY
    | _DOCUMENTS
    | _TERMS
    | _HOUSE,
    Role.MLRO: _BOOK
    | _DEALS
    | _PAPERS
    | _READINGS
    | _INVESTORS
    | _SCREENING
    | _MONITORING
    | _SUSPICION
    | _APPLICATIONS
    | _CHECKS,
    Role.MIC_OMO: _EVERYTHING | _SCREENING,
    Role.MIC_RM: _EVERYTHING,
    # Everything but suspicion, which is the MLRO's alone (AML-12).
    Role.AUDITOR: _EVERYTHING | _SCREENING | _MONITORING | {"onboarding.read_messages"},
}


class RoleBackend(ModelBackend):
    """Passwords as Django keeps them; permissions from the role and from nowhere else."""

    def get_user_permissions(self, user_obj, obj=None):
        return self.get_all_permissions(user_obj, obj)

    def get_group_permissions(self, user_obj, obj=None):
        return set()

    def get_all_permissions(self, user_obj, obj=None):
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        return set(PERMISSIONS[user_obj.role])

    def has_perm(self, user_obj, perm, obj=None):
        return perm in self.get_all_permissions(user_obj, obj)

    def has_module_perms(self, user_obj, app_label):
        held = self.get_all_permissions(user_obj)
        return any(permission.startswith(f"{app_label}.") for permission in held)
