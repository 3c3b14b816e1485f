"""Writing the RO-Crate of a finished experiment: what there is, and which action made it of what.

A run is an action: its settings and seeds are what it was given, the code by its digest with the versions of
packages is its instrument, its machine the environment, its wall time what it used. A table and a figure
are the actions that their lineages tell of. Nothing of the moment of writing goes in: the same experiment is
the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field
from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.families import read_settings
from actor_critic_gap.files import json_bytes, read_yaml, sha256, write_atomically
from actor_critic_gap.provenance.crate import TERMS, VERSION, within
from actor_critic_gap.provenance.lineage import inside, read_lineage, sidecar
from actor_critic_gap.runs.family import Family
from actor_critic_gap.runs.folder import PROGRESS, RECORD, Record, read_record
from actor_critic_gap.tables import short
from actor_critic_gap.validation import validated

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
SECOND = "https://qudt.org/vocab/unit/SEC"
WALL_TIME = "https://schema.org/duration"
FORMATS = {
    ".cff": "application/yaml",
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".npz": "application/x-npz",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".smk": "text/x-python",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
"""Media types by suffix, of which machines know different ones; all else is plain text."""


class Author(BaseModel):
    """Of a work: a group, or a person."""

    name: str = ""
    family: Annotated[str, Field(alias="family-names")] = ""
    given: Annotated[str, Field(alias="given-names")] = ""

    def full_name(self) -> str:
        """In the usual order."""
        return self.name or f"{self.given} {self.family}"


class Work(BaseModel):
    """A work that is cited."""

    title: str
    authors: list[Author]
    doi: str
    url: str
    year: int


class Citation(BaseModel):
    """What CITATION.cff says of the project, and of the paper."""

    model_config = ConfigDict(strict=True)

    title: str
    license: str
    version: str
    released: Annotated[str, Field(alias="date-released", pattern=r"^\d{4}-\d\d-\d\d$")]
    authors: list[Author]
    paper: Annotated[Work, Field(alias="preferred-citation")]


def write_crate(
    paths: Iterable[Path],
    workflow: Path,
    sources: Sequence[Path],
    given: Sequence[Path],
    citation: Path,
    output: Path,
) -> None:
    """Write the crate of an experiment.

    Args:
        paths: its results, and folders of its runs, each of which stands for what is shipped of it.
        workflow: the main file of the workflow.
        sources: what else the workflow consists of.
        given: what it is given: configs and claims.
        citation: the CITATION.cff of the project.
        output: the crate, in the folder of the results.

    Raises:
        InvalidInput: something is missing or not what it should be.

    """
    made = _Crate(validated(Citation, read_yaml(citation, "a CITATION.cff"), str(citation)), output)
    made.add_workflow(workflow, [*sources, *given, citation])
    listed = sorted(set(paths))
    files = [path for path in listed if not path.is_dir()]
    records = {path: read_record(path) for path in listed if path.is_dir()}
    trained = {_what_is_looked_up(record.recorded()): folder for folder, record in records.items()}
    for folder, record in records.items():
        family, _ = read_settings(record.settings, str(folder / RECORD))
        source = trained.get(_what_is_looked_up(record.source)) if record.source else None
        made.add_run(folder, record, family, source)
    for file in files:
        if file.suffix in (".csv", ".png") and sidecar(file) in files:
            made.add_step(file)
    made.finish(given, files)
    write_atomically(output, made.content())


def _what_is_looked_up(identity: Mapping[str, Any]) -> str:
    return json.dumps([identity.get("settings"), identity.get("seeds")], sort_keys=True)


class _Crate:
    """A crate under construction; what is shared by several is in it once."""

    def __init__(self, citation: Citation, output: Path) -> None:
        self._output = output
        self._name = output.parent.name
        self._citation = citation
        self._crate = ROCrate(version=VERSION)
        self._crate.metadata.extra_terms = TERMS
        self._known: dict[str, Any] = {}
        self._actions: list[Any] = []
        self._team = self._add(
            "#authors", "Organization", name=", ".join(author.full_name() for author in citation.authors)
        )
        self._package = self._add(
            "#actor-critic-gap",
            "SoftwareSourceCode",
            name="actor-critic-gap",
            description=citation.title,
            version=citation.version,
            author=self._team,
        )

    def content(self) -> bytes:
        """The crate as it is written: itself, its root, and all else by identifier."""
        content = self._crate.metadata.generate()
        first = [self._crate.metadata.id, self._crate.root_dataset.id]
        content["@graph"].sort(key=lambda entity: (entity["@id"] not in first, entity["@id"]))
        return json_bytes(content)

    def _add(self, identifier: str, kind: str, /, **properties: Any) -> Any:
        """An entity that is no file."""
        if identifier not in self._known:
            entity = ContextEntity(self._crate, identifier, {"@type": kind, **properties})
            self._known[identifier] = self._crate.add(entity)
        return self._known[identifier]

    def _value(self, name: str, value: Any) -> Any:
        """A setting or a fact."""
        scalar = isinstance(value, (str, int, float)) and not isinstance(value, bool)
        text = value if isinstance(value, str) else json.dumps(value)
        shown = value if scalar else text
        return self._add(f"#{quote(f'{name}={short(text)}')}", "PropertyValue", name=name, value=shown)

    def _action(self, identifier: str, /, **properties: Any) -> None:
        # one value stands by itself, as RO-Crate recommends
        facts = {
            key: value[0] if isinstance(value, list) and len(value) == 1 else value
            for key, value in properties.items()
        }
        action = self._add(f"#{quote(identifier)}", "CreateAction", agent=self._team, **facts)
        self._actions.append(action)

    def _where(self, path: Path) -> str:
        return Path(os.path.relpath(path, self._output.parent)).as_posix()

    def _file(self, path: Path, add: Any = None, **properties: Any) -> Any:
        """A file by its path from the crate."""
        where = self._where(path)
        if where not in self._known:
            within(self._output, quote(where))
            if not path.is_file():
                raise InvalidInput(f"{path}: missing: expected a file of the experiment")
            media = FORMATS.get(path.suffix, "text/plain")
            facts = {"name": path.name, "encodingFormat": media, **properties}
            self._known[where] = (add or self._crate.add_file)(path, where, properties=facts)
        return self._known[where]

    def result(self, path: Path) -> Any:
        """A file that the experiment made, with its hash."""
        entity = self._file(path)
        if "sha256" not in entity:
            entity["sha256"] = sha256(path)
            entity["contentSize"] = str(path.stat().st_size)
        return entity

    def add_workflow(self, main: Path, others: Sequence[Path]) -> None:
        """The workflow, by the name that its file has."""
        added = partial(self._crate.add_workflow, main=True, lang="snakemake")
        workflow = self._file(
            main, added, name="The experiments as a workflow", version=self._citation.version
        )
        workflow["hasPart"] = [self._file(path) for path in others] + [self._package]

    def add_run(self, folder: Path, record: Record, family: Family[Any], looked_up: Path | None) -> None:
        """A run as the action that made its files; `looked_up` is the folder of a run that it read."""
        name = self._where(folder).removeprefix("runs/")
        packages = [
            self._add(
                f"#{quote(f'{package}-{version}')}",
                "SoftwareApplication",
                name=package,
                softwareVersion=version,
            )
            for package, version in record.versions.items()
        ]
        origin = [record.source_hash, record.git.model_dump(), record.lock, record.versions]
        key = hashlib.sha256(json.dumps(origin).encode()).hexdigest()[:16]
        changes = " with changes" if record.git.dirty else ""
        code = self._add(
            f"#{family.name}-{key}",
            "SoftwareSourceCode",
            name=f"actor-critic-gap, what trains runs of {family.name}",
            version=record.source_hash,
            identifier=f"commit {record.git.commit or 'unknown'}{changes}",
            description=f"by digest; requirements.lock had sha256 {record.lock or 'unknown'}",
            isPartOf=self._package,
            softwareRequirements=packages,
        )
        settings = [self._value(key, value) for key, value in record.settings.items()]
        seeds = [self._value("seed", seed) for seed in record.seeds]
        read = [self.result(looked_up / PROGRESS)] if looked_up else []
        machine = record.machine.model_dump(exclude_none=True)
        time = self._add(
            f"#{quote(f'wall-time-{name}')}",
            "PropertyValue",
            name="wall time",
            propertyID=WALL_TIME,
            value=record.wall_seconds,
            unitCode=SECOND,
        )
        files = [folder / inside(file) for file in record.sha256 if family.ships(file)] + [folder / RECORD]
        self._action(
            f"train-{name}",
            name=f"Training of {name}",
            description=f"Trains {record.settings['algorithm']} from {_seeds(record.seeds)}.",
            instrument=code,
            object=[*settings, *seeds, *read],
            result=[self.result(file) for file in files],
            environment=[self._value(key, value) for key, value in machine.items()],
            resourceUsage=time,
        )

    def add_step(self, made: Path) -> None:
        """A table or figure as the action that its lineage tells of."""
        lineage = read_lineage(made)
        self._action(
            f"make-{made.name}",
            name=f"Making of {made.name}",
            description=lineage.command,
            instrument=self._package,
            object=[self.result(inside(name)) for name in lineage.inputs],
            result=[self.result(path) for path in [*map(inside, lineage.files), sidecar(made)]],
        )

    def finish(self, given: Sequence[Path], results: Sequence[Path]) -> None:
        """The experiment as a whole: from what it was made, what came out, and what it reproduces."""
        about, paper = self._citation, self._citation.paper
        self._action(
            "workflow-run",
            name=f"The experiment {self._name}",
            description="Trains the runs, then makes tables, figures, verdicts and the report.",
            instrument=self._crate.mainEntity,
            object=[self._file(path) for path in given],
            result=[self.result(path) for path in results],
        )
        root = self._crate.root_dataset
        root["name"] = f"{about.title}: {self._name}"
        root["description"] = (
            f"Results of a reproduction of '{paper.title}': runs, tables, figures, verdicts, report."
        )
        root["datePublished"] = about.released
        root["author"] = self._team
        root["license"] = self._add(
            f"https://spdx.org/licenses/{about.license}", "CreativeWork", name=f"{about.license} License"
        )
        root["citation"] = root["isBasedOn"] = self._add(
            f"https://doi.org/{paper.doi}",
            "ScholarlyArticle",
            name=paper.title,
            author=", ".join(author.full_name() for author in paper.authors),
            datePublished=str(paper.year),
            url=paper.url,
        )
        root["conformsTo"] = [
            self._add(profile, "CreativeWork", name=name, version=profile.rpartition("/")[2])
            for profile, name in PROFILES.items()
        ]
        root["mentions"] = self._actions


def _seeds(seeds: Sequence[int]) -> str:
    return f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {', '.join(map(str, seeds))}"
