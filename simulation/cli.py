"""The commands. The first word is ours, the rest are Hydra overrides: `aeflow compare scenario=busier run.seed=7`.

Parses, calls, prints; no logic of its own. A user's mistake is one message and exit code 2; Ctrl-C, TERM and HUP stop
it with one message and exit code 130, 143 and 129.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.errors import AeflowError, ConfigError, Fault, nearest
from simulation.signals import StopAsked, stopped_by_signals

if TYPE_CHECKING:
    from simulation.api import Stored
    from simulation.study.study import Study

HELP = """aeflow: an in-silico trial of AI-assisted triage in A&E departments.
For planning only, not for clinical use.

  aeflow compare [key=value ...]    run every arm of a study on the same patients; verdict, report, data
  aeflow run     [key=value ...]    run one arm alone (triage=nurse); NHS measures
  aeflow show    [key=value ...]    the resolved scenario, offered load by pool and hour, the pathway drawn
  aeflow show    arm=NAME           what an arm changes, marked on the pathway, and what it assumes
  aeflow show    patient=ID         one patient's story in words, arm beside arm
  aeflow show    warm_up=SERIES     how a run begins, drawn, and the warm-up that MSER-5 recommends (SERIES: all)
  aeflow validate [key=value ...]   theory, models, NHS figures, trusts' history (only=theory|models|site|responses);
                                    only=known_effects: published trials run again over departments
  aeflow ensemble [key=value ...]   find departments that meet the published figures: configs/ensembles/SITE.yaml
  aeflow vet     name=NAME          a triage AI on labelled cases, against criteria fixed beforehand: a card
                                    (against=FOLDER: since an earlier card; write_cases=true: for a vendor to answer)
  aeflow compare study=vetted       what the tool of the newest card would do to waits (card=FOLDER: of another);
                                    study=vetted_doubt: how sure its table makes that
  aeflow results [FOLDER]           list stored runs, newest first (study=NAME site=NAME scenario=NAME: only these)
  aeflow results FOLDER FOLDER      two runs of one study beside each other
  aeflow report  FOLDER             write the HTML report of a stored run again
  aeflow compare from=FOLDER        run a stored study again, policies included, and compare every number
  aeflow narrow  observed=FILE.yaml the answer for departments with these figures, of a stored run (from=results/latest)
  aeflow prices  [key=value ...]    what one hour more of each resource is worth, by time of week (pools=[doctors])
  aeflow gather  FOLDER ...         put the parts of a run together (run.first=20 run.count=20: array jobs)
  aeflow migrate FOLDER             rename old keys of your files, move nurses out of policies (dry_run=true: say which)
  aeflow new department NAME        a department of your own: the typical one scaled (attendances_per_day=280 beds=510
                                    admitted_share=0.27), or a copy of a small one (from=gallery/one_nurse)
  aeflow schema  [NAME]             JSON Schema of a kind of file, for editors (folder=FOLDER: write them there)

  study=ai_triage  site=typical  scenario=busier  run.replications=40
  engine=reference|compiled  executor=serial|local|dask
  staffing.triage_nurses.extra=1    any value of any file in configs/, by its dotted path
  'run.keep=[patients,events]'      write tables of every arm and replication, activities too (quotes: for the shell)
  'run.precision={measure: stay_mean, half_width: 2}'   as many replications as that takes
  dry_run=true                      say what would run, and stop
  resume=false                      begin an unfinished run anew; else the same command goes on with it
  -m scenario=usual,winter          sweep: one run for each combination, then all beside each other
  --config-dir FOLDER               your own configurations, looked through before ours (as is ./configs)
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0 done, 1 a validation row failed, 2 a mistake to put right.

    128 and the number of the signal that stopped it (130 for Ctrl-C).
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in ("-h", "--help", "help"):
        print(HELP, end="")
        return 0
    if words[0] in COMMANDS and {"-h", "--help"} & set(words[1:]):
        print(HELP, end="")
        return 0
    if words[0] in ("-V", "--version", "version"):
        from simulation import __version__

        print(f"aeflow {__version__}")
        return 0
    with stopped_by_signals() as asked:
        try:
            if words[0] not in COMMANDS:
                raise ConfigError([Fault(words[0], "is not a command", nearest(words[0], COMMANDS))])
            return COMMANDS[words[0]](words[1:])
        except KeyboardInterrupt as stop:
            return _stopped(asked, str(stop))
        except Exception as error:
            if asked.stopping:  # a library made an error of its own out of the signal, or the terminal has gone
                told = isinstance(error, AeflowError) and not isinstance(error, ConfigError)
                return _stopped(asked, str(error) if told else "")
            if isinstance(error, AeflowError):
                print(f"aeflow: {error}", file=sys.stderr)
                return error.exit_code
            if isinstance(error, BrokenPipeError):
                sys.stderr.close()  # whoever read our output has gone
                return 0
            raise


