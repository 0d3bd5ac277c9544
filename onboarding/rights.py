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
_TERMS = frozenset({"lending.view_marginterms", "lending.view_benchmarkrate"})
_HOUSE = frozenset(
    {
        "onboarding.view_legalentity",
        "onboarding.view_productswitch",
        "onboarding.view_approvalsize",
        "onboarding.view_parametervalue",
    }
)
_LIMITS = frozenset({"lending.view_creditlimitchange"})
_EVERYTHING = (
    _BOOK
    | _MARKET
    | _DEALS
    | _BOOKS
    | _REPORTS
    | _TERMS
    | _HOUSE
    | _LIMITS
    | {"broker.view_live_book"}
)

PERMISSIONS: dict[str, frozenset[str]] = {
    Role.CLIENT: frozenset(),
    # An RM sees the own clients' rows only: the admin narrows every queryset by this role.
    Role.RM: _BOOK
    | _LIMITS
    | {"lending.view_order", "lending.view_draw", "lending.view_repayment"},
    Role.ONBOARDING_OFFICER: frozenset({"onboarding.view_client"}) | _HOUSE,
    Role.CREDIT_OFFICER: _BOOK | _MARKET | _DEALS | _TERMS | _LIMITS | {"broker.view_live_book"},
    Role.RISK_OFFICER: _EVERYTHING,
    Role.COMPLIANCE: _EVERYTHING,
    Role.RESPONSIBLE_OFFICER: _EVERYTHING,
    Role.DEALING: _BOOK | _MARKET | _DEALS | {"broker.view_live_book"},
    Role.OPERATIONS: _BOOK | _MARKET | _DEALS | _BOOKS | _REPORTS | {"broker.view_live_book"},
    Role.FINANCE: _BOOK | _MARKET | _DEALS | _BOOKS | _REPORTS | _TERMS | _HOUSE,
    Role.MLRO: _BOOK | _DEALS,
    Role.MIC_OMO: _EVERYTHING,
    Role.MIC_RM: _EVERYTHING,
    Role.AUDITOR: _EVERYTHING,
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
