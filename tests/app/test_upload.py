"""A folder that is sent is asked about as the command line asks about it; one that is hostile is told in a sentence."""

import io
import random
import tempfile
import tracemalloc
from dataclasses import replace
from html import unescape
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile, ZipInfo

import pytest

import simulation as ae
from simulation.app.asked import AskedQuestion
from simulation.app.session import Session
from simulation.app.upload import (
    MOST_FILES,
    MOST_UNPACKED,
    address_for,
    address_of,
    parts_of,
    unpacked,
    zipped,
)
from simulation.app.upload import _sorted_out as sorted_out
from simulation.config import packaged_configs
from simulation.config.new import new_scaled_department
from simulation.errors import ConfigError

from .test_departments import POLICY, SITE, asked_of
from .test_server import PORT, Client, app_of

Files = dict[str, bytes]
TWO = {
    "configs/site/ours.yaml": SITE.encode(),
    "configs/site/theirs.yaml": SITE.replace("150", "160").encode(),
}


def opened(files: Files, session: Session | None = None) -> AskedQuestion:
    """The question that a folder leads to."""
    session = session or Session(1)
    return asked_of(address_of(files, session), session)


def told(files: Files) -> str:
    """Why a folder is refused."""
    with pytest.raises(ConfigError) as refused:
        address_of(files, Session(1))
    return str(refused.value)


@pytest.fixture
def ours(tmp_path: Path) -> Files:
    """The files that `aeflow new department` writes, and a policy, by their path in the folder above `configs`."""
    new_scaled_department(
        "ours", {"attendances_per_day": "250", "beds": "480"}, tmp_path / "configs"
    )
    path = tmp_path / "configs/triage/kiosk.yaml"
    path.parent.mkdir()
    path.write_text(POLICY, encoding="utf-8")
    return {
        file.relative_to(tmp_path).as_posix(): file.read_bytes()
        for file in tmp_path.rglob("*.yaml")
    }


def test_a_folder_that_is_sent_gives_the_command_line_s_numbers_to_the_last_bit(
    short: None, ours: Files, tmp_path: Path
) -> None:
    asked = opened(ours)
    assert (asked.department, asked.arms[-1]) == ("ours", "own_kiosk")
    words = (*asked.first(1), "executor=serial")
    study = ae.load(*words, config_dir=tmp_path / "configs")
    assert asked.place.load(*words) == study
    here, there = (
        next(iter(ae.grow(one))).replications[0] for one in (asked.place.load(*words), study)
    )
    for arm, of_arm in there.arms.items():
        assert here.arms[arm].measures.values.tobytes() == of_arm.measures.values.tobytes(), arm


