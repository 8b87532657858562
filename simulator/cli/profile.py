"""`esim profile`: builds, prints and checks profile packages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.profile.describe import Subscription
    from simulator.profile.package import Element, ProfilePackage
    from simulator.uicc.image import CardImage, EfImage

ALGORITHMS = {1: "Milenage", 2: "TUAK", 3: "the XOR test algorithm"}
"""algorithmID of PE-AKAParameter, SAIP §8.6."""

PACKAGE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))


@click.group()
def command() -> None:
    """Build, print and check profile packages."""


@command.command()
@click.argument("description", required=False)
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="File to write.")
@click.option("--list", "list_shipped", is_flag=True, help="List the descriptions that come along.")
def build(description: str | None, output: Path | None, list_shipped: bool) -> None:
    """Build a package from a description in YAML: a file, or the name of one that comes along.

    The package is written to the description's name with .der, in the current folder.
    """
    from simulator.profile import describe
    from simulator.profile.build import build_package

    if list_shipped:
        for name in describe.shipped():
            click.echo(f"{name:<20}{describe.load_shipped(name).name}")
        return
    if description is None:
        raise click.UsageError("Name a description: a file, or one of those that --list shows.")
    subscription = load_description(description)
    package = build_package(subscription)
    target = output or Path(f"{Path(description).stem}.der")
    target.write_bytes(package)
    click.echo(
        f"Wrote {target}: {subscription.name}, ICCID {subscription.full_iccid}, "
        f"IMSI {subscription.imsi}, {len(package)} bytes."
    )


@command.command()
@PACKAGE
@click.option("--files", is_flag=True, help="List the files that the package puts on a card.")
@click.option("--notation", is_flag=True, help="Print the package in ASN.1 value notation.")
@click.option("--values", is_flag=True, help="Print every decoded value, as JSON.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(file: Path, files: bool, notation: bool, values: bool, as_json: bool) -> None:
    """Print what a package holds: its elements, or the files that it makes."""
    package = read_package(file)
    if values:
        data = {f"{element.index} {element.name}": plain(element.value) for element in package.elements}
        click.echo(json.dumps(data, indent=1))
    elif as_json:
        click.echo(json.dumps(as_data(package), indent=1))
    elif notation:
        from simulator.profile.notation import package_lines

        for line in package_lines(package):
            click.echo(line)
    elif files:
        for line in file_lines(package):
            click.echo(line)
    else:
        for line in element_lines(package):
            click.echo(line)


@command.command()
@PACKAGE
def check(file: Path) -> int:
    """Say whether an eUICC would take a package, and what is wrong with it.

    The exit status is 1 if an eUICC would refuse it.
    """
    from simulator.profile.check import check as findings_of

    package = read_package(file)
    findings = findings_of(package)
    for finding in findings:
        click.echo(f"{file}: {finding}")
    if any(finding.severity == "error" for finding in findings):
        click.echo(f"{file}: an eUICC refuses it.")
        return 1
    click.echo(f"{file}: an eUICC takes it ({len(package.elements)} elements, {len(package.der)} bytes).")
    return 0


@command.command()
@click.argument("template")
@click.argument("table", type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="CSV")
@click.option(
    "--output",
    "-o",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder to write to.  [default: the current one]",
)
def personalise(template: str, table: Path, folder: Path) -> None:
    """Make a package for each line of a CSV from one TEMPLATE, a package or a description.

    The first line of the CSV names its columns: iccid, and any of imsi, k, opc or op, pin1, pin2, puk1, puk2,
    adm1, msisdn, acc. A package is named after its ICCID.
    """
    from simulator.profile.personalise import Template
    from simulator.profile.personalise import personalise as made_from

    packages = [(row["iccid"], package) for row, package in made_from(Template(package_of(template)), table)]
    folder.mkdir(parents=True, exist_ok=True)
    for iccid, package in packages:
        (folder / f"{iccid}.der").write_bytes(package)
    click.echo(f"Wrote {len(packages)} packages to {folder}.")


def fault_of(package: ProfilePackage) -> str:
    """Why a card cannot be made of a package: its PEStatus and the place; empty if one can."""
    from simulator.profile import ProfileError, build_image

    try:
        build_image(package)
    except ProfileError as error:
        return f"({error.status.name.lower().replace('_', '-')}): {error}"
    return ""


def load_description(description: str) -> Subscription:
    """The description in a file, or one that comes along, by name."""
    from simulator.profile import describe

    path = Path(description)
    return describe.load(path) if path.exists() or path.suffix else describe.load_shipped(description)


def read_package(path: Path) -> ProfilePackage:
    """The package in a file; ClickException with the file's name if it is none."""
    from simulator.profile.errors import ProfileError
    from simulator.profile.package import ProfilePackage

    try:
        package = ProfilePackage.parse(path.read_bytes())
        _ = package.header
    except ProfileError as error:
        raise click.ClickException(f"{path}: {error}") from None
    return package