def _stopped(asked: StopAsked, words: str) -> int:
    """Say that a signal stopped the command, and what is left of its work; the exit code."""
    with suppress(OSError):  # the terminal may have gone
        print(f"\naeflow: {asked.words}. {words or 'Nothing half-written is left.'}", file=sys.stderr)
    return asked.exit_code


def _compare(words: list[str]) -> int:
    source = [word for word in words if word.startswith("from=")]
    if source:
        return _again(source[-1].removeprefix("from="), [word for word in words if word not in source])
    for word in words:
        if word.lstrip("+~").split("=")[0].split(".")[0] == "triage":
            remedy = "Use aeflow run, or study.arms.<arm>.triage=<policy>"
            raise ConfigError([Fault(word, "does nothing here, because arms name their policies", remedy)])
    return _run_studies(words, alone=False)


def _run(words: list[str]) -> int:
    return _run_studies(words, alone=True)


def _run_studies(words: list[str], *, alone: bool) -> int:
    from simulation.study.bounds import refuse_large
    from simulation.study.overload import refuse_overload

    asked = _sweep(words)
    if alone:
        combinations = asked
        first = ["ensemble=none"]  # one arm says nothing of a range over departments
        studies = [_load([*first, *overrides], config_dir).only() for overrides, config_dir in asked]
    else:
        combinations, studies = _in_scenarios(asked)
    refuse_large(studies)
    for study in studies:
        refuse_overload(study)
    code, done = 0, []
    for (overrides, _), study in zip(combinations, studies, strict=True):
        stored = _run_study(study, alone=alone)
        if stored is None:
            continue
        done.append((overrides, stored))
        if stored.failed is not None:  # of a sweep the others still run
            print(f"aeflow: {stored.failed}", file=sys.stderr)
            code = stored.failed.exit_code
    if len(done) > 1:
        _put_together(done, Path(str(studies[0].resolved["results"])))
    return code


def _in_scenarios(
    asked: Sequence[tuple[list[str], str | None]],
) -> tuple[list[tuple[list[str], str | None]], list[Study]]:
    """The runs asked for and their studies; one in each of its scenarios of a study that states some, unless the
    command chooses the scenario."""
    runs, studies = [], []
    for overrides, config_dir in asked:
        study = _load(overrides, config_dir)
        chosen = any(word.startswith("scenario=") for word in overrides)
        in_each = [] if chosen else [[*overrides, f"scenario={name}"] for name in study.design.scenarios]
        for words in in_each or [overrides]:
            runs.append((words, config_dir))
            studies.append(_load(words, config_dir) if in_each else study)
    return runs, studies


