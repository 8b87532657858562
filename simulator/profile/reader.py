"""Turns a profile package into the image of a card, element by element (SAIP §8, §9).

The reader walks the elements in order and keeps the context that they set: the directory in which files
are created, the application to which PINs and AKA parameters belong. Nothing is half built: it returns a
whole `CardImage` or raises `ProfileError` with the element, its place and its PEStatus.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from asn1 import Asn1Error, saip, tlv
from simulator.profile.credentials import Puk, aka_image, pin_image, security_domain_image
from simulator.profile.drafts import (
    EF_ARR_AT_MF,
    EF_ARR_IN_DF,
    DfDraft,
    DraftError,
    EfDraft,
    FileList,
    is_df,
    make_df,
    make_ef,
)
from simulator.profile.errors import PeStatus, ProfileError
from simulator.profile.package import Element, ProfilePackage
from simulator.profile.templates import FileTemplate, Template, UnknownTemplateError, by_oid
from simulator.uicc.image import (
    AkaImage,
    CardImage,
    DfImage,
    EfImage,
    PinImage,
    SecurityDomainImage,
)

MF_FID, CURRENT_ADF = 0x3F00, 0x7FFF
UNSUPPORTED_SERVICES = frozenset(
    {"contactless", "cave", "multos", "cat-tp", "eap", "dfLink", "suciCalculatorApi"}
)
"""Services of eUICC-Mandatory-services that this eUICC does not have; a profile that needs one is refused."""
_VERSIONS = range(1, 4)


class Reader:
    """The state while one package is read."""

    def __init__(self, package: ProfilePackage) -> None:
        self.package = package
        self.mf: DfDraft | None = None
        self.adfs: list[DfDraft] = []
        self.roots: dict[str, DfDraft] = {}
        """Profile element name → the directory that its last occurrence created."""
        self.context: DfDraft | None = None
        """The directory that PINs, AKA parameters and the next generic file management refer to."""
        self.links: list[tuple[Element, EfDraft]] = []
        """Files that share the content of another one, and where they are described."""
        self.puks: dict[int, Puk] = {}
        self.pins: dict[tuple[bytes, int], PinImage] = {}
        self.pin_links: list[tuple[bytes, bytes]] = []
        self.akas: dict[bytes, AkaImage] = {}
        self.security_domains: list[SecurityDomainImage] = []
        self.kept: list[tuple[str, bytes]] = []

    def read(self) -> CardImage:
        """Every element in its turn, then the image."""
        self._check_header()
        for element in self.package.elements[1:]:
            handler = _HANDLERS.get(element.name, Reader._files_of_template)
            try:
                handler(self, element)
            except DraftError as error:
                raise element.error(str(error)) from None
        last = self.package.elements[-1]
        if last.name != "end":
            raise last.error("a package ends with the element 'end'", PeStatus.INVALID_REQUEST_FORMAT)
        return self._freeze()

    def _check_header(self) -> None:
        header, first = self.package.header, self.package.elements[0]
        if header["major-version"] not in _VERSIONS:
            version = f"{header['major-version']}.{header['minor-version']}"
            raise first.error(
                f"version {version} is not supported", PeStatus.UNSUPPORTED_PROFILE_VERSION, "major-version"
            )
        for service in header["eUICC-Mandatory-services"]:
            if service in UNSUPPORTED_SERVICES:
                raise first.error(
                    f"the service {service} is not supported",
                    PeStatus.FEATURE_NOT_SUPPORTED,
                    "eUICC-Mandatory-services",
                )
        for oid in header["eUICC-Mandatory-GFSTEList"]:
            self._template(first, oid, "eUICC-Mandatory-GFSTEList")

    @staticmethod
    def _template(element: Element, oid: str, field: str = "templateID") -> Template:
        try:
            return by_oid(oid)
        except UnknownTemplateError as error:
            raise element.error(str(error), PeStatus.TEMPLATE_NOT_SUPPORTED, field) from None

    # --- files ---------------------------------------------------------------------------------------

    def _files_of_template(self, element: Element) -> None:
        """An element with a templateID: the template's files, changed as the element says."""
        oid = element.value.get("templateID")
        if oid is None:
            raise element.error("this kind of element is not supported", PeStatus.PE_NOT_SUPPORTED)
        template = self._template(element, oid)
        if template.element != element.name:
            raise element.error(
                f"template {oid} belongs to the element {template.element}", field="templateID"
            )
        directories: dict[str | None, DfDraft | None] = {None: self._base(element, template)}
        for file in template.files.values():
            listed = element.value.get(file.field)
            if not _is_created(file, listed, template):
                continue
            try:
                if file.is_directory:
                    directories[file.field] = self._create_directory(
                        element, file, template, listed or [], directories
                    )
                else:
                    parent = directories.get(file.parent)
                    if parent is not None:
                        self._place(element, parent, self._create_file(file, template, listed or []))
            except DraftError as error:
                raise element.error(str(error), field=file.field) from None

    def _base(self, element: Element, template: Template) -> DfDraft | None:
        """The directory in which the template's files stand; None if it makes its own root."""
        if not template.parent:
            return self.mf
        base = self.roots.get(template.parent)
        if base is None:
            raise element.error(
                f"needs an element {template.parent} before it", PeStatus.INVALID_REQUEST_FORMAT
            )
        self.context = base
        return base

    def _create_directory(
        self,
        element: Element,
        file: FileTemplate,
        template: Template,
        listed: FileList,
        directories: dict[str | None, DfDraft | None],
    ) -> DfDraft:
        at_mf = file.kind in ("MF", "ADF")
        draft = make_df(_fcp(listed), file, template.arr_file(file))
        if file.kind == "MF":
            if self.mf is not None:
                raise DraftError("there is an MF already")
            draft.fid, self.mf = MF_FID, draft
        elif file.kind == "ADF":
            if not draft.aid:
                raise DraftError("the FCP of an ADF lacks dfName")
            self.adfs.append(draft)
        else:
            parent = directories.get(file.parent)
            if parent is None:
                raise DraftError("the directory in which it should lie does not exist")
            parent.add(draft)
        if file is template.root:
            self.roots[element.name] = self.context = draft
            directories[None] = draft if at_mf else directories[None]
        return draft

    @staticmethod
    def _create_file(file: FileTemplate, template: Template, listed: FileList) -> EfDraft:
        ef = make_ef(_fcp(listed), file, template.arr_file(file))
        for choice, value in listed:
            if choice == "fillFileOffset":
                ef.skip(value)
            elif choice == "fillFileContent":
                ef.fill(value)
        return ef

    def _generic_file_management(self, element: Element) -> None:
        """Files without template: a path, FCPs of new files, and what goes into them (SAIP §8.3.5)."""
        directory, ef = self.context or self.mf, None
        for commands in element.value["fileManagementCMD"]:
            for choice, value in commands:
                if choice == "filePath":
                    directory, ef = self._find(element, value)
                elif choice == "createFCP":
                    directory, ef = self._create_generic(element, directory, value)
                elif ef is None:
                    raise element.error(f"{choice} without a file to fill", field=choice)
                elif choice == "fillFileOffset":
                    ef.skip(value)
                else:
                    ef.fill(value)

    def _create_generic(
        self, element: Element, directory: DfDraft | None, fcp: dict[str, Any]
    ) -> tuple[DfDraft, EfDraft | None]:
        if directory is None:
            raise element.error("a file cannot be created before the MF", PeStatus.INVALID_REQUEST_FORMAT)
        arr_file = EF_ARR_AT_MF if directory is self.mf else EF_ARR_IN_DF
        if is_df(fcp):
            draft = make_df(fcp, None, arr_file)
            directory.add(draft)
            return draft, None
        ef = make_ef(fcp, None, arr_file)
        self._place(element, directory, ef)
        return directory, ef

    def _place(self, element: Element, directory: DfDraft, ef: EfDraft) -> None:
        directory.add(ef)
        if ef.link_path:
            self.links.append((element, ef))

    def _find(self, element: Element, path: bytes) -> tuple[DfDraft, EfDraft | None]:
        """The directory (and EF) that a path from the MF names; an ADF by its temporary identifier."""
        if self.mf is None or len(path) % 2:
            raise element.error(f"path {path.hex().upper()} cannot be followed", field="filePath")
        directory, ef = self.mf, None
        for fid in _fids(path):
            following = self._follow(directory, fid) if ef is None else None
            if following is None:
                raise element.error(
                    f"path {path.hex().upper()}: there is no file {fid:04X}", field="filePath"
                )
            if isinstance(following, EfDraft):
                ef = following
                ef.written = 0
            else:
                directory = following
        return directory, ef

    def _follow(self, here: DfDraft, fid: int) -> DfDraft | EfDraft | None:
        """One step of a path; from the MF an ADF by its temporary identifier, too."""
        if fid == MF_FID:
            return self.mf
        if fid == CURRENT_ADF and self.context is not None and self.context.aid:
            return self.context
        root = next((adf for adf in self.adfs if adf.fid == fid), None) if here is self.mf else None
        return root or here.children.get(fid)

    # --- PINs ------------------------------------------------------------------------------------------

    def _puk_codes(self, element: Element) -> None:
        for code in element.value["pukCodes"]:
            maximum, left = divmod(code["maxNumOfAttemps-retryNumLeft"], 16)
            self.puks[code["keyReference"]] = Puk(code["pukValue"], left, maximum)

    def _pin_codes(self, element: Element) -> None:
        """PINs of the directory created last: local ones ('81' on) belong to its application."""
        kind, value = element.value["pinCodes"]
        aid = self.context.aid if self.context else b""
        if kind == "filePath":
            source, _ = self._find(element, value)
            self.pin_links.append((aid, source.aid))
            return
        for configuration in value:
            pin = pin_image(element, configuration, self.puks, aid)
            self.pins[pin.aid, pin.reference] = pin

    # --- authentication --------------------------------------------------------------------------------

    def _aka_parameter(self, element: Element) -> None:
        aid = self._application(element)
        kind, parameter = element.value["algoConfiguration"]
        if kind == "mappingParameter":
            source = self.akas.get(parameter["mappingSource"])
            if source is None:
                raise element.error(
                    "the application to share parameters with has none", field="mappingSource"
                )
            self.akas[aid] = source._replace(aid=aid)
            return
        self.akas[aid] = aka_image(element, parameter, aid)

    def _application(self, element: Element) -> bytes:
        """AID of the application that was created last."""
        if not self.adfs:
            raise element.error(
                "AKA parameters need an application before them", PeStatus.INVALID_REQUEST_FORMAT
            )
        return self.context.aid if self.context and self.context.aid else self.adfs[-1].aid

    # --- security domains, and what is kept --------------------------------------------------------------

    def _security_domain(self, element: Element) -> None:
        self.security_domains.append(security_domain_image(element))

    def _keep(self, element: Element) -> None:
        end = element.offset + element.length
        self.kept.append((element.name, self.package.der[element.offset : end]))

    def _header_again(self, element: Element) -> None:
        raise element.error("a package has one header, in front", PeStatus.INVALID_REQUEST_FORMAT)

    def _end(self, element: Element) -> None:
        if element is not self.package.elements[-1]:
            raise element.error("elements follow behind 'end'", PeStatus.INVALID_REQUEST_FORMAT)

    def _unknown(self, element: Element) -> None:
        """An element of a kind that is not known is passed over unless it is mandated (SAIP §8.1)."""
        if _is_mandated(element.value):
            raise element.error("this kind of element is unknown", PeStatus.PE_NOT_SUPPORTED)
        self._keep(element)

    # --- the image -----------------------------------------------------------------------------------------

    def _freeze(self) -> CardImage:
        if self.mf is None:
            raise self.package.elements[-1].error("the package has no MF", PeStatus.INVALID_REQUEST_FORMAT)
        for element, ef in self.links:
            self._check_link(element, ef)
        return CardImage(
            self._freeze_df(self.mf),
            adfs=tuple(self._freeze_df(adf) for adf in self.adfs),
            pins=tuple(self.pins.values()),
            pin_links=tuple(self.pin_links),
            akas=tuple(self.akas.values()),
            security_domains=tuple(self.security_domains),
            kept=tuple(self.kept),
            iccid=self.package.iccid,
        )

    def _check_link(self, element: Element, ef: EfDraft) -> None:
        """A link leads, maybe by way of others, to an EF that has a content of its own."""
        target, seen = ef, [ef]
        while target.link_path:
            try:
                _, found = self._find(element, target.link_path)
            except ProfileError as error:
                words = f"the link of {ef.label} leads nowhere: {error.reason}"
                raise element.error(words, field="linkPath") from None
            if found is None or any(found is other for other in seen):
                path = target.link_path.hex().upper()
                raise element.error(f"the link {path} of {ef.label} leads to no content", field="linkPath")
            seen.append(target := found)

    def _freeze_df(self, draft: DfDraft) -> DfImage:
        children = tuple(
            self._freeze_ef(child) if isinstance(child, EfDraft) else self._freeze_df(child)
            for child in draft.children.values()
        )
        return DfImage(
            draft.fid,
            children,
            name=draft.name,
            aid=draft.aid,
            security=draft.security,
            pin_status=draft.pin_status,
            life_cycle=draft.life_cycle,
            shareable=draft.shareable,
        )

    def _freeze_ef(self, draft: EfDraft) -> EfImage:
        path = list(_fids(draft.link_path))
        adf = next((adf for adf in self.adfs if path and adf.fid == path[0]), None)
        if adf is not None:
            return draft.freeze(tuple(path[1:]), adf.aid)
        return draft.freeze(tuple(path))


