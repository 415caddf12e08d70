"""Users and roles: who may do what, and who has a second factor."""

from typing import Any, ClassVar

from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as PlainGroupAdmin
from django.contrib.auth.admin import UserAdmin as PlainUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.enums import ActionVariant
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from oms import login, words
from oms.admin.acts import Act, actor
from oms.admin.bases import ReadOnlyAdmin
from oms.models import User


def reset_second_factor(request: HttpRequest, user: User, data: dict[str, Any]) -> str:
    """For somebody who lost telephone and recovery codes."""
    login.reset_second_factor(user, by=actor(request), reason=data["reason"])
    return f"{user} sets up a new second factor at the next login."


def has_second_factor(user: User) -> bool:
    """Whether there is one to take away."""
    return Authenticator.objects.filter(user=user).exists()


RESET = Act(
    "reset_second_factor",
    "Reset second factor",
    "oms.change_user",
    reset_second_factor,
    allowed=has_second_factor,
    help="Removes the authenticator app and the recovery codes. Make sure who is asking.",
    icon="phonelink_erase",
    variant=ActionVariant.DANGER,
)


@admin.register(User)
class UserAdmin(PlainUserAdmin, ReadOnlyAdmin):
    """Staff: added here, switched off here, never deleted, because the trail names them."""

    acts = (RESET,)
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = (
        "username",
        "name_column",
        "roles_column",
        "factor_column",
        "last_login",
        "state_column",
    )
    list_filter = ("is_active", "groups")
    ordering = ("username",)
    filter_horizontal = ()
    sortable_by: ClassVar = ()
    autocomplete_fields = ("groups",)
    add_fieldsets = (
        (None, {"fields": ("username", "email", "usable_password", "password1", "password2")}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever holds Django's permission."""
        return ModelAdmin.has_add_permission(self, request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever holds Django's permission; only a superuser changes a superuser."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:  # type: ignore[union-attr]
            return False
        return ModelAdmin.has_change_permission(self, request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Roles for everybody; the superuser's mark for superusers alone."""
        if obj is None:
            return self.add_fieldsets
        marks = ("is_active", "is_staff")
        if request.user.is_superuser:  # type: ignore[union-attr]
            marks += ("is_superuser",)
        return (
            (None, {"fields": ("username", "password")}),
            ("Person", {"fields": (("first_name", "last_name"), "email")}),
            ("Roles", {"fields": ("groups", *marks)}),
            ("Dates", {"fields": (("last_login", "date_joined"),)}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        """Dates make themselves."""
        return ("last_login", "date_joined")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Users with their roles, and whether they have a second factor."""
        factors = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
        rows = super().get_queryset(request).prefetch_related("groups")
        return rows.annotate(has_factor=Exists(factors))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Whoever is added here works here."""
        if not change:
            obj.is_staff = True
        super().save_model(request, obj, form, change)

    @admin.display(description="Name")
    def name_column(self, user: User) -> str:
        """First and last name."""
        return user.get_full_name() or "–"

    @admin.display(description="Roles")
    def roles_column(self, user: User) -> str:
        """What they may do."""
        roles = ", ".join(group.name for group in user.groups.all())
        return "everything (superuser)" if user.is_superuser else roles or "nothing yet"

    @admin.display(description="Second factor")
    def factor_column(self, user: Any) -> SafeString:
        """Grey when set up, orange when missing."""
        return words.chip("Set up") if user.has_factor else words.chip("Missing", "warn")

    @admin.display(description="State")
    def state_column(self, user: User) -> SafeString:
        """Whether they can log in."""
        return words.chip("Active" if user.is_active else "Switched off")


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(PlainGroupAdmin, ModelAdmin):
    """Roles: named sets of permissions; six come with the system."""

    list_display = ("name", "people_column", "permissions_column")
    sortable_by: ClassVar = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Roles with their counts."""
        counts = {
            "people": Count("user", distinct=True),
            "rights": Count("permissions", distinct=True),
        }
        return super().get_queryset(request).annotate(**counts)

    @admin.display(description="People")
    def people_column(self, role: Any) -> int:
        """Who has it."""
        return role.people

    @admin.display(description="Permissions")
    def permissions_column(self, role: Any) -> int:
        """What it allows."""
        return role.rights