def _again(folder: str, words: list[str]) -> int:
    """Run a stored study again, and say whether the numbers are the same to the last bit."""
    from simulation.api import read, run_into, same_numbers, what_changed
    from simulation.config import load
    from simulation.report.progress import announce, progress
    from simulation.report.screen import print_result
    from simulation.study.bounds import refuse_large

    unknown = [word for word in words if word.split("=", 1)[0].split(".")[0] not in NOT_OF_A_STUDY]
    if unknown:
        remedy = f"With from=FOLDER the study is the stored one; allowed besides: {', '.join(NOT_OF_A_STUDY)}"
        raise ConfigError([Fault(unknown[0], "cannot be changed of a stored study", remedy)])
    before = read(folder)
    asked = load(*words)
    numbers = [replication.replication for replication in before.replications]
    planned = max(before.run.replications, numbers[-1] + 1)
    precision = before.run.precision if len(numbers) == before.run.replications else None
    run = replace(before.run, replications=planned, first=numbers[0], count=len(numbers), precision=precision)
    study = replace(
        before.study,
        run=run,
        executor=asked.executor,
        workers=asked.workers,
        cluster=asked.cluster,
        allow_large=asked.allow_large,
    )
    refuse_large([study])
    announce(study, alone=False)
    changed = what_changed(before)
    if changed:
        print(f"Not bit for bit what {folder} holds: since it was run, {', '.join(changed)} changed.")
    results = Path(str(asked.resolved["results"]))
    with progress(len(numbers), keeps=bool(run.keep)) as told:
        stored = run_into(study, results, done=told.done, keeping=told.keeping)
    print_result(stored.result, stored.folder)
    same = same_numbers(before, stored.result)
    print(f"Every number is {'the same as in' if same else 'NOT the same as in'} {folder}, to the last bit.")
    return 0 if same or changed else 1


NOT_OF_A_STUDY = ("results", "executor", "workers", "cluster", "allow_large")
"""What of a configuration is not part of a study, so that a stored one can be run elsewhere."""


def _put_together(done: Sequence[tuple[Sequence[str], Stored]], results: Path) -> None:
    """What the runs of a sweep come to."""
    from simulation.report.screen import print_tables
    from simulation.report.sweep import PICTURE, TABLE, sweep_of, write_sweep
    from simulation.report.sweep_effects import DESIGN, EFFECTS

    sweep = sweep_of([(overrides, stored.result, stored.folder) for overrides, stored in done])
    if sweep is not None:
        print_tables(sweep.tables)
        print(f"\nSweep:  {write_sweep(sweep, results) / TABLE}, {EFFECTS}, {DESIGN}, {PICTURE}")


def _show(words: list[str]) -> int:
    from simulation.study.bounds import refuse_large

    own = ("patient=", "arm=", "warm_up=")
    patient, arm, warm_up = ([word.split("=", 1)[1] for word in words if word.startswith(name)] for name in own)
    loaded = [_load(*each) for each in _sweep([word for word in words if not word.startswith(own)])]
    studies = [study.on_typical() for study in loaded]
    for study in studies:
        refuse_large([study])
        if patient:
            from simulation.explain.patient_story import tell

            print(tell(study, patient[-1]))
        elif arm:
            from simulation.report.show import show_arm

            show_arm(study, arm[-1])
        elif warm_up:
            from simulation.report.warm_up import show_warm_up

            show_warm_up(study, warm_up[-1])
        else:
            from simulation.report.show import show

            show(study)
    return 0


def _validate(words: list[str]) -> int:
    from simulation.validation.command import validate

    overrides, config_dir = _options(words)
    failed = validate(overrides, config_dir=config_dir, say=print)
    return 1 if failed else 0


def _ensemble(words: list[str]) -> int:
    from simulation.fitting.command import ensemble

    overrides, config_dir = _options(words)
    ensemble(overrides, config_dir=config_dir, say=lambda line: print(line, flush=True))
    return 0


def _prices(words: list[str]) -> int:
    """What an hour more of each resource is worth, on one department."""
    from simulation.config.shadow_prices import priced_study
    from simulation.experiment.run import compare
    from simulation.inquiry.shadow_prices import prices, with_more
    from simulation.report.progress import announce, progress
    from simulation.report.screen import print_tables
    from simulation.report.shadow_prices import price_tables, write_prices

    overrides, config_dir = _options(words)
    study, more = priced_study(overrides, config_dir=config_dir)
    study = with_more(study, more)
    announce(study, alone=False)
    if study.resolved["dry_run"]:
        return 0
    with progress(len(study.run.numbers)) as told:
        found = prices(compare(study, done=told.done), more)
    print_tables(price_tables(found))
    print(f"\nPrices: {write_prices(found, Path(str(study.resolved['results'])))}")
    return 0


