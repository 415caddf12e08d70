"""What has expired leaves the good stock by itself."""

from inventory import operations

BY = "system"


def set_unusable_apart() -> int:
    """Quarantine what is expired or held and free; how many units could not follow yet."""
    return operations.set_unusable_apart(by=BY)
