"""What is shipped and by whom: `python -m infra.sbom [FILE]` writes a CycloneDX 1.6 document.

It lists the pinned packages of the functions, with their hashes and licences, and is checked
against the schema of its form. The same pins give the same bytes: there is no time and no random
number in it.
"""

from __future__ import annotations

import re
import sys
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

REPO = Path(__file__).resolve().parent.parent
SHIPPED = ("requirements.txt", "requirements-screening.txt")  # the layers
PACKAGED_BY_ITSELF = "chalice"  # its runtime goes into the code zip
DEVELOPMENT = REPO / "requirements-dev.txt"
LICENCES = {
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "ISC License (ISCL)": "ISC",
}
UNTOLD = {  # packages that carry licence files and do not name them in one word
    "axe-playwright-python": "MIT",
    "pypdfium2": "BSD-3-Clause AND Apache-2.0",
}
_PIN = re.compile(r"([A-Za-z0-9._-]+)(?:\[[a-z0-9,_-]+\])?==([A-Za-z0-9.!+_-]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class PinError(ValueError):
    """A line of a requirements file that is not a package of one version with its hashes."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A package of one version, and the hashes of its files (SHA-256, hex)."""

    name: str
    version: str
    hashes: tuple[str, ...]


def read_pins(text: str) -> tuple[Pin, ...]:
    """Read a requirements file as `pip-compile --generate-hashes` writes it.

    Raises:
        PinError: a package without one version or without hashes, another index, a link; all
            of them are told.
    """
    joined = text.replace("\\\n", " ")
    lines = [line.partition(" #")[0].strip() for line in joined.splitlines()]
    pins, faults = [], []
    for line in lines:
        if not line or line.startswith("#"):
            continue
        first, *rest = line.split()
        pin = _PIN.fullmatch(first)
        hashes = [found.group(1) for part in rest if (found := _HASH.fullmatch(part))]
        if pin and hashes and len(hashes) == len(rest):
            pins.append(Pin(pin.group(1), pin.group(2), tuple(hashes)))
        else:
            faults.append(line[:80])
    if faults or not pins:
        raise PinError("not pinned with hashes: " + ("; ".join(faults) or "nothing is pinned"))
    return tuple(pins)


def licence_of(name: str, told: Mapping[str, Sequence[str]]) -> str:
    """SPDX expression of a package's licence; "" when it names none.

    Args:
        name: the package.
        told: its metadata, field -> values.
    """
    expression = " ".join(told.get("License-Expression", ()))
    classifiers = [
        text.rpartition(" :: ")[2]
        for text in told.get("Classifier", ())
        if text.startswith("License ::")
    ]
    known = sorted({LICENCES.get(text, text) for text in classifiers})
    short = " ".join(told.get("License", ()))
    return (
        expression
        or " OR ".join(known)
        or (LICENCES.get(short, short) if len(short.split()) < 4 else "")  # noqa: PLR2004 - not its whole text
        or UNTOLD.get(name, "")
    )


def installed(path: Iterable[str] | None = None) -> dict[str, dict[str, list[str]]]:
    """Metadata of what is installed, by name as pins write it.

    Args:
        path: folders to look in; those of this Python when left out.
    """
    found = metadata.distributions(path=list(path)) if path else metadata.distributions()
    return {
        one.metadata["Name"].lower().replace("_", "-"): {
            field: one.metadata.get_all(field) or []
            for field in ("License-Expression", "License", "Classifier")
        }
        for one in found
    }


def document(pins: Sequence[Pin], licences: Mapping[str, str]) -> str:
    """The document, as CycloneDX 1.6 wants it.

    Args:
        pins: what is shipped.
        licences: SPDX expression of each, by name.
    """
    product = Component(
        name="tepat",
        type=ComponentType.APPLICATION,
        bom_ref="tepat",
        licenses=[LicenseExpression("Apache-2.0")],
    )
    packages = [_component(pin, licences[pin.name]) for pin in pins]
    told = "\n".join(f"{pin} {licences[pin.name]}" for pin in pins)
    bom = Bom(components=packages, serial_number=uuid.uuid5(uuid.NAMESPACE_URL, told))
    bom.metadata.component = product
    bom.metadata.timestamp = None  # type: ignore[assignment]  # it may be left out
    bom.register_dependency(product, packages)
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"


def _component(pin: Pin, licence: str) -> Component:
    """One package; pip takes whichever of its files fits the machine, so each has its hash."""
    purl = PackageURL("pypi", name=pin.name.lower(), version=pin.version)
    files = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(purl.to_string()),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in pin.hashes],
    )
    return Component(
        name=pin.name,
        version=pin.version,
        bom_ref=purl.to_string(),
        purl=purl,
        licenses=[LicenseExpression(licence)] if licence else [],
        external_references=[files],
    )


def faults_of(text: str) -> str:
    """What is wrong with a document by the schema of CycloneDX 1.6; "" when nothing is."""
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    return "" if fault is None else str(fault).partition("\n")[0]


def shipped() -> tuple[Pin, ...]:
    """The pins of what runs in a function, besides Lambda's own; each once."""
    layers = [pin for name in SHIPPED for pin in read_pins((REPO / name).read_text("utf-8"))]
    others = read_pins(DEVELOPMENT.read_text("utf-8"))
    code = [pin for pin in others if pin.name == PACKAGED_BY_ITSELF]
    return tuple(dict.fromkeys((*layers, *code)))


def write(out: Path) -> int:
    """Write the document, if it is whole and right; returns how many packages are in it.

    Raises:
        PinError: it is not.
    """
    here, pins = installed(), shipped()
    licences = {pin.name: licence_of(pin.name, here[pin.name]) for pin in pins}
    text = document(pins, licences)
    if fault := faults_of(text):
        raise PinError(f"The list of what is shipped is not CycloneDX 1.6: {fault}")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, "utf-8")
    return len(pins)


def main(out: Path) -> None:
    """Write the document and say so."""
    try:
        print(f"{out}: {write(out)} packages, valid CycloneDX 1.6")
    except PinError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else REPO / "build" / "sbom.json")
