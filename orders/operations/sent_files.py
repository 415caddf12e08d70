"""Files about money: known again by their content, sealed while they wait, gone once they are read."""

from hashlib import sha256
from typing import IO, TypeVar

from django.db import transaction

from oms import sealed, sealed_files
from orders.models import BankStatement, ImportBatch, Remittance

FOLDER = "imports"
PIECE = 1 << 20

File = TypeVar("File", BankStatement, Remittance)


def digest_of(content: IO[bytes]) -> str:
    """Keyed digest of a content, which stays at its beginning."""
    content.seek(0)
    found = sha256()
    for piece in iter(lambda: content.read(PIECE), b""):
        found.update(piece)
    content.seek(0)
    return sealed.digest(found.hexdigest())


def keep(file: File, content: IO[bytes]) -> File:
    """Seal the content where the worker finds it."""
    file.upload, file.size = sealed_files.keep(content, FOLDER)
    return file


def reseal_uploads(*, by: str) -> int:  # noqa: ARG001 (an act like others; the command logs it)
    """Wrap the keys of every upload that is kept by the newest master key; how many."""
    names = [
        name
        for model in (ImportBatch, BankStatement, Remittance)
        for name in model._default_manager.exclude(upload="").values_list("upload", flat=True)  # noqa: SLF001
    ]
    return sum(sealed_files.reseal(name) for name in names)


def forget(file: File) -> None:
    """Delete the sealed content of a file whose row the caller saves."""
    if file.upload:
        transaction.on_commit(lambda name=file.upload: sealed_files.forget(name), robust=True)  # type: ignore[misc]
        file.upload = ""
