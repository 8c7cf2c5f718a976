"""A user's mistake is one short message that says where, what was found and what to do; nothing is written."""

from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.config import packaged_configs
from tests.held import Hold

from .conftest import SHORT, Aeflow

PACKAGED = packaged_configs()
Own = Callable[..., Path]


def packaged(name: str) -> str:
    return (PACKAGED / name).read_text(encoding="utf-8")


def changed(name: str, before: str, after: str) -> str:
    text = packaged(name)
    assert before in text
    return text.replace(before, after, 1)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        (
            "nonsense=1",
            "nonsense: unknown key 'nonsense'. Known names: allow_large, calibration, cluster,",
        ),
        ("enginee=compiled", "enginee: unknown key 'enginee'. Did you mean 'engine'?"),
        (
            "staffing.triage_nurze.extra=1",
            "there is no 'staffing.triage_nurze'. Did you mean 'triage_nurses'?",
        ),
        (
            "staffing.triage_nurses.extar=1",
            "staffing.triage_nurses.extar: unknown key 'extar'. Did you mean 'extra'?",
        ),
        (
            "calibration.patience_scale.valeu=3",
            "calibration.patience_scale.valeu: unknown key 'valeu'. Did you mean 'value'?",
        ),
        ("run.seed.x=3", "'run.seed' holds no"),
        (
            "scenario=busier",
            "scenario=busier",
        ),
        (
            "site=null",
            "site=null",
        ),
        ("~study", "study needs every"),
        ("run.measured_days=soon", "run.measured_days: found 'soon'. Allowed: a valid integer"),
        ("staffing.doctors.rota=8-20", "staffing.doctors.rota: found '8-20'. Allowed: a list"),
        ("engine=fast", "engine: found 'fast'. Allowed: 'auto', 'reference' or 'compiled'"),
        ("run.measured_days=-1", "run.measured_days: found -1. Allowed: greater than 0"),
        ("run.warm_up_days=10", "run.warm_up_days: found 10. Allowed: a multiple of 7"),
        ("run.start_week=52", "run.start_week"),
        ("run.start_week=-1", "run.start_week"),
        ("run.start_week=spring", "run.start_week: found 'spring'. Allowed: a valid integer"),
        (
            "site.arrivals.walk_in.per_day=-4",
            "site.arrivals.walk_in.per_day",
        ),
        (
            "pathway.priority.adherence=1.2",
            "pathway.priority.adherence",
        ),
        (
            "staffing.doctors.rota=[]",
            "staffing.doctors.rota",
        ),
        (
            "run.seed=1,2",
            "run.seed=1,2",
        ),
        (
            "run.keep=patients,events",
            "'run.keep=[patients,events]'",
        ),
        ("run.keep=patients", "run.keep"),
        ("run.seed", "run.seed"),
        ("a b=3", "b=3"),
        ("=3", "=3: names no key"),
        ("triage=sham", "triage=sham"),
        (
            "pathway.steps.triage.next=registratoin",
            "pathway.steps.triage.next: unknown node 'registratoin'",
        ),
    ],
)
def test_a_mistake_on_the_command_line_is_named(
    word: str, message: str, aeflow: Aeflow, here: Path, hold: Hold
) -> None:
    output = aeflow("compare", word).message
    hold(output, message)
    assert list(here.iterdir()) == []


@pytest.mark.slow
def test_a_value_of_a_policy_is_answered_by_the_form_that_sweeps_over_it(aeflow: Aeflow) -> None:
    output = aeflow("compare", "-m", "triage.readings.seconds.seconds_saved.value=20,40").message
    form = (
        output.partition("Name the arm: '")[2]
        .removesuffix("'.")
        .replace("<arm>", "ai_scribe_measured")
    )
    out = aeflow("compare", "-m", form, "ensemble=none", "dry_run=true").out
    assert (
        "Run 2 of 2: study.arms.ai_scribe_measured.changes={triage.readings.seconds.seconds_saved.value:40}"
        in out
    )
    single = aeflow("compare", "triage.readings.seconds.seconds_saved.value=20").message
    assert single.endswith(
        "'study.arms.<arm>.changes={triage.readings.seconds.seconds_saved.value: 20}'."
    )


@pytest.mark.slow
def test_a_day_of_too_many_arrivals_is_refused_before_the_run_with_the_whole_path_and_a_value(
    aeflow: Aeflow,
) -> None:
    words = ("study=ai_triage", "ensemble=none", "run.replications=3", "dry_run=true")
    output = aeflow("compare", *words, "site.arrivals.walk_in.thinning_bound=1.05").message
    assert output.startswith("site.arrivals.walk_in.thinning_bound: day ")
    remedy = output.partition("Say ")[2].partition(",")[0]
    assert aeflow("compare", *words, remedy).code == 0