def _report(words: list[str]) -> int:
    if len(words) != 1:
        raise ConfigError([Fault("report", f"{len(words)} words follow", "Name one folder of results")])
    from simulation.api import read
    from simulation.experiment.store.read import followed
    from simulation.report.write import REPORT, write_report

    folder = followed(Path(words[0]))
    failed = write_report(folder, read(folder))
    if failed is not None:
        raise failed
    print(f"Report: {folder / REPORT}")
    return 0


def _results(words: list[str]) -> int:
    """List stored runs, or set two beside each other."""
    from simulation.report.screen import print_tables

    own = [word for word in words if word.partition("=")[0] in LIST_FILTERS and "=" in word]
    folders = [word for word in words if word not in own]
    unknown = [word for word in folders if "=" in word and not Path(word).exists()]
    if unknown:
        raise ConfigError([Fault(unknown[0], "chooses nothing", f"Choose by {', '.join(LIST_FILTERS)}")])
    if len(folders) > 2:
        remedy = "Name one to list, or two runs to set beside each other"
        raise ConfigError([Fault("results", f"{len(folders)} folders follow", remedy)])
    if len(folders) == 2:
        if own:
            raise ConfigError([Fault(own[0], "chooses nothing where two runs are named", "Leave it out")])
        from simulation.api import read

        one, other = (read(folder) for folder in folders)
        print_tables(one.beside(other).tables)
        return 0
    from simulation.experiment.store.listing import list_runs
    from simulation.report.tables.runs import runs_table

    folder = Path(folders[0] if folders else "results")
    if not folders and not folder.is_dir():
        print(f"{folder}: no run has written it yet. Make one with: aeflow compare")
        return 0
    listing = list_runs(folder)
    wanted = dict(word.split("=", 1) for word in own)
    runs = [run for run in listing.runs if run.matches(wanted)]
    if runs:
        print_tables([runs_table(runs, folder)])
    else:
        print(f"{folder}: holds no run{' with ' * bool(own)}{' '.join(own)}. Make one with: aeflow compare")
    for why in listing.unreadable:
        print(f"Not listed: {why}", file=sys.stderr)
    return 0


def _narrow(words: list[str]) -> int:
    """Say what a stored run over departments says of those with some observed figures."""
    given = dict(word.split("=", 1) for word in words if word.startswith(("observed=", "from=")))
    others = [word for word in words if not word.startswith(("observed=", "from="))]
    if others or not given.get("observed"):
        found = f"found '{others[0]}'" if others else "no file of figures is named"
        remedy = "Say: aeflow narrow observed=FILE.yaml from=FOLDER (docs/how-to/narrow.md has such a file)"
        raise ConfigError([Fault("narrow", found, remedy)])
    from simulation.api import read
    from simulation.config.observed import observed_in
    from simulation.inquiry.narrowed import narrowed
    from simulation.report.screen import print_narrowed

    path = Path(given["observed"])
    observed, result = observed_in(path), read(given.get("from", "results/latest"))
    print_narrowed(result, narrowed(result, observed, str(path)))
    return 0


def _gather(words: list[str]) -> int:
    own = [word for word in words if word.startswith("results=")]
    folders = [word for word in words if word not in own]
    from simulation.api import gather
    from simulation.report.screen import print_result

    result = gather(folders)
    folder = result.write(own[-1].removeprefix("results=") if own else "results")
    print_result(result, folder)
    return 0


