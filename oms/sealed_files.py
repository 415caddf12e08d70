"""Files that hold people's data: on disk only as ciphertext, read without ever lying there in clear.

A file is sealed piece by piece, each under a key of its own that the master key wraps, so that a
large one costs no memory. Reading gives a nameless temporary file, which vanishes with its process.
"""

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage

from oms import sealed

PIECE = 1 << 20  # bytes sealed together
LENGTH = 4  # bytes that say how long a sealed piece is
CONTEXT = "oms.sealed_file"


def keep(content: IO[bytes], folder: str) -> tuple[str, int]:
    """Seal a file into the storage; the name under which it lies there, and its size in clear."""
    name, size = f"{folder}/{uuid4().hex}", 0
    with tempfile.TemporaryFile() as file:
        for at, piece in enumerate(iter(lambda: content.read(PIECE), b"")):
            envelope = sealed.seal_secret(piece, f"{CONTEXT}:{name}:{at}")
            file.write(len(envelope).to_bytes(LENGTH, "big") + envelope)
            size += len(piece)
        file.seek(0)
        kept = default_storage.save(name, File(file) if size else ContentFile(b""))
    if kept != name:
        msg = "a sealed file is bound to its name"
        raise RuntimeError(msg)
    return name, size


def forget(name: str) -> None:
    """Delete a sealed file; one that is gone already is gone."""
    with suppress(FileNotFoundError):
        default_storage.delete(name)


def reseal(name: str) -> bool:
    """Wrap the keys of a sealed file by the newest master key; false when the file is gone.

    The content is neither opened nor changed. The new file takes the old one's place at once where
    files lie on a disk, so that a reader finds one or the other.
    """
    with suppress(FileNotFoundError), tempfile.TemporaryFile() as file:
        with default_storage.open(name, "rb") as old:
            while head := old.read(LENGTH):
                envelope = sealed.rewrap_secret(old.read(int.from_bytes(head, "big")))
                file.write(len(envelope).to_bytes(LENGTH, "big") + envelope)
        file.seek(0)
        _replace(name, File(file))
        return True
    return False


def _replace(name: str, content: File) -> None:  # type: ignore[type-arg]
    try:
        path = default_storage.path(name)
    except NotImplementedError:  # not on a disk
        default_storage.delete(name)
        default_storage.save(name, content)
        return
    beside = default_storage.save(f"{name}.new", content)
    Path(default_storage.path(beside)).replace(path)


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A sealed file that can be opened like a path, as often as one likes."""

    kept: str
    name: str = "The upload"  # as messages name it

    def open(self, mode: str = "rb") -> IO[Any]:
        """The content in clear, in a file without a name. Raises OSError when it is gone."""
        if mode != "rb":
            raise ValueError(mode)
        clear = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
        for piece in self._pieces():
            clear.write(piece)
        clear.seek(0)
        return clear

    def _pieces(self) -> Iterator[bytes]:
        with default_storage.open(self.kept, "rb") as file:
            at = 0
            while head := file.read(LENGTH):
                envelope = file.read(int.from_bytes(head, "big"))
                yield sealed.open_secret(envelope, f"{CONTEXT}:{self.kept}:{at}")
                at += 1