@pytest.mark.slow
def test_a_dry_run_of_a_break_even_says_what_would_run_and_simulates_nothing(
    aeflow: Aeflow,
) -> None:
    output = aeflow("breakeven", "arm=lean_triage", "against=doctor_at_triage", "dry_run=true")
    assert (output.code, output.err) == (0, "")
    assert "Dry run: nothing was simulated." in output.out


@pytest.mark.slow
def test_an_arm_of_another_study_of_ones_own_is_named_with_its_study(
    aeflow: Aeflow, here: Path, hold: Hold
) -> None:
    study = here / "configs/study/our_ai.yaml"
    study.parent.mkdir(parents=True)
    text = (
        "defaults: [ai_triage, _self_]\nname: our_ai\narms: {our_ai: {label: Ours, triage: sham}}\n"
    )
    study.write_text(text, encoding="utf-8")
    output = aeflow(
        "breakeven", "arm=our_ai", "against=one_more_triage_nurse", "dry_run=true"
    ).message
    hold(output, "study 'alternatives'")
    output = aeflow(
        "breakeven", "study=our_ai", "arm=our_ai", "against=doctor_at_triage", "dry_run=true"
    ).message
    hold(output, "one of study=alternatives or study=known_effects")
    words = ("study=our_ai", "arm=our_ai", "against=one_more_triage_nurse", "dry_run=true")
    assert "nothing was simulated" in aeflow("breakeven", *words).out


def test_an_option_of_breakeven_without_a_value_is_named(aeflow: Aeflow, hold: Hold) -> None:
    output = aeflow("breakeven", "arm=lean_triage", "against=nobody", "what").message
    hold(output)


def test_a_misspelt_key_in_a_scenario_file_is_named(aeflow: Aeflow, own: Own) -> None:
    own({"scenario/mine.yaml": "question: What if?\nchagnes: {site.arrivals.walk_in.scale: 1.1}\n"})
    output = aeflow("compare", "scenario=mine").message
    assert output.strip() == "scenario.chagnes: unknown key 'chagnes'. Did you mean 'changes'?"


def test_a_misspelt_path_in_a_scenario_file_is_named(aeflow: Aeflow, own: Own) -> None:
    own({"scenario/mine.yaml": "question: What if?\nchanges: {site.arrivals.walk_on.scale: 1.1}\n"})
    output = aeflow("compare", "scenario=mine").message
    assert output.startswith(
        "scenario.changes.site.arrivals.walk_on.scale: there is no 'site.arrivals.walk_on'"
    )
    assert "Did you mean 'walk_in'?" in output


def test_a_misspelt_key_in_a_site_file_is_named(aeflow: Aeflow, own: Own) -> None:
    own({"site/mine.yaml": changed("site/typical.yaml", "per_day: 224.4", "per_dya: 224.4")})
    output = aeflow("compare", "site=mine").message
    assert "site.arrivals.walk_in.per_dya: unknown key 'per_dya'. Did you mean 'per_day'?" in output


@pytest.mark.parametrize("text", ["", "- a\n- b\n"])
def test_a_file_that_is_not_a_block_of_keys_is_named(text: str, aeflow: Aeflow, own: Own) -> None:
    own({"scenario/mine.yaml": text})
    assert "scenario" in aeflow("compare", "scenario=mine").message


def test_broken_yaml_is_named_with_its_line(aeflow: Aeflow, own: Own) -> None:
    own({"scenario/mine.yaml": "question: What if?\nchanges: {site.x: [1, 2}\n"})
    assert aeflow("compare", "scenario=mine").message.startswith("scenario/mine.yaml, line 2: ")


def test_a_matrix_row_that_does_not_add_up_is_named(aeflow: Aeflow, own: Own) -> None:
    row = "[0.2618, 0.2618, 0.1588, 0.1588, 0.1588]"
    wrong = changed(
        "triage/ai_label_measured_under.yaml", row, "[0.5618, 0.2618, 0.1588, 0.1588, 0.1588]"
    )
    own({"triage/mine.yaml": wrong})
    output = aeflow("compare", "study.arms.sham.triage=mine").message
    assert "triage.ai_label_measured_under.ai.matrix.shares" in output
    assert "immediate" in output
    assert "1.3" in output


def test_an_arm_that_names_an_unknown_policy_is_named(aeflow: Aeflow, hold: Hold) -> None:
    output = aeflow("compare", "study.arms.sham.triage=shma").message
    hold(output, "study.arms.sham.triage")


def test_a_step_and_a_branch_of_one_name_are_named(aeflow: Aeflow) -> None:
    branch = "{kind: attribute, attribute: arrival_source, cases: {walk_in: home}, otherwise: home}"
    output = aeflow("compare", f"+pathway.branches.triage={branch}").message
    assert "branches has a 'triage' too" in output
    assert "rename one" in output


