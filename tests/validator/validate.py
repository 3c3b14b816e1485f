"""Hold RO-Crates against the Workflow Run Crate profile with roc-validator, without a network.

    python tests/validator/validate.py FOLDER...

roc-validator reads the terms of RO-Crate 1.1 from the network. Here it finds those that our crates use in a
cache that is filled beforehand; any other term is an error, as one that RO-Crate lacks would be.
"""

import io
import json
import sys
import tempfile
from pathlib import Path

from requests.adapters import BaseAdapter, HTTPAdapter
from requests_cache import CachedSession
from rocrate_validator.models import Severity
from rocrate_validator.services import validate
from rocrate_validator.utils.http import HttpRequester
from urllib3 import HTTPResponse

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
PROFILE = "workflow-run-crate"
SCHEMA_ORG = """
    ComputerLanguage CreateAction CreativeWork Dataset Organization PropertyValue ScholarlyArticle
    SoftwareApplication SoftwareSourceCode about agent author citation contentSize datePublished description
    encodingFormat hasPart identifier instrument isBasedOn isPartOf license mainEntity mentions name object
    programmingLanguage propertyID result softwareRequirements softwareVersion unitCode url value version
"""
TERMS = {
    **{term: f"http://schema.org/{term}" for term in SCHEMA_ORG.split()},
    "File": "http://schema.org/MediaObject",
    "ComputationalWorkflow": "https://bioschemas.org/ComputationalWorkflow",
    "conformsTo": "http://purl.org/dc/terms/conformsTo",
}


class Answers(BaseAdapter):
    """Answers every request with the context of RO-Crate 1.1, as far as it is used."""

    def send(self, request, **options):
        response = HTTPResponse(
            io.BytesIO(json.dumps({"@context": TERMS}).encode()),
            headers={"Content-Type": "application/ld+json"},
            status=200,
            preload_content=False,
        )
        return HTTPAdapter().build_response(request, response)

    def close(self):
        pass


def fill(cache: Path) -> None:
    """Put the context where roc-validator looks for it."""
    with CachedSession(cache_name=str(cache), backend="sqlite", expire_after=-1) as session:
        session.mount("https://", Answers())
        session.get(CONTEXT)


def main(folders: list[str]) -> int:
    """Print what is wrong with each crate; 1 if anything is."""
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder, "cache")
        fill(cache)
        HttpRequester.initialize_cache(cache_path=str(cache), offline=True)
        for crate in folders:
            result = validate(
                {
                    "rocrate_uri": crate,
                    "profile_identifier": PROFILE,
                    "requirement_severity": Severity.REQUIRED,
                    "cache_path": str(cache),
                    "offline": True,
                }
            )
            issues = result.get_issues()
            wrong += len(issues)
            for issue in issues:
                print(f"{crate}: {issue.violatingEntity or ''} {issue.message}")
            print(f"{crate}: {'is' if result.passed() else 'is no'} {PROFILE}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