def test_a_zip_and_a_folder_of_a_browser_lead_to_the_same_department_and_no_file_is_made(
    ours: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "here"
    empty.mkdir()
    monkeypatch.chdir(empty)
    monkeypatch.setattr(
        tempfile, "tempdir", str(tmp_path / "nowhere")
    )  # a temporary file would raise
    client = Client(app_of(PORT, n_workers=1)[0])
    of_browser = [("folder", (f"mine/{name}", text)) for name, text in ours.items()]
    for files in ({"file": ("ours.zip", zipped(ours))}, of_browser):
        page = client.get(client.post("/open", files=files).headers["location"]).text
        assert '<option value="ours" selected>Your department ours</option>' in page
        assert "Your policy kiosk" in page
    assert list(empty.iterdir()) == []


def test_every_department_of_a_folder_is_in_its_sender_s_list_and_in_no_other() -> None:
    client = Client(app_of(PORT, n_workers=1)[0])
    address = client.post("/open", files={"file": zipped(TWO)}).headers["location"]
    assert all(f"Your department {name}" in client.get(address).text for name in ("ours", "theirs"))
    other = client.get(
        client.post("/open", files={"file": zipped({"site/b.yaml": SITE.encode()})}).headers[
            "location"
        ]
    )
    assert "Your department b<" in other.text
    assert "Your department ours" not in other.text + client.get("/?arm=lean_triage").text
    assert client.get("/?department=ours&arm=lean_triage").status_code == 400


def test_the_question_of_a_folder_is_asked_over_a_pathway_that_is_stated_whole() -> None:
    of_group = {
        group: packaged_configs() / group / "gallery/clinic.yaml" for group in ("study", "pathway")
    }
    files = {f"configs/{group}/mine.yaml": path.read_bytes() for group, path in of_group.items()}
    files["configs/study/mine.yaml"] = files["configs/study/mine.yaml"].replace(
        b"gallery/clinic", b"mine"
    )
    session = Session(1)
    asked = session.file(
        address_of({**files, "question.yaml": b"[study=mine]"}, session).removeprefix("/?file=")
    )
    assert (
        asked.place.load(*asked.overrides).baseline.pathway
        == ae.load("study=gallery/clinic").baseline.pathway
    )


def test_of_the_folder_of_a_checkout_what_is_not_the_package_s_is_taken(ours: Files) -> None:
    configs = packaged_configs()
    files = {
        f"x/configs/{path.relative_to(configs)}": path.read_bytes()
        for path in configs.rglob("*.yaml")
    }
    asked = opened({**files, **{f"x/{name}": text for name, text in ours.items()}})
    assert (asked.department, asked.arms[-1], asked.place.left_out) == (
        "ours",
        "own_kiosk",
        ("x/configs/config.yaml",),
    )
    assert asked.place == replace(
        opened(ours).place, sent=asked.place.sent, left_out=asked.place.left_out
    )


def test_what_is_not_used_here_is_named(ours: Files) -> None:
    asked = opened(
        {**ours, "counts.csv": b"1,2", "offer.yaml": b"beds: 9", "configs/.DS_Store": b"\0"}
    )
    assert asked.place.left_out == ("counts.csv", "offer.yaml")


def test_every_fault_of_a_folder_is_in_one_message() -> None:
    words = told(
        {
            "site/a.yaml": b"defaults: [typical, _self_]\narrivals: {walk_in: {per_dy: 1}}",
            "site/b.yaml": b"defaults: [typical, _self_]\narivals: {}",
        }
    )
    assert "unknown key 'per_dy'" in words
    assert "unknown key 'arivals'" in words
    both = told({"site/a.yaml": b"a: [", "triage/b.yaml": b"\xff", "site/c.yaml": SITE.encode()})
    assert "site/a.yaml, line 1" in both
    assert "triage/b.yaml, line 1: the byte 0xff is not UTF-8" in both


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (
            {"../site/a.yaml": SITE.encode(), "b": b""},
            "../site/a.yaml: is no name of a file in a folder",
        ),
        ({"/etc/site/a.yaml": SITE.encode(), "b": b""}, "is no name of a file in a folder"),
        ({"C:\\site\\a.yaml": SITE.encode(), "b": b""}, "is no name of a file in a folder"),
        ({"site/a.yaml": SITE.encode(), "": SITE.encode()}, "what was pasted: is no name"),
        (
            {"one/site/a.yaml": SITE.encode(), "two/site/a.yaml": SITE.encode()},
            "several folders of configurations",
        ),
        ({"notes.txt": b"", "b.md": b""}, "holds no configurations"),
        (
            {"scenario/mine.yaml": b"question: q?\nchanges: {}", "b": b""},
            "holds no department, policy or question",
        ),
        ({f"site/{number}.yaml": SITE.encode() for number in range(21)}, "holds 21 departments"),
        (dict.fromkeys(map(str, range(MOST_FILES + 1)), b""), "holds more than 400 files"),
        (
            {"site/a.yaml": b"defaults: [typical, ../../x, _self_]", "b": b""},
            "Could not load 'site/../../x'",
        ),
        (
            {"site/a.yaml": b"defaults: [typical, _self_]\nname: ${oc.env:HOME}", "b": b""},
            "is not a plain reference",
        ),
    ],
)
def test_a_hostile_folder_is_told_in_a_sentence(files: Files, why: str) -> None:
    assert why in told(files)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"a.zip": zipped(TWO)[1:]}, "a.zip: is neither a text in UTF-8 nor a sound zip. Save it"),
        ({"a.zip": zipped(TWO)[:90]}, "a.zip: cannot be unpacked"),
        (
            {"notes.zip": zipped({"n.txt": b"x", "m.txt": b"y"})},
            "notes.zip: holds no configurations",
        ),
        ({"a.yaml": b"['executor=dask']"}, "a.yaml: 'executor=dask' may not be stated here"),
        ({"a.yaml": b"['study=nothing']"}, "a.yaml: study=nothing: there is no study 'nothing'"),
        ({"a.yaml": b"a: ["}, "a.yaml, line 1"),
        ({"a.yaml": b""}, "a.yaml: is none of what can be sent"),
        ({"": b"a: ["}, "what was pasted, line 1"),
        ({"mine/notes.txt": b"x", "mine/m.txt": b"y"}, "mine: holds no configurations"),
        (
            {"ed.CSV": b"arrived,left\n1,2"},
            "ed.CSV: is a table, and not read alone: records are for aeflow extract",
        ),
        ({}, "the file: nothing was chosen"),
        ({"": b" "}, "the file: nothing was chosen"),
    ],
)
def test_what_cannot_be_read_is_told_with_the_name_of_what_was_sent(
    files: Files, told: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        address_for(files, Session(1))
    assert str(refused.value).startswith(told)


def test_a_folder_cannot_say_where_or_how_it_runs() -> None:
    usual = ae.load(*AskedQuestion().overrides)
    where = b"executor: dask\ncluster: {address: x}\nresults: elsewhere\nallow_large: true\nworkers: 900"
    study = opened(
        {"site/a.yaml": b"defaults: [typical, /site@_global_: _b, _self_]", "site/_b.yaml": where}
    )
    again = study.place.load(*study.overrides)
    for key in ("executor", "cluster", "allow_large", "workers"):
        assert getattr(again, key) == getattr(usual, key), key
    assert again.resolved["results"] == usual.resolved["results"]


def entry(name: str, *, mode: int = 0, how: int = ZIP_DEFLATED) -> ZipInfo:
    made = ZipInfo(name)
    made.external_attr, made.compress_type = mode << 16, how
    return made


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([entry("site/a.yaml", mode=0o120777)], "site/a.yaml: is a link"),
        ([entry("site/a.yaml", how=ZIP_BZIP2)], "is packed in a way that is not read here"),
        ([entry("../../site/a.yaml")], "is no name of a file in a folder"),
    ],
)
def test_a_hostile_zip_is_told_in_a_sentence(entries: list[ZipInfo], why: str) -> None:
    written = io.BytesIO()
    with ZipFile(written, "w") as made:
        for one in entries:
            made.writestr(one, SITE)
    refused = Client(app_of(PORT, n_workers=1)[0]).post("/open", files={"file": written.getvalue()})
    assert refused.status_code == 400
    assert why in unescape(refused.text)