_HANDLERS: dict[str, Callable[[Reader, Element], None]] = {
    "header": Reader._header_again,
    "genericFileManagement": Reader._generic_file_management,
    "pinCodes": Reader._pin_codes,
    "pukCodes": Reader._puk_codes,
    "akaParameter": Reader._aka_parameter,
    "cdmaParameter": Reader._keep,
    "securityDomain": Reader._security_domain,
    "rfm": Reader._keep,
    "application": Reader._keep,
    "nonStandard": Reader._keep,
    "end": Reader._end,
    "...": Reader._unknown,
}
"""What is not here is an element with a file template."""


def _is_created(file: FileTemplate, listed: FileList | None, template: Template) -> bool:
    if listed is None:
        return template.created_by_default
    return not any(choice == "doNotCreate" for choice, _ in listed)


def _fcp(listed: FileList) -> dict[str, Any]:
    return next((value for choice, value in listed if choice == "fileDescriptor"), {})


def _fids(path: bytes) -> list[int]:
    return [int.from_bytes(path[at : at + 2], "big") for at in range(0, len(path), 2)]


def _is_mandated(raw: bytes) -> bool:
    """Whether an element of unknown kind says in its PEHeader that it must be supported; where there is no
    header to be read, it must."""
    try:
        header = tlv.read_all(tlv.read(raw).value)[0]
        return header.tag != 0xA0 or tlv.find(header.value, 0x80) is not None
    except (Asn1Error, IndexError):
        return True


def build_image(package: ProfilePackage) -> CardImage:
    """The image of the card that a package describes; ProfileError if it describes none."""
    return Reader(package).read()


@lru_cache(maxsize=64)
def image_of(der: bytes) -> CardImage:
    """The image of an encoded package. Images are immutable, so that all cards with the same package share
    one; the last 64 packages are remembered."""
    return build_image(ProfilePackage.parse(der))


def pe_response(error: ProfileError | None) -> bytes:
    """The EUICCResponse for a package that was installed, or that failed (SAIP §8.11.2)."""
    if error is None:
        return saip.encode("EUICCResponse", {"peStatus": [{"status": int(PeStatus.OK)}]})
    return saip.encode("EUICCResponse", {"peStatus": [error.pe_status()], "profileInstallationAborted": None})
