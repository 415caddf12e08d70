"""App configuration."""

from importlib import import_module

from django.apps import AppConfig, apps
from django.contrib.admin.apps import SimpleAdminConfig
from django.utils.module_loading import module_has_submodule

from oms import connections

FOR_FILES_ONLY = "import_export"  # registers nothing; brings every format of a file along


class OmsConfig(AppConfig):
    """Kernel and wiring."""

    default = True
    name = "oms"
    verbose_name = "System"

    def ready(self) -> None:
        """Watch the database connections of requests."""
        connections.watch()


class BackOfficeConfig(SimpleAdminConfig):
    """Django's admin, which finds the pages of every app but one."""

    default = False
    default_site = "oms.back_office.BackOffice"

    def ready(self) -> None:
        """Register the pages. `admin.autodiscover` would load 14 MB for files as well."""
        super().ready()
        for app in apps.get_app_configs():
            if app.name != FOR_FILES_ONLY and module_has_submodule(app.module, "admin"):
                import_module(f"{app.name}.admin")
