"""
What every page of the staff site has in common: it is looked at, and by whom it concerns.

Nothing is added, edited or deleted by a form. What moves money or risk is an act with a maker and
a checker, and has a door of its own.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from onboarding.clients import Client
from onboarding.users import Role

NONE = "–"


class _Unchangeable:
    empty_value_display = NONE

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class LookOnly(_Unchangeable, ModelAdmin):
    """
    A list and a page of each row, for whoever holds the model's view permission.

    A relationship manager sees the own clients' rows alone, in lists, searches and pages:
    `client_paths` are the look-ups from a row to its client. Where there is none the rows are
    nobody's, and a relationship manager sees none of them. A row one may not see is not found.
    """

    client_paths: tuple[str, ...] = ()
    actions = None
    list_per_page = 50
    list_fullwidth = True

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        if request.user.role != Role.RM:
            return rows
        return self.of_own_clients(rows, request.user, now=timezone.now())

    def of_own_clients(self, rows: QuerySet, manager, *, now: datetime) -> QuerySet:
        """Those of `rows` that belong to the clients `manager` serves now."""
        if not self.client_paths:
            return rows.none()
        served = Client.objects.served_by(manager, on=timezone.localdate(now)).values("pk")
        belongs = Q()
        for path in self.client_paths:
            belongs |= Q(**{f"{path}__in": served})
        return rows.filter(belongs)

    def get_readonly_fields(self, request, obj=None):
        return flatten_fieldsets(self.fieldsets) if self.fieldsets else self.fields

    def history_view(self, request, object_id, extra_context=None):
        """The admin's own log knows nothing here: what happened to a row is in its moves."""
        raise Http404

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        raise Http404(f"no {opts.verbose_name} {object_id}")


class LookOnlyInline(_Unchangeable, TabularInline):
    """
    Rows that belong to the page's own row, under a tab of their own, twenty at a time.

    `seen_with` is the permission that shows them; without one it is their model's own.
    """

    seen_with: str | None = None
    extra = 0
    ordering = ("pk",)
    per_page = 20
    tab = True
    hide_title = True

    def has_view_permission(self, request, obj=None):
        if self.seen_with:
            return request.user.has_perm(self.seen_with)
        return super().has_view_permission(request, obj)

    def get_readonly_fields(self, request, obj=None):
        return self.fields


def value_of(row, path: str):
    """
    What `path`, names with double underscores between, leads to; `row` itself where it is empty.

    A name may be that of a method. None where a step of the way is empty.
    """
    for name in path.split("__") if path else ():
        if row is None:
            return None
        row = getattr(row, name)
        row = row() if callable(row) else row
    return row


def column(name: str, path: str, description: str, show: Callable, *, ordering: str | None = None):
    """
    A column or field called `name` in the style sheet: `show` of what `path` leads to.

    `ordering` is the field by which the list may be ordered when one clicks on its head.
    """

    @display(description=description, ordering=ordering)
    def shown(row):
        value = value_of(row, path)
        return NONE if value is None else show(value)

    shown.__name__ = name
    return shown


def hong_kong(at: datetime) -> str:
    """`at` as the desk reads it: Hong Kong time, to the minute."""
    return date_format(timezone.localtime(at), "j M Y, H:i")


def to_the_second(at: datetime) -> str:
    """`at` in Hong Kong time, where the order of events matters."""
    return date_format(timezone.localtime(at), "j M Y, H:i:s")


def this_week(at: datetime) -> str:
    """`at` in Hong Kong time where it is near: the day of the week, and no year."""
    return date_format(timezone.localtime(at), "D j M, H:i")


def calendar_day(on: date) -> str:
    return date_format(on, "j M Y")


def moment(path: str, description: str, *, show: Callable[[datetime], str] = hong_kong):
    return column(f"at_{path}", path, description, show, ordering=path)


def day(path: str, description: str):
    return column(f"at_{path}", path, description, calendar_day, ordering=path)


def zone(word: str, tone: str):
    """A word and its colour: success, warning, danger, info, or default for none."""
    return format_html('<span class="hb-zone {}">{}</span>', tone, word)


def state(path: str, description: str, tones: Mapping[str, str], *, words: Mapping | None = None):
    """
    A state as a coloured word. `tones` names the colour of each state, `words` its word; without
    them the field's own choices do.
    """

    def said(row):
        owner, _, name = path.rpartition("__")
        subject = value_of(row, owner)
        if subject is None:
            return NONE
        value = getattr(subject, name)
        word = words[value] if words else getattr(subject, f"get_{name}_display")()
        return zone(word, tones[value])

    return column(f"state_{path}", "", description, said, ordering=path)


def text(path: str, description: str):
    """What `path` leads to, in words and without a link: not everybody may see its page."""
    return column(f"text_{path or 'row'}", path, description, str)


def word(path: str, description: str):
    """A name of the code, as a step or a kind of entry, said as a word."""

    def said(name: str) -> str:
        return name.replace("_", " ").capitalize()

    return column(f"word_{path}", path, description, said, ordering=path)


def link(path: str, description: str, *, show: Callable = str):
    """The row that `path` leads to, or the row itself, as a link to its page."""

    def linked(subject):
        meta = subject._meta
        url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[subject.pk])
        return format_html('<a class="text-link" href="{}">{}</a>', url, show(subject))

    return column(f"link_{path or 'row'}", path, description, linked)


def to_state(choices: list[tuple[str, str]]) -> type[SimpleListFilter]:
    """A filter of moves by the state they led to; `choices` are the machine's states."""

    class ToState(SimpleListFilter):
        title = "state it led to"
        parameter_name = "target"

        def lookups(self, request, model_admin):
            return choices

        def queryset(self, request, queryset):
            return queryset.filter(target=self.value()) if self.value() else queryset

    return ToState