def test_an_encrypted_zip_is_told_in_a_sentence() -> None:
    content = bytearray(zipped({"site/a.yaml": SITE.encode()}))
    content[6] |= 1  # the flag of its file, there and in the list at the end
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ConfigError, match="is encrypted"):
        unpacked(parts_of(*form(bytes(content))))


def form(content: bytes) -> tuple[bytes, str]:
    """A form with one file, and its Content-Type."""
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\n'
    return head + content + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"


def test_a_zip_that_unpacks_to_a_thousand_times_its_size_fills_no_memory() -> None:
    bomb = zipped({"site/a.yaml": b" " * 20_000_000})
    assert len(bomb) < 20_000 + 1_000
    tracemalloc.start()
    with pytest.raises(ConfigError, match="holds more than 4 MB"):
        address_for(parts_of(*form(bomb)), Session(1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * MOST_UNPACKED


def test_a_mutated_zip_or_folder_is_read_or_told_and_raises_nothing_else() -> None:
    chance, whole = (
        random.Random(26),
        zipped({**TWO, "configs/triage/k.yaml": POLICY.encode(), "question.yaml": b"[]"}),
    )
    n_refused = 0
    for number in range(300):
        content = bytearray(whole if number % 2 else form(whole)[0])
        for _change in range(chance.randint(1, 8)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        del content[chance.choice([len(content), chance.randrange(len(content))]) :]
        sent = form(bytes(content)) if number % 2 else (bytes(content), form(b"")[1])
        try:
            sorted_out(unpacked(parts_of(*sent)))
        except ConfigError:
            n_refused += 1
    assert 100 < n_refused <= 300