def test_a_pool_in_site_and_in_staffing_is_named(aeflow: Aeflow, own: Own, hold: Hold) -> None:
    doctors = "pools:\n  doctors: {kind: staff, capacity: 3, evidence: assumed, source: made for a test}\n"
    own({"site/mine.yaml": changed("site/typical.yaml", "pools:\n", doctors)})
    output = aeflow("compare", "site=mine").message
    hold(output, "staffing.doctors")


@pytest.mark.parametrize(
    ("name", "word", "before", "after", "line_of"),
    [
        (
            "scenario/mine.yaml",
            "scenario=mine",
            None,
            "question: a\nchanges: {}\nquestion: b\n",
            "question: b",
        ),
        (
            "triage/mine.yaml",
            "study.arms.sham.triage=mine",
            "name: nurse\n",
            "name: nurse\nname: nurse\n",
            "name: nurse",
        ),
    ],
)
def test_a_key_stated_twice_in_one_block_is_named(
    name: str,
    word: str,
    before: str | None,
    after: str,
    line_of: str,
    aeflow: Aeflow,
    own: Own,
    hold: Hold,
) -> None:
    text = after if before is None else changed("triage/nurse.yaml", before, after)
    own({name: text})
    output = aeflow("compare", word).message
    key = line_of.split(":")[0]
    assert output.startswith(f"{name}, line ")
    hold(output, f"{key}")


def test_a_block_stated_twice_in_a_site_is_named_though_the_first_is_far_above(
    aeflow: Aeflow, own: Own, hold: Hold
) -> None:
    text = packaged("site/typical.yaml")
    own(
        {
            "site/mine.yaml": f"{text}\nday_factors:\n  residual: {{cv: 0.5, evidence: assumed, source: x}}\n"
        }
    )
    line = len(text.splitlines()) + 2
    hold(aeflow("compare", "site=mine").message, f"site/mine.yaml, line {line}")


def test_a_route_without_an_end_is_named(aeflow: Aeflow, hold: Hold) -> None:
    output = aeflow(
        "compare", "pathway.branches.transport_home.cases={yes: transport, no: discharge}"
    ).message
    hold(output, "pathway.steps.discharge")


@pytest.mark.slow
def test_an_overloaded_pool_is_refused_by_run_and_compare_and_by_a_dry_run(
    aeflow: Aeflow, here: Path
) -> None:
    busy = "site.durations.specialty_contact.scale=3"
    for words in (("compare", busy), ("run", busy, "dry_run=true")):
        output = aeflow(*words).message
        assert "staffing.specialty_doctors: load " in output
        assert "pathway.allow_overload=true" in output
    assert list(here.iterdir()) == []


@pytest.mark.slow
def test_an_overloaded_pool_is_named_by_show_and_runs_if_asked_to(aeflow: Aeflow) -> None:
    busy = "site.durations.specialty_contact.scale=3"
    shown = aeflow("show", busy)
    assert shown.code == 0
    assert "specialty_doctors: load " in shown.out
    allowed = aeflow("run", busy, "pathway.allow_overload=true", "dry_run=true")
    assert (allowed.code, allowed.err) == (0, "")


@pytest.mark.parametrize("results", ["taken", "taken/below"])
def test_results_that_cannot_be_written_are_refused_before_anything_is_simulated(
    results: str, aeflow: Aeflow, here: Path
) -> None:
    (here / "taken").write_text("a file", encoding="utf-8")
    output = aeflow("run", *SHORT, f"results={results}")
    assert results in output.message
    assert "replications" not in output.err
    assert (here / "taken").read_text(encoding="utf-8") == "a file"


def test_an_unknown_command_suggests_the_nearest(aeflow: Aeflow, hold: Hold) -> None:
    hold(aeflow("comapre").message, "Did you mean 'compare'?")


def test_a_folder_of_configurations_that_does_not_exist_is_named(
    aeflow: Aeflow, hold: Hold
) -> None:
    hold(aeflow("compare", "--config-dir", "nowhere").message, "no folder 'nowhere'")
    assert "no folder follows" in aeflow("compare", "--config-dir").message


@pytest.mark.parametrize("words", [("report",), ("report", "a", "b"), ("report", "nowhere")])
def test_a_report_of_nothing_is_refused(words: tuple[str, ...], aeflow: Aeflow) -> None:
    assert aeflow(*words).message


def test_an_export_that_is_neither_true_nor_false_is_named(aeflow: Aeflow, hold: Hold) -> None:
    hold(aeflow("report", "x", "export=excel").message, "found 'excel'")
