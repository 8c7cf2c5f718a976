"""What somebody sends: a question, answers of the interview, a department in one file, or a folder of configurations as
it is or as a zip. It is read, checked, kept in memory and never written.

A folder is looked up as the command line looks one up, so the same folder gives the same numbers.
"""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import PurePosixPath
from stat import S_ISLNK
from typing import Any
from urllib.parse import urlencode
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile
from zlib import error as PackingError

from simulation.app.asked import EXAMPLE, MOST_ARMS, AskedQuestion
from simulation.app.departments import OWN, PACKAGED, TYPICAL, Place, own_names
from simulation.app.session import Session
from simulation.config.files import (
    is_name_of_file,
    mapping_in,
    names_in,
    packaged_configs,
    value_in,
    yaml_files,
)
from simulation.errors import ConfigError, Faults, refuse
from simulation.offers.interview import questions
from simulation.records.in_memory import folder_in_memory

MOST_BYTES, MOST_UNPACKED = 1_000_000, 4_000_000
"""Of what is sent, and of the files of a zip together."""
MOST_FILES, MOST_DEPARTMENTS, MOST_SHOWN = 400, 20, 80
"""The last: characters of a name that a message shows."""
ALONE = ("site", "staffing", "calibration", "pathway")
"""Those that one file may state, each under its name; a file without them is a site."""
QUESTION, ANSWERS = "question.yaml", "offer.yaml"
"""The file of a folder that is asked, if there is one, and that of answers, beside the tables that these name."""
KINDS = "a question, answers of the interview, a department or a folder of configurations"
RECORDS = "records are for aeflow extract and aeflow fit (see 'Your records')"
DAMAGED = (BadZipFile, PackingError, NotImplementedError, EOFError, ValueError, OSError)
"""What a zip raises that is none, or no whole one."""


# --- what a form holds ------------------------------------------------------------------------------------------------


def parts_of(content: bytes, kind: str) -> dict[str, bytes]:
    """What a form holds by its path, '' for what was pasted; kind: the form's Content-Type."""
    boundary = re.search('boundary="?([^";]+)', kind)
    if boundary is None:
        return {"": content.removeprefix(b"text=")}
    files = {}
    for part in (b"\r\n" + content).split(f"\r\n--{boundary[1]}".encode())[1:-1]:
        head, _, body = part.partition(b"\r\n\r\n")
        found = re.search(rb'filename="([^"]*)"', head)
        name = found[1].decode("utf-8", "replace") if found else ""
        if body.strip() or name:
            files[name] = body
    return files


