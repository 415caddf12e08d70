"""ReadOnlyAdmin, the base of every page of documents; EditableAdmin, the one of reference data."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin import ModelAdmin as PlainAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin, checkbox
from unfold.widgets import UnfoldAdminTextInputWidget

from oms import once
from oms.admin import runs
from oms.admin.acts import Act, actor
from oms.admin.forms import ActForm
from oms.downloads import pdf
from oms.errors import DomainError

# Buttons that apps above hang over lists: given the request and the page, a button or none.
list_buttons: list[Callable[[HttpRequest, "ReadOnlyAdmin"], dict[str, Any] | None]] = []

SENT_BEFORE = "This form was sent before; look at the rows, and choose anew what is left to do."
ALREADY = "This form was sent before; nothing was done twice."
AT_ONCE = 50  # rows whose paper is made at once and without a question
FEW = 8  # rows of a selection that are named before a run
BUTTONS_SHOWN = 4  # more than these go under More
COUNT_STOPS_AT = 10_000
BETWEEN_TAGS = re.compile(rb">\s{2,}<")
ROW = "the-row"  # stands for a primary key until the row is known


class CappedPaginator(Paginator):
    """Counts no further than 10,000 rows, so that a list costs the same however long it is."""

    template_name = "admin/list_pages.html"  # says so below the list
    stops_at = COUNT_STOPS_AT

    @cached_property
    def count(self) -> int:  # type: ignore[override]
        """Rows of the list, at most 10,000; whoever needs row 10,001 filters."""
        rows: Any = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        return rows.order_by()[:COUNT_STOPS_AT].count()


class ReadOnlyAdmin(SimpleHistoryAdmin, ModelAdmin):
    """Shows rows and changes nothing; what may be changed is in `acts`."""

    acts: ClassVar[tuple[Act, ...]] = ()
    empty_value_display = "–"
    has_own_export = False  # the list brings its own button for files
    list_empty = ""  # what to do when the list has no rows yet
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # a count for every choice would read the whole table
    list_per_page = 50
    list_fullwidth = True
    ordering = ("-pk",)
    actions_on_top = True

    @admin.display(description=ModelAdmin.action_checkbox.short_description)
    def action_checkbox(self, obj: Model) -> SafeString:
        """The theme's box to select a row, whose template is rendered once and not per row."""
        return mark_safe(_checkbox().replace(ROW, str(int(obj.pk))))  # noqa: S308 (a number)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Nobody: operations add rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Nobody: acts change rows."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Nobody: nothing is deleted here."""
        return False

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The audit trail for those who may read it; else field history, where there is one."""
        if request.user.has_perm("oms.view_event") and (trail := self._trail(object_id)):
            return HttpResponseRedirect(trail)
        if hasattr(self.model._meta, "simple_history_manager_attribute"):  # noqa: SLF001
            return super().history_view(request, object_id, extra_context)
        return PlainAdmin.history_view(self, request, object_id, extra_context)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Where nothing is edited, as in an old version of a row, a key does not list all rows."""
        if not self.has_change_permission(request):
            kwargs["widget"] = UnfoldAdminTextInputWidget()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def _trail(self, object_id: str) -> str:
        """Address of the row's audit trail, if there is one."""
        try:
            return reverse("admin:audit", args=[self.opts.label_lower, unquote(object_id)])
        except NoReverseMatch:
            return ""

    # --- Acts ---------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """The pages of the acts, before those of the rows."""
        wrap, name = self.admin_site.admin_view, self._url_name
        return [
            path("acts/<slug:act>/", wrap(self.list_act_view), name=name("list_act")),
            path("<path:object_id>/acts/<slug:act>/", wrap(self.act_view), name=name("act")),
            *super().get_urls(),
        ]

    def act_url(self, act: str, obj: Model | None = None) -> str:
        """Address of the form of an act."""
        if obj is None:
            return reverse(f"admin:{self._url_name('list_act')}", args=[act])
        return reverse(f"admin:{self._url_name('act')}", args=[obj.pk, act])

    def buttons(self, request: HttpRequest, obj: Model | None = None) -> list[dict[str, Any]]:
        """The acts this person may do now, as the templates draw them."""
        return [
            {
                "name": act.name,
                "title": act.label,
                "icon": act.icon,
                "variant": act.variant,
                "path": self.act_url(act.name, obj),
                "folded": act.folded,
            }
            for act in self.acts
            if act.on_list == (obj is None) and act.offered(request, obj)
        ]

    def act_view(self, request: HttpRequest, object_id: str, act: str) -> HttpResponse:
        """Form of an act on one row: shown, and on submission run."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        found = self._act(request, act, on_list=False)
        return self._ask(request, found, obj)

    def list_act_view(self, request: HttpRequest, act: str) -> HttpResponse:
        """Form of an act of the whole list."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._ask(request, self._act(request, act, on_list=True), None)

    def facts(self, request: HttpRequest, act: Act, obj: Any) -> dict[str, str]:  # noqa: ARG002
        """What stands over the form of an act on a row, by its label; pages say what."""
        return {}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The object's page, with the buttons allowed now in its header (`acts` in templates)."""
        if (obj := kwargs.get("obj")) is not None:
            context["acts"] = self.buttons(request, obj)
            context["actions_detail"] = [
                *(context.get("actions_detail") or []),
                *fold(context["acts"]),
            ]
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with the buttons over it."""
        response = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            response.context_data["actions_list"] = [
                *(response.context_data.get("actions_list") or []),
                *fold([*self.buttons(request), *self._hung(request)]),
            ]
            response.add_post_render_callback(_thin)
        return response

    def _hung(self, request: HttpRequest) -> list[dict[str, Any]]:
        return [button for make in list_buttons if (button := make(request, self))]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The acts that may be done to several selected rows."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        for act in self.acts:
            if act.bulk and request.user.has_perm(act.permission):
                actions[act.name] = (_bulk(act), act.name, act.label)
        return actions

    def _ask(self, request: HttpRequest, act: Act, obj: Model | None) -> HttpResponse:
        form = self._form(request, act, obj)
        if act.paper and request.method == "GET" and obj is not None and act.allowed(obj):
            return self._print(request, act, obj)
        if act.preview and obj is not None and "preview" in request.POST:
            return act.preview(request, obj, form)
        if request.method == "POST" and form.is_valid():
            if answer := self._run(request, act, obj, form):
                return answer
        elif obj is not None and not act.allowed(obj):
            messages.warning(request, f"{act.label}: not possible in its present state.")
            return HttpResponseRedirect(self._next(request, obj))
        return self._page(request, act, form, obj=obj)

    def _print(self, request: HttpRequest, act: Act, obj: Model) -> HttpResponse:
        """The act's file at once; back to the row when it cannot be made."""
        try:
            answer = act.run(request, obj, {})
        except DomainError as error:
            messages.error(request, error.detail)
        else:
            if isinstance(answer, HttpResponse):
                return answer
        return HttpResponseRedirect(self._next(request, obj))

    def _run(
        self, request: HttpRequest, act: Act, obj: Model | None, form: ActForm
    ) -> HttpResponse | None:
        try:
            with transaction.atomic():
                first = once.use(token := request.POST.get("once", ""))
                answer = act.run(request, obj, form.cleaned_data) if first else ALREADY
                if isinstance(answer, HttpResponse) and "Content-Disposition" in answer:
                    once.give_back(token)  # a paper may be printed twice
        except DomainError as error:
            if error.afterwards:
                error.afterwards()
            messages.error(request, error.detail)
            return None
        if isinstance(answer, HttpResponse):
            return answer
        (messages.success if first else messages.warning)(request, str(answer))
        return HttpResponseRedirect(self._next(request, obj))

    def _form(self, request: HttpRequest, act: Act, obj: Model | None) -> ActForm:
        known = act.initial and (obj is not None or act.on_list)  # a selection has no one row
        initial = act.initial(obj) if act.initial and known else {}
        if request.method == "POST" and "act" in request.POST:
            return act.form(request.POST, request.FILES, obj=obj, initial=initial)
        return act.form(obj=obj, initial=initial)

    def _page(self, request: HttpRequest, act: Act, form: ActForm, **extra: Any) -> HttpResponse:
        obj = extra.get("obj")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,  # noqa: SLF001
            "title": act.label,
            "act": act,
            "form": form,
            "media": self.media + form.media,
            "next": request.POST.get("next") or request.GET.get("next", ""),
            "once": once.token(),
            "back": self._next(request, obj),
            "original": obj,
            "facts": {} if obj is None else self.facts(request, act, obj),
            "previewed": act.preview is not None and obj is not None,
            **extra,
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "admin/act.html", context)

    def _next(self, request: HttpRequest, obj: Model | None) -> str:
        wanted = request.POST.get("next") or request.GET.get("next", "")
        if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()):
            return wanted
        if obj is None:
            return reverse(f"admin:{self._url_name('changelist')}")
        return reverse(f"admin:{self._url_name('change')}", args=[obj.pk])

    def _act(self, request: HttpRequest, name: str, *, on_list: bool) -> Act:
        for act in self.acts:
            if act.name == name and act.on_list == on_list:
                if request.user.has_perm(act.permission):
                    return act
                raise PermissionDenied
        raise Http404

    def _url_name(self, suffix: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{suffix}"


class EditableAdmin(ReadOnlyAdmin):
    """Reference data that people edit in forms; every change is kept with who made it."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever holds Django's permission."""
        return ModelAdmin.has_add_permission(self, request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever holds Django's permission."""
        return ModelAdmin.has_change_permission(self, request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Save, with the person in the history."""
        obj._change_reason = actor(request)  # noqa: SLF001
        super().save_model(request, obj, form, change)


def _thin(response: Any) -> None:
    """Take the indentation between tags out, a fifth of what a list's templates write."""
    response.content = BETWEEN_TAGS.sub(b">\n<", response.content)


@cache
def _checkbox() -> str:
    return checkbox.render(ACTION_CHECKBOX_NAME, ROW)


def fold(buttons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put what does not fit into the row of buttons under one that opens."""
    shown = [button for button in buttons if not button["folded"]]
    hidden = [button for button in buttons if button["folded"]] + shown[BUTTONS_SHOWN:]
    shown = shown[:BUTTONS_SHOWN]
    if hidden:
        shown.append({"title": "More", "items": hidden, "method_name": "more", "icon": "more_vert"})
    return shown


def _bulk(act: Act) -> Any:
    """An admin action that says what would happen, asks by the act's form, then starts a run."""

    def ask(admin: ReadOnlyAdmin, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        form = admin._form(request, act, None)  # noqa: SLF001
        if act.gather and not form.is_bound and not form.fields and _few(rows):
            shown = list(rows.order_by("pk").select_related(*admin.list_select_related or ()))
            return pdf(act.name.replace("_", "-"), act.gather(request, shown))
        try:
            if form.is_bound and form.is_valid():
                return _begin(act, request, rows)
            expected = runs.forecast(act, rows)
        except DomainError as refusal:
            messages.error(request, refusal.detail)
            return None
        across = request.POST.get("select_across") == "1"
        keys = request.POST.getlist(ACTION_CHECKBOX_NAME)
        return admin._page(  # noqa: SLF001
            request, act, form, keys=keys, across=across, forecast=expected,
            few=list(rows[:FEW]), checkbox=ACTION_CHECKBOX_NAME,
        )  # fmt: skip

    ask.__name__ = act.name
    return ask


def _few(rows: QuerySet[Any]) -> bool:
    """Whether one paper of them is made while somebody waits; of none, the page says so."""
    return 0 < rows.order_by()[: AT_ONCE + 1].count() <= AT_ONCE


@transaction.atomic
def _begin(act: Act, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
    if not once.use(request.POST.get("once", "")):
        messages.warning(request, SENT_BEFORE)
        return None
    job = runs.begin(act, rows, request.POST, by=actor(request))
    return HttpResponseRedirect(reverse("admin:oms_job_change", args=[job.pk]))