def package_of(source: str) -> bytes:
    """A profile package from a .der file, a description in YAML, or the name of a description."""
    path = Path(source)
    if path.suffix.lower() in (".yaml", ".yml") or not path.exists():
        from simulator.profile.build import build_package

        return build_package(load_description(source))
    return read_package(path).der


def plain(value: Any) -> Any:
    """A decoded value as JSON has it: bytes in hexadecimal, a choice as {alternative: value}."""
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
        return {value[0]: plain(value[1])}
    if isinstance(value, list | tuple):
        return [plain(member) for member in value]
    return value


def as_data(package: ProfilePackage) -> dict[str, Any]:
    """The header and the place of every element."""
    return {
        "header": plain(package.header),
        "length": len(package.der),
        "elements": [
            {
                "index": element.index,
                "name": element.name,
                "identification": element.identification,
                "mandated": element.is_mandated,
                "offset": element.offset,
                "length": element.length,
            }
            for element in package.elements
        ],
    }


def element_lines(package: ProfilePackage) -> Iterator[str]:
    """The header in words, then a line for each element."""
    header = package.header
    version = f"{header['major-version']}.{header['minor-version']}"
    yield header.get("profileType", "A profile without a name")
    yield f"ICCID {package.iccid.hex().rstrip('f')}, package format {version}"
    services = ", ".join(header.get("eUICC-Mandatory-services", {}))
    yield f"The eUICC must have: {services or 'nothing special'}"
    yield ""
    yield f"{'':>3}  {'element':<24}{'id':>4}{'byte':>8}{'length':>8}  holds"
    for element in package.elements:
        number = "" if element.identification is None else str(element.identification)
        place = f"{number:>4}{element.offset:>8}{element.length:>8}"
        yield f"{element.index:>3}  {element.name:<24}{place}  {holding(element)}".rstrip()


def holding(element: Element) -> str:
    """In a few words, what is in an element."""
    files = [name for name, value in element.value.items() if isinstance(value, list) and _is_file(value)]
    if files:
        return f"{len(files)} files"
    if element.name == "akaParameter":
        return _algorithm(element)
    if element.name == "genericFileManagement":
        return f"{len(element.value.get('fileManagementCMD', ()))} file management commands"
    if element.name in ("pinCodes", "pukCodes"):
        return element.name.removesuffix("Codes").upper() + " values"
    return ""


def _is_file(value: list[Any]) -> bool:
    return bool(value) and isinstance(value[0], tuple) and len(value[0]) == 2


def _algorithm(element: Element) -> str:
    kind, parameters = element.value["algoConfiguration"]
    if kind != "algoParameter":
        return "parameters of another element"
    return ALGORITHMS.get(parameters["algorithmID"], "unknown algorithm")


def file_lines(package: ProfilePackage) -> Iterator[str]:
    """Path, structure and size of each file on a card that was made from the package."""
    from simulator.profile import build_image
    from simulator.uicc.image import EfImage

    image: CardImage = build_image(package)
    for root in (image.mf, *image.adfs):
        name = root.name or f"{root.fid:04X}"
        yield f"{name:<40}ADF {root.aid.hex().upper()}" if root.aid else name
        for path, file in root.walk():
            indent = "  " * len(path)
            title = f"{indent}{file.fid:04X} {file.name}"
            yield f"{title:<40}{_size(file) if isinstance(file, EfImage) else 'DF'}".rstrip()


def _size(file: EfImage) -> str:
    kind = file.structure.name.lower().replace("_", " ")
    if file.record_length:
        return f"{kind}, {file.record_count} records of {file.record_length} bytes"
    return f"{kind}, {len(file.content)} bytes"