def unpacked(parts: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The files of a form, those of a zip in its place. Raises ConfigError with every fault of a zip."""
    content = next(iter(parts.values())) if len(parts) == 1 else b""
    return _unzipped(content) if content.startswith(b"PK") else parts


def _unzipped(content: bytes) -> dict[str, bytes]:
    """The files of a zip by path, no more of each than may be; those that nothing here reads are left empty."""
    files, left, faults = dict[str, bytes](), MOST_UNPACKED, Faults()
    try:
        with ZipFile(BytesIO(content)) as packed:
            for entry in [entry for entry in packed.infolist() if not entry.is_dir()][
                : MOST_FILES + 1
            ]:
                shown = f"the zip: {entry.filename[:MOST_SHOWN]}"
                if entry.flag_bits & 1:
                    faults.add(shown, "is encrypted", "Pack it without a password")
                elif S_ISLNK(entry.external_attr >> 16):
                    faults.add(shown, "is a link", "Pack the file itself")
                elif entry.filename in files:
                    faults.add(shown, "is in it twice", "Keep one of them")
                elif entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
                    faults.add(
                        shown, "is packed in a way that is not read here", "Make an ordinary zip"
                    )
                elif not entry.filename.endswith((".yaml", ".csv")):
                    files[entry.filename] = b""
                elif left >= 0:
                    with packed.open(entry) as file:
                        files[entry.filename] = file.read(left + 1)
                    left -= len(files[entry.filename])
    except DAMAGED as error:
        refuse("the zip", f"cannot be unpacked ({str(error)[:MOST_SHOWN]})", "Pack it again")
    faults.refuse()
    return files


def packed(place: Place, question: str) -> bytes:
    """A folder that was sent and a question about it as a zip: unpacked, the command line asks the same in it."""
    assert place.folder
    texts = {
        file.relative_to(place.folder): file.read_text(encoding="utf-8")
        for file in yaml_files([place.folder])
    }
    return zipped({QUESTION: question, **{f"configs/{name}": text for name, text in texts.items()}})


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """Files, by path, as a zip."""
    written = BytesIO()
    with ZipFile(written, "w", ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return written.getvalue()


# --- what it leads to -------------------------------------------------------------------------------------------------


def address_for(parts: Mapping[str, bytes], session: Session) -> str:
    """The page that what a form holds leads to. Raises ConfigError with every fault, each with the name of what was
    sent."""
    if not any(path or text.strip() for path, text in parts.items()):
        refuse("the file", "nothing was chosen", "Choose a file or a folder, or paste a text")
    names = ", ".join(dict.fromkeys(path.partition("/")[0] or "what was pasted" for path in parts))[
        :MOST_SHOWN
    ]
    try:
        return address_of(unpacked(parts), session)
    except ConfigError as error:
        faults = [replace(fault, where=_named(fault.where, names)) for fault in error.faults]
        raise ConfigError(faults, error.heading) from None


def _named(where: str, name: str) -> str:
    """The place of a fault, with the name of what was sent."""
    rest = re.sub(f"^(the (file|folder|zip)|{re.escape(name)})", "", where)
    return f"{name}{rest}" if rest != where else f"{name}: {where}"


def address_of(files: Mapping[str, bytes], session: Session) -> str:
    """The page that what was sent leads to, once checked and kept. Raises ConfigError with every fault."""
    tables = {path: content for path, content in files.items() if path.lower().endswith(".csv")}
    others = [path for path in files if path not in tables]
    if tables and not others:
        remedy = "A table of counts is sent together with the answers that name it"
        refuse("the file", f"is a table, and not read alone: {RECORDS}", remedy)
    path = others[0] if len(others) == 1 else "/"
    if "/" in path and path.rpartition("/")[2] not in (QUESTION, ANSWERS):
        return _folder_address(files, session)
    text, faults = _text(files[path]), Faults()
    stated = value_in(text, "the file", faults)
    faults.refuse()
    if isinstance(stated, list):
        return f"/?{session.take_in(text, session.place).query}"
    if (
        not isinstance(stated, Mapping)
        or not stated
        or not all(isinstance(key, str) for key in stated)
    ):
        refuse(
            "the file", f"is none of what can be sent: {KINDS}", "Each has one key or word a line"
        )
    if stated.keys() & questions().keys():
        by_name = {PurePosixPath(path).name: _text(content) for path, content in tables.items()}
        answers = {}
        for key, value in stated.items():
            answers[key] = text = _answer(value)
            if text and key in questions() and questions()[key].kind == "table":
                answers[key] = by_name.get(PurePosixPath(text).name, "")
                if not answers[key]:  # it is asked for
                    del answers[key]
        return f"/interview?{urlencode(answers)}"
    return _folder_address({**_department(stated, PurePosixPath(path).stem), **tables}, session)


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").strip(" \n")
    except UnicodeDecodeError:
        refuse(
            "the file",
            "is neither a text in UTF-8 nor a sound zip",
            "Save it as UTF-8, or pack it again",
        )


def _answer(value: Any) -> str:
    """An answer as it is typed."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _department(stated: Mapping[str, Any], name: str) -> dict[str, bytes]:
    """The folder that one file of a department is short for; what it leaves out is the typical one's."""
    parts = stated if stated.keys() & {*ALONE} else {"site": stated}
    if others := [key for key in parts if key not in ALONE]:
        refuse(
            "the file",
            f"states '{others[0][:40]}' beside a department",
            f"Keep to {', '.join(ALONE)}",
        )
    name = name if name.isidentifier() and name not in PACKAGED else "yours"
    usual = {part: "emergency_department" if part == "pathway" else TYPICAL for part in parts}
    faults, files = Faults(), {}
    for part, block in parts.items():
        if not isinstance(block, Mapping) or not block:
            faults.add(
                f"the file: {part}",
                f"found '{str(block)[:40]}'",
                "State the values of the department below it",
            )
        else:
            whole = {"defaults": [usual[part], "_self_"], **block}
            files[f"{part}/{name}.yaml"] = json.dumps(whole, ensure_ascii=False).encode()
    faults.refuse()
    return {f"site/{name}.yaml": b"defaults: [typical, _self_]", **files}


def _folder_address(files: Mapping[str, bytes], session: Session) -> str:
    """The page that a folder leads to: its question, if it has one, or its first department."""
    kept, question, left_out = _sorted_out(files)
    place = Place(folder_in_memory(kept), secrets.token_urlsafe(16), tuple(left_out))
    own, policies = _checked(place)
    if question is not None:
        return f"/?{session.take_in(_text(question), session.keep(place)).query}"
    if not own and not policies:
        remedy = "Send a folder with site/NAME.yaml, triage/NAME.yaml or question.yaml, under names of your own"
        refuse("the folder", "holds no department, policy or question", remedy)
    arms = (*policies, *EXAMPLE)[:MOST_ARMS]
    return (
        f"/?{AskedQuestion(own[0] if own else TYPICAL, arms=arms, place=session.keep(place)).query}"
    )


def _sorted_out(files: Mapping[str, bytes]) -> tuple[dict[str, bytes], bytes | None, list[str]]:
    """The files of a folder by their path within `configs`, its question, and the names of those not used here."""
    kept, left_out, roots, faults = dict[str, bytes](), list[str](), dict[str, None](), Faults()
    packaged, question = packaged_configs(), None
    groups = {path.name for path in packaged.iterdir() if path.is_dir()}
    if len(files) > MOST_FILES:
        refuse(
            "the folder",
            f"holds more than {MOST_FILES} files",
            "Send the folder of configurations alone",
        )
    if sum(map(len, files.values())) > MOST_UNPACKED:
        refuse(
            "the folder",
            f"holds more than {MOST_UNPACKED // 1_000_000} MB",
            "Send what the department needs",
        )
    for path, content in files.items():
        parts = path.split("/")
        if any((part.startswith(".") and part.strip(".")) or part == "__MACOSX" for part in parts):
            continue  # of an editor or an operating system
        at = max((number for number, part in enumerate(parts[:-1]) if part in groups), default=None)
        if not is_name_of_file(path):
            faults.add(
                path[:MOST_SHOWN] or "what was pasted",
                "is no name of a file in a folder",
                "Send the folder alone",
            )
        elif at is not None and path.endswith(".yaml"):
            roots["/".join(parts[:at])] = None
            own = packaged.joinpath(*parts[at:])
            if (
                not own.is_file() or own.read_bytes() != content
            ):  # a checkout holds the package's beside one's own
                kept["/".join(parts[at:])] = content
        elif parts[-1] == QUESTION:
            question = content
        else:
            left_out.append(path)
    if len(roots) > 1:
        faults.add(
            "the folder",
            f"holds several folders of configurations: {', '.join(roots)}",
            "Send one of them",
        )
    if not kept and not faults:
        refuse(
            "the folder",
            "holds no configurations",
            "Send one that holds site/NAME.yaml or triage/NAME.yaml",
        )
    faults.refuse()
    return kept, question, left_out


def _checked(place: Place) -> tuple[list[str], list[str]]:
    """The departments and the policies of a folder, as arms. Raises ConfigError with every fault of every file."""
    assert place.folder
    faults, folders = Faults(), [place.folder]
    for file in yaml_files(folders):
        mapping_in(file, file.relative_to(place.folder).as_posix(), faults, may_be_empty=True)
    faults.refuse()
    own = own_names(folders)
    new = names_in("triage", folders) - names_in("triage", [packaged_configs()])
    policies = [arm for arm, name in place.own_policies().items() if name in new]
    if len(own) > MOST_DEPARTMENTS:
        refuse("the folder", f"holds {len(own)} departments", f"Send {MOST_DEPARTMENTS} at most")
    for name in own or [TYPICAL]:
        of_others = [f"{OWN}{other}" for other in own if other != name]
        arms = [*EXAMPLE, *(arm for arm in policies if arm not in of_others)]
        try:
            place.load(*AskedQuestion(name, arms=tuple(arms), place=place).overrides)
        except ConfigError as error:
            faults += error.faults
    faults.refuse()
    return own, policies
