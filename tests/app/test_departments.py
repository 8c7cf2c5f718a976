"""Departments and policies of the user's own: they are in the lists, may be asked about, and are told when faulty."""

import json
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

import simulation as ae
from simulation.app.asked import AskedQuestion, arms_of, parse_question
from simulation.app.controls import today
from simulation.app.departments import (
    BENCH_NURSE,
    BENCHED,
    DRAWN,
    LOCAL,
    PACKAGED,
)
from simulation.app.pages import front_page, narrow_page, question_page
from simulation.app.serving import STORED
from simulation.app.session import Session
from simulation.app.upload import address_of
from simulation.config.new import new_scaled_department
from simulation.errors import ConfigError
from simulation.vetting import policy_file

from .test_server import PORT, Client, app_of

SITE = """
defaults: [typical, _self_]
arrivals:
  walk_in: {per_day: 150, evidence: measured, source: "our extract, 'day' and night: 2025"}
"""
WHOLE = """
site: {arrivals: {walk_in: {per_day: 150}}}
staffing:
  doctors: {rota: [{hours: 8-20, number: 9}, {hours: 20-8, number: 4}], evidence: measured, source: rota}
"""


POLICY = """
kind: matrix
name: ours
ai:
  name: ours
  correlation: {value: 0.5, range: [0, 0.9], evidence: assumed, source: "not measured here"}
  matrix:
    evidence: measured
    source: "400 cases"
    counts: [[40, 8, 2, 0, 0], [6, 54, 13, 2, 0], [1, 20, 98, 13, 1], [0, 4, 22, 76, 4], [0, 1, 3, 11, 21]]
role: advises
acceptance: {value: 0.6, range: [0, 1], evidence: assumed, source: "to be swept"}
covers: {labels: [walk_in, referred], evidence: assumed, source: "nobody in an ambulance uses a kiosk"}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which the app was started."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asked_of(address: str, session: Session) -> AskedQuestion:
    """The question that an address of an app states."""
    pairs = parse_qsl(address.removeprefix("/?"))
    return parse_question(pairs, session.place_of(pairs))


def sent(text: str) -> AskedQuestion:
    """The question that a file with a department leads to."""
    session = Session(1)
    return asked_of(address_of({"": text.encode()}, session), session)


# --- a folder of configurations -------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", [False, True])
def test_a_department_of_one_s_own_is_among_the_departments_and_can_be_asked_about(
    here: Path, named: bool
) -> None:
    folder = here / ("elsewhere" if named else "configs")
    new_scaled_department("ours", {"attendances_per_day": "250", "beds": "480"}, folder)
    app, session = app_of(PORT, n_workers=1, config_dir=folder if named else None)
    page = Client(app).get("/?department=ours&arm=lean_triage").text
    assert '<option value="ours" selected>Your department ours</option>' in page
    assert "Today: 250 patients a day" in page
    asked = parse_question(
        [("department", "ours"), ("arm", "lean_triage"), ("beds", "-4")], session.place
    )
    study = asked.place.load(*asked.overrides)
    assert (
        study.choices["site"] == study.choices["staffing"] == study.choices["calibration"] == "ours"
    )
    assert (
        sum(
            source.per_day or 0
            for source in study.baseline.pathway.arrivals.values()
            if source.attends
        )
        == 250
    )
    assert ae.overrides_in(asked.place.configuration(*asked.first(4)))


def test_departments_of_others_and_of_the_gallery_are_not_among_them() -> None:
    assert list(LOCAL.departments()) == list(PACKAGED)


def test_a_faulty_department_of_one_s_own_is_told_and_the_others_are_there(here: Path) -> None:
    path = here / "configs/site/broken.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(
        "defaults: [typical, _self_]\narrivals: {walk_in: {per_dy: 1}}\n", encoding="utf-8"
    )
    asked = parse_question([("department", "broken"), ("arm", "lean_triage")])
    with pytest.raises(ConfigError, match=r"unknown key 'per_dy'. Did you mean 'per_day'\?"):
        asked.place.load(*asked.overrides)
    assert question_page(AskedQuestion())


def test_a_result_is_not_kept_for_a_department_whose_file_has_changed(
    here: Path, two: ae.Result
) -> None:
    for path in new_scaled_department("ours", {"attendances_per_day": "250"}, here / "configs"):
        if path.parent.name == "site":
            site = path
    _, session = app_of(PORT, n_workers=1)
    asked = parse_question([("department", "ours"), ("arm", "lean_triage")])
    session._keep(asked, two)
    kept = session.result(asked)
    assert kept is not None
    assert kept.replications is two.replications
    site.write_text(site.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert session.result(asked) is None


@pytest.mark.slow
def test_a_department_that_was_fitted_to_records_can_be_asked_about(here: Path) -> None:
    from simulation.fits.department import fit_department
    from tests.extracts.made import clean, read

    fit_department(read(clean(6000, 80), here), "mine").write_configs(here / "configs")
    client = Client(app_of(PORT, n_workers=1)[0])
    assert 'href="/?department=mine&amp;arm=ai_scribe_measured' in client.get("/records").text
    assert "Your department mine" in client.get("/?department=mine&arm=lean_triage").text
    study = LOCAL.load(*parse_question([("department", "mine"), ("arm", "lean_triage")]).overrides)
    assert study.choices["site"] == "mine"


# --- what is sent ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "doctors"), [(SITE, None), (WHOLE, ["8-20", "20-8"])])
def test_a_department_that_is_sent_is_the_typical_one_with_what_it_states(
    text: str, doctors: list[str] | None
) -> None:
    asked = sent(text)
    pathway = asked.place.load(*asked.overrides).baseline.pathway
    assert pathway.arrivals["walk_in"].per_day == 150
    if doctors:
        assert [shift.hours for shift in pathway.pools["doctors"].rota or ()] == doctors
    assert today(asked.where, asked.place)["attendances"].words == "265.6 patients a day"


def test_a_department_that_is_sent_is_its_sender_s_alone_and_is_never_written(here: Path) -> None:
    client = Client(app_of(PORT, n_workers=1)[0])
    address = client.post("/open", content=f"text={SITE}").headers["location"]
    assert "Your department yours" in client.get(address).text
    assert "Your department yours" not in client.get("/?arm=lean_triage").text
    assert client.get("/?sent=guessed&arm=lean_triage").status_code == 400
    assert list(here.iterdir()) == []


def test_two_apps_of_one_process_share_neither_folder_nor_what_was_sent(here: Path) -> None:
    new_scaled_department("ours", {"attendances_per_day": "250", "beds": "480"}, here / "elsewhere")
    one, other = (
        Client(app_of(PORT, n_workers=1, config_dir=folder)[0])
        for folder in (here / "elsewhere", None)
    )
    address = one.post("/open", content=f"text={SITE}").headers["location"]
    assert [client.get(address).status_code for client in (one, other)] == [200, 400]
    assert [
        "Your department ours" in client.get("/?arm=lean_triage").text for client in (one, other)
    ] == [True, False]


def test_its_question_as_a_file_states_it_whole() -> None:
    app, session = app_of(PORT, n_workers=1)
    client = Client(app)
    asked = asked_of(client.post("/open", content=f"text={SITE}").headers["location"], session)
    kept = client.get(f"/question.yaml?{asked.query}").content
    again = session.file(
        client.post("/open", files={"file": kept}).headers["location"].removeprefix("/?file=")
    )
    assert again.own == asked.overrides
    assert again.place.load(*again.overrides).baseline.pathway.arrivals["walk_in"].per_day == 150


def test_answers_that_are_sent_go_on_in_the_interview() -> None:
    client = Client(app_of(PORT, n_workers=1)[0])
    opened = client.post(
        "/open", content="text=attendances_per_day: 300\r\nwithin_four_hours: 62 %\r\n"
    )
    assert (
        opened.headers["location"] == "/interview?attendances_per_day=300&within_four_hours=62+%25"
    )
    assert "question 3<" in client.get(opened.headers["location"]).text


def test_no_file_of_this_computer_is_read_for_answers(here: Path) -> None:
    secret = here / "secret.csv"
    secret.write_text("1,2,3\nsecret,5,6\n", encoding="utf-8")
    client = Client(app_of(PORT, n_workers=1)[0])
    page = client.get(
        "/interview",
        params={"product": "x", "does": "labels", "against": "panel", "table": str(secret)},
    )
    assert "table.csv: holds no table" in page.text
    sent = client.post(
        "/open", files={"file": ("offer.yaml", f"does: labels\ntable: {secret}".encode())}
    )
    assert sent.headers["location"] == "/interview?does=labels"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("arrivals: {walk_in: {per_dy: 150}}", "unknown key 'per_dy'. Did you mean 'per_day'?"),
        ("arivals: {x: 1}", "unknown key 'arivals'. Did you mean 'arrivals'?"),
        ("arrivals: {walk_in: {per_day: lots}}", "site.arrivals.walk_in.per_day: found 'lots'"),
        ("site: 3", "what was pasted: site: found '3'"),
        ("name: a\nsite: {}", "states 'name' beside a department"),
        ("site: {}\nexecutor: dask", "states 'executor' beside a department"),
        ("defaults: [/secret]\narrivals: {}", "Could not load 'secret'"),
        ("just words", "is none of what can be sent"),
        ("site: {}", "what was pasted: site: found '{}'"),
        ("a: [", "what was pasted, line 1"),
    ],
)
def test_a_bad_file_is_told_in_a_sentence(text: str, told: str) -> None:
    refused = Client(app_of(PORT, n_workers=1)[0]).post("/open", content=f"text={text}")
    assert refused.status_code == 400
    assert told in unescape(refused.text)


# --- policies -------------------------------------------------------------------------------------------------------


def test_a_policy_of_one_s_own_can_be_chosen(here: Path) -> None:
    path = here / "configs/triage/ours.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(POLICY, encoding="utf-8")
    asked = parse_question([("arm", "own_ours"), ("arm", "lean_triage")])
    assert [arm.name for arm in asked.place.load(*asked.overrides).arms] == [
        "nurse",
        "lean_triage",
        "own_ours",
    ]
    assert "Your policy ours" in question_page(asked)
    assert "Your own file. Its source: not measured here" in question_page(asked)
    path.write_text(f"# Question: what if it were ours?\n{POLICY}", encoding="utf-8")
    assert "what if it were ours?" in question_page(asked)
    assert parse_question(parse_qsl(asked.query)) == asked


@pytest.mark.slow
def test_an_ai_from_the_bench_is_a_policy_beside_the_nurse_with_whom_it_was_measured(
    here: Path,
) -> None:
    from simulation.vetting.bench import run_bench
    from simulation.vetting.vet import cases_of, load_plan
    from tests.vetting.test_card import Fixed

    assert (policy_file.VETTED, policy_file.DRAWN, policy_file.BENCH_NURSE) == (
        BENCHED,
        DRAWN,
        BENCH_NURSE,
    )
    plan = load_plan("synthetic", ["cases.number=120"])
    bench = run_bench(replace(plan, comparators=False), cases_of(plan), Fixed(name="Acme 2.1"))  # type: ignore[arg-type]
    for name, text in policy_file.policy_files(bench).items():
        (here / "configs" / name).parent.mkdir(parents=True, exist_ok=True)
        (here / "configs" / name).write_text(text, encoding="utf-8")
    assert [name for name in arms_of(LOCAL) if name.startswith("own_")] == [
        "own_vetted",
        "own_vetted_advises",
    ]
    study = LOCAL.load(*parse_question([("arm", "own_vetted"), ("arm", "lean_triage")]).overrides)
    assert study.choices["nurse"] == BENCH_NURSE
    assert study.arm("own_vetted").policy.beside_nurse is not None
    assert (
        LOCAL.load(*parse_question([("arm", "lean_triage")]).overrides).choices["nurse"]
        != BENCH_NURSE
    )


# --- the first visit ------------------------------------------------------------------------------------------------


def test_the_first_visit_s_answer_is_narrowed_by_figures_of_one_s_own() -> None:
    _, session = app_of(PORT, n_workers=1)
    asked = session.open_run("first")
    result = session.result(asked)
    assert result is not None
    about = json.loads(STORED.with_suffix(".json").read_text(encoding="utf-8"))
    assert about["identity"] == result.manifest["identity"]
    scribe = result.row_of(result.first_target, "ai_scribe_measured")
    assert about["effects"][scribe.arm] == [
        scribe.difference,
        scribe.department_p5,
        scribe.department_p95,
    ]
    assert (about["n_replications"], about["n_departments"]) == (
        len(result.replications),
        result.run.departments,
    )
    text = narrow_page(asked, result, {"size": "340", "wait": "24.5", "days": "28"})
    assert "How this was read" in text
    assert "−2.7 (−5.1 to −0.6)" in text, "the mean that the first visit shows"
    rows = text.partition("</table>")[0].split("<tr")
    marked = sum("range not narrower" in row for row in rows)
    assert f"{marked} of {len(rows) - 2} ranges are no narrower" in text
    assert marked
    assert "Sham AI" not in text
    assert 'href="/interview?attendances_per_day=340&amp;triage_wait=24.5">Make departments' in text
    assert (
        "'One more clinician from 14 to 22 h' does most of the policies that fail no safety limit: "
        in unescape(text)
    )
    assert "3 of 11 fail or may fail a safety limit" in text
    assert 'Safety and costs are in <a href="/first">the answer</a>' in text
    assert "Your figures are unusual" in unescape(
        narrow_page(asked, result, {"size": "340", "wait": "55", "days": "28"})
    )
    assert 'href="/first"' in text
    assert 'href="/narrow?run=first"' in front_page(LOCAL)


def test_departments_held_to_records_are_asked_as_they_were_built(here: Path) -> None:
    """Of `aeflow fit`: a site of that name, and departments that were built from another, which the ensemble names."""
    configs = here / "configs"
    for group in ("site", "ensembles", "study"):
        (configs / group).mkdir(parents=True, exist_ok=True)
    (configs / "site" / "held.yaml").write_text(SITE, encoding="utf-8")
    packaged = (Path(__file__).parents[2] / "configs" / "ensembles" / "england.yaml").read_text(
        encoding="utf-8"
    )
    (configs / "ensembles" / "held.yaml").write_text(
        packaged.replace("name: england", "name: held", 1), encoding="utf-8"
    )
    why = "defaults: [ai_triage, _self_]\nname: held\nensemble: held\nnot_calibrated: it is one alone\n"
    (configs / "study" / "held.yaml").write_text(why, encoding="utf-8")
    department = LOCAL.department("held")
    assert department.words[0] == "site=typical"
    study = LOCAL.load("study=ai_triage", *department.over(20), "run.replications=20")
    assert study.held_to_records