def _migrate(words: list[str]) -> int:
    from simulation.config.migrate import migration_of

    folders = [word for word in words if not word.startswith("dry_run=")]
    wrong = [word for word in words if word.startswith("dry_run=") and word not in ("dry_run=true", "dry_run=false")]
    faults = [
        Fault(word, "is neither true nor false", "Say dry_run=true to see what would be renamed") for word in wrong
    ]
    if len(folders) != 1:
        faults.append(Fault("migrate", f"found {len(folders)} folders", "Name your folder of configurations"))
    if faults:
        raise ConfigError(faults)
    migration, dry = migration_of(folders[0]), "dry_run=true" in words
    if not dry:
        migration.carry_out()
    print("\n".join(migration.lines()))
    if dry:
        print("Dry run: nothing was written.")
    return 0


def _schema(words: list[str]) -> int:
    from simulation.config.schema import FILE_KINDS, schema_of, schema_text, write_schemas

    folders = [word.removeprefix("folder=") for word in words if word.startswith("folder=")]
    names = [word for word in words if not word.startswith("folder=")]
    if len(names) > 1 or len(folders) > 1 or "" in folders:
        raise ConfigError([Fault("schema", f"found {' '.join(words)}", "Name one kind of file, one folder, or both")])
    for name in names:
        schema_of(name)
    if folders:
        for path in write_schemas(Path(folders[0]), names or tuple(FILE_KINDS)):
            print(path)
    elif names:
        print(schema_text(names[0]), end="")
    else:
        print("\n".join(f"  {name:12} {kind.about} ({kind.files})" for name, kind in FILE_KINDS.items()))
    return 0


def _new(words: list[str]) -> int:
    """Copy a department under a new name, or scale the typical one, and say what to do next."""
    from simulation.config.new import new_department, new_scaled_department

    given, config_dir = _split_config_dir(words)
    stated = dict(word.split("=", 1) for word in given if "=" in word)
    source, folder = stated.pop("from", None), Path(config_dir or "configs")
    names = [word for word in given if "=" not in word]
    if names[:1] != ["department"] or len(names) != 2 or bool(source) == bool(stated):
        remedy = "Say: aeflow new department NAME attendances_per_day=280 beds=510 (or from=gallery/one_nurse)"
        raise ConfigError([Fault("new", f"found '{' '.join(words)}'", remedy)])
    name = names[1]
    where = f" --config-dir {config_dir}" if config_dir is not None else ""
    if source is not None:
        department, study = new_department(name, source, folder)
        print(f"{department}: the department. Who comes, what happens to them, with whom and for how long.")
        print(f"{study}: the question. What is compared, and by which measures.")
    else:
        _scaled(name, new_scaled_department(name, stated, folder), config_dir)
    print(f"\nRun it:          aeflow compare study={name}{where}")
    print(f"Look at it:      aeflow show study={name}{where}")
    print("Then change it:  every key is in docs/vocabulary.md; a mistake is named with what to do about it.")
    return 0


def _scaled(name: str, written: Sequence[Path], config_dir: str | None) -> None:
    """Say which files make a scaled department, and how full its beds are to be."""
    from simulation.config.folders import packaged_configs
    from simulation.config.new import HEADS
    from simulation.report.show import scaled_lines

    for path in written:
        print(f"{path}: {HEADS[path.parent.name]}.")
    print("Every number there says what it was made of.\n")
    for line in scaled_lines(_load([f"study={name}"], config_dir), _load([], str(packaged_configs()))):
        print(line)


