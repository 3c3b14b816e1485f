"""One file to deposit: a commit with its results, as a zip that is an RO-Crate.

The same commit is the same bytes: files in order, stored as they are, with one time and the rights that git
knows. The crate of the experiment stands at the top too, where those who unpack an RO-Crate look for it,
with paths from there.
"""

from __future__ import annotations

import hashlib
import io
import json
import posixpath
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.files import json_bytes, write_atomically
from actor_critic_gap.provenance.crate import NAME, Crate
from actor_critic_gap.runs.checkout import committed
from actor_critic_gap.validation import validated

TIME = (1980, 1, 1, 0, 0, 0)
"""The first that a zip can hold, of every file in it."""


def write_archive(results: Path, output: Path) -> int:
    """Write the archive of the checkout's commit.

    Args:
        results: the folder of an experiment, from the top of the checkout.
        output: the zip.

    Returns:
        The number of files in it.

    Raises:
        InvalidInput: there is no commit, or the experiment is not in it as its crate says.

    """
    files = _files(results)
    files[NAME] = (_at_the_top(files, results), 0o644)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, (content, mode) in sorted(files.items()):
            entry = zipfile.ZipInfo(name, TIME)
            entry.create_system = 3  # of which the rights are
            entry.external_attr = mode << 16
            archive.writestr(entry, content)
    write_atomically(output, buffer.getvalue())
    return len(files)


def _files(results: Path) -> dict[str, tuple[bytes, int]]:
    """The files of the commit with their rights, among which the experiment is as its crate says."""
    with tarfile.open(fileobj=io.BytesIO(committed())) as tar:
        files = {
            entry.name: (content.read(), 0o755 if entry.mode & 0o100 else 0o644)
            for entry in tar
            if (content := tar.extractfile(entry)) is not None
        }
    name = f"{results.as_posix()}/{NAME}"
    if name not in files:
        raise InvalidInput(f"{name}: not in the commit: expected the crate of a finished experiment")
    for entity in _described(files[name][0], name).files():
        file = _from_the_top(entity.id, results)
        if file not in files:
            raise InvalidInput(f"{file}: not in the commit: expected it, as {name} names it")
        if entity.sha256 not in (None, hashlib.sha256(files[file][0]).hexdigest()):
            raise InvalidInput(f"{file}: committed with another sha256 than in {name}: expected the same")
    return files


def _described(content: bytes, name: str) -> Crate:
    try:
        return validated(Crate, json.loads(content), name)
    except (ValueError, RecursionError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"{name}: not JSON: expected the RO-Crate of an experiment") from None


def _from_the_top(identifier: str, results: Path) -> str:
    return posixpath.normpath(posixpath.join(results.as_posix(), unquote(identifier)))


def _at_the_top(files: Mapping[str, tuple[bytes, int]], results: Path) -> bytes:
    """The crate with its paths from the top of the checkout, and the hashes of files of the commit too."""
    crate = json.loads(files[f"{results.as_posix()}/{NAME}"][0])
    described = {entity.id for entity in Crate.model_validate(crate).files()}

    def moved(value: Any) -> Any:
        if isinstance(value, list):
            return [moved(each) for each in value]
        if not isinstance(value, dict):
            return value
        found = {key: moved(each) for key, each in value.items()}
        if value.get("@id") in described:
            file = _from_the_top(value["@id"], results)
            found["@id"] = quote(file)
            if "@type" in value:
                found["sha256"] = hashlib.sha256(files[file][0]).hexdigest()
        return found

    return json_bytes({**crate, "@graph": moved(crate["@graph"])})