def _vet(words: list[str]) -> int:
    """Put a triage AI on the bench, or write the cases for a vendor to answer."""
    from simulation.config.vetting import cases_of, prompt_of, vetting_named
    from simulation.report.card.screen import print_card
    from simulation.report.card.write import write_card, write_questions
    from simulation.vetting.against import change_since
    from simulation.vetting.assessors.llm import Setting
    from simulation.vetting.bench import run_bench, told_beforehand
    from simulation.vetting.stored import read_earlier

    overrides, config_dir = _options(words)
    own = {"name": "synthetic", "results": "results", "against": "", **dict.fromkeys(VET_SWITCHES, "false")}
    own |= {key: value for key, _, value in (word.partition("=") for word in overrides) if key in own}
    wrong = [Fault(each, f"found '{own[each]}'", "Say true or false") for each in VET_SWITCHES if own[each] not in
             ("true", "false")]  # fmt: skip
    if wrong:
        raise ConfigError(wrong)
    plan = vetting_named(
        own["name"], [word for word in overrides if word.partition("=")[0] not in own], config_dir=config_dir
    )
    earlier = read_earlier(Path(own["against"])) if own["against"] else None
    cases = cases_of(plan, config_dir=config_dir)
    setting = Setting(
        prompt=prompt_of(plan, config_dir=config_dir),
        allow_remote=own["allow_remote"] == "true",
        kept=Path(own["results"]) / "vetting" / ".answers",
    )
    if own["dry_run"] == "true":
        print(told_beforehand(plan, cases, setting))
        return 0
    if own["write_cases"] == "true":
        print(f"Cases to answer (they hold complaints): {write_questions(cases, plan.name, Path(own['results']))}")
        return 0
    bench = run_bench(plan, cases, setting=setting)
    change = change_since(bench, earlier) if earlier is not None else None
    print_card(bench, write_card(bench, Path(own["results"]), change), change)
    return 0


VET_SWITCHES = ("write_cases", "allow_remote", "dry_run")
LIST_FILTERS = ("study", "site", "scenario")
COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "compare": _compare,
    "run": _run,
    "show": _show,
    "validate": _validate,
    "ensemble": _ensemble,
    "vet": _vet,
    "results": _results,
    "report": _report,
    "narrow": _narrow,
    "prices": _prices,
    "gather": _gather,
    "migrate": _migrate,
    "schema": _schema,
    "new": _new,
}


def _load(overrides: Sequence[str], config_dir: str | None) -> Study:
    from simulation.config import load
    from simulation.config.cards import with_card

    chosen, folder = with_card(overrides, config_dir)
    return load(*chosen, config_dir=folder)


def _run_study(study: Study, *, alone: bool) -> Stored | None:
    """Run a study, store it and print its answer; nothing if it was to be a dry run."""
    from simulation.api import run_into
    from simulation.report.progress import announce, progress
    from simulation.report.screen import print_result
    from simulation.study.bounds import work_of

    announce(study, alone=alone)
    if study.resolved["dry_run"]:
        print(f"Dry run: nothing was simulated. Expected: {work_of(study)}.")
        return None
    results, resume = Path(str(study.resolved["results"])), bool(study.resolved.get("resume", True))
    with progress(len(study.run.numbers), keeps=bool(study.run.keep)) as told:
        stored = run_into(study, results, resume=resume, done=told.done, keeping=told.keeping, planning=told.planning)
    print_result(stored.result, stored.folder)
    return stored


def _options(words: Sequence[str]) -> tuple[list[str], str | None]:
    """Overrides, and the folder after --config-dir."""
    overrides, config_dir = _split_config_dir(words)
    for word in overrides:
        if "=" not in word and not word.startswith("~"):
            raise ConfigError([Fault(word, "is not of the form key=value", "See aeflow --help")])
    return overrides, config_dir


def _split_config_dir(words: Sequence[str]) -> tuple[list[str], str | None]:
    """The words without --config-dir, and the folder that it names."""
    others: list[str] = []
    config_dir: str | None = None
    rest = iter(words)
    for word in rest:
        if word == "--config-dir":
            config_dir = next(rest, None)
            if config_dir is None:
                raise ConfigError([Fault("--config-dir", "no folder follows", "Name one")])
        elif word.startswith("--config-dir="):
            config_dir = word.split("=", 1)[1]
        else:
            others.append(word)
    return others, config_dir


def _sweep(words: Sequence[str]) -> list[tuple[list[str], str | None]]:
    """One list of overrides, or with -m one for each combination of comma-separated values."""
    plain = [word for word in words if word not in ("-m", "--multirun")]
    overrides, config_dir = _options(plain)
    if len(plain) == len(words):
        return [(overrides, config_dir)]
    from simulation.config import combinations

    return [(chosen, config_dir) for chosen in combinations(overrides)]
