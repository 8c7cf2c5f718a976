"""Recipes of ARCHITECTURE, To add something, followed in a copy of the package: what works then, and the rooms it took.

A question and a measure are added in tests/questions/test_recipe.py and tests/measures/test_definitions.py.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from simulation.engine.rows import Kind

ROOT = Path(__file__).parents[1]
SHORT = (
    "run.measured_days=2", "run.warm_up_days=0", "run.cool_down_days=1", "run.doublings=0", "run.replications=2",
    "executor=serial",
)  # fmt: skip


class Copy:
    """A copy of the package and its configurations, and the rooms in which it was edited."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.rooms = folder, set[str]()
        for name in ("simulation", "configs"):
            shutil.copytree(
                ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__")
            )

    def edit(self, name: str, after: str, added: str) -> None:
        """Add a text behind another, which stands in the file exactly once."""
        path = self.folder / "simulation" / name
        text = path.read_text(encoding="utf-8")
        assert text.count(after) == 1, (
            f"{name}: {after!r} {text.count(after)} times; mend this recipe"
        )
        path.write_text(text.replace(after, after + added), encoding="utf-8")
        self.rooms.add(name.partition("/")[0])

    def run(self, program: str) -> str:
        """What a program prints that imports the copy."""
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.folder),
            "NUMBA_CACHE_DIR": str(self.folder / "numba"),
        }
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.mark.slow
def test_a_lever_is_a_line_of_yaml(tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    claim = (ROOT / "configs" / "study" / "claim.yaml").read_text(encoding="utf-8")
    levers = claim.partition("\nlevers:\n")[2].splitlines()
    first = next(line for line in levers if line.strip())
    assert first.startswith("  ")
    (tmp_path / "configs" / "study" / "own.yaml").write_text(
        claim.replace("name: claim", "name: own").replace(first, f"{first}\n  my_lever: {{label: Mine, changes: "
        "{site.durations.laboratory.mean: {times: 0.9}}}", 1),
        encoding="utf-8",
    )  # fmt: skip
    words = ", ".join(repr(word) for word in ("study=own", *SHORT))
    arms = copy.run(
        f"import simulation as ae; print(*[arm.name for arm in ae.load({words}).arms])"
    ).split()
    assert any("my_lever" in name for name in arms)
    assert copy.rooms == set()


BRANCH = '''
@config_dataclass
class ByTurn(Sourced):
    """Route every so many-th patient apart."""

    kind: Literal["turn"]
    every: Annotated[int, Ge(2)]
    """One in how many goes apart."""
    then: NodeName
    """Where that one goes."""
    otherwise: NodeName
    """Where the others go."""

    def reads(self) -> str:
        """What it routes by."""
        return "by turn"

    def then_if(self) -> str:
        """When it leads to `then`."""
        return f"one in {self.every}"


'''
ASK = """
import numpy as np, yaml
from pathlib import Path
from simulation.config import pathway_from
from simulation.engine import compiled, reference
from simulation.engine.plan import bind, lower
from simulation.patients import draw
stated = yaml.safe_load(Path("configs/pathway/gallery/clinic.yaml").read_text())
stated["steps"]["arrival"]["next"] = "turn"
stated["branches"] = {"turn": {"kind": "turn", "every": 3, "then": "home", "otherwise": "consultation",
                               "evidence": "assumed", "source": "test"}}
pathway = pathway_from({"pathway": stated})
draws = draw(pathway, seed=1, replication=0, days=3)
plan = lower(pathway)
runs = [engine.simulate(plan, bind(plan, draws), 4 * 1440 * 1000).activities for engine in (reference, compiled)]
same = all(np.array_equal(getattr(runs[0], name), getattr(runs[1], name)) for name in ("patient", "step", "started_at"))
treated = set(runs[0].patient[runs[0].step == plan.row("consultation")].tolist())
print(same, treated == {patient for patient in range(len(draws)) if patient % 3}, len(treated) > 100)
"""


@pytest.mark.slow
def test_a_kind_of_branch_touches_the_department_and_the_engine(tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    copy.edit("department/vocabulary.py", '    """Where it goes while it is up."""\n', "")
    path = tmp_path / "simulation" / "department" / "vocabulary.py"
    text = path.read_text(encoding="utf-8")
    before, union, rest = text.partition("Branch = ByAttribute | ")
    assert union
    path.write_text(f"{before}{BRANCH.lstrip()}{union}ByTurn | {rest}", encoding="utf-8")
    last = max(Kind)
    copy.edit("engine/rows.py", f"    {last.name} = {last}\n", f"    TURN = {last + 1}\n")
    copy.edit("engine/plan.py", "    ByQueue,\n", "    ByTurn,\n")
    copy.edit(
        "engine/plan.py",
        "            return BranchRow(Kind.HOURS, pair, open_hours=weekly_spans(node.hours, node.days))\n",
        "        if isinstance(node, ByTurn):\n            return BranchRow(Kind.TURN, pair, number=node.every)\n",
    )
    copy.edit(
        "engine/reference.py",
        "                branch.column, self._last_start(patient) if branch.number else self.now\n            )\n",
        "        elif kind is Kind.TURN:\n            holds = patient.number % branch.number == 0\n",
    )
    copy.edit(
        "engine/compiled_loop.py",
        "DOWN, COIN = int(Kind.DOWN), int(Kind.COIN)\n",
        "TURN = int(Kind.TURN)\n",
    )
    copy.edit(
        "engine/compiled_loop.py",
        "                        node = lists[row.targets_at + (0 if was_down else 1)]\n",
        "                    elif kind == TURN:\n"
        "                        node = lists[row.targets_at + (0 if p % row.number == 0 else 1)]\n",
    )
    assert copy.run(ASK).split() == ["True", "True", "True"]
    assert copy.rooms == {"department", "engine"}


QUESTION = """reviewed:
  section: product
  words: Who has reviewed it apart from the vendor?
  noun: reviewer
  unit: ""
  kind: text
  why: A vendor's own study is kind to its tool.
  find: ask the vendor for the report
  blank: nobody
  evidence: assumed
  source: a vendor who has a review shows it
"""
INTERVIEWED = """
from pathlib import Path
from simulation.commands.command_line import read_line
from simulation.offers.asking import answers_in, answers_text, interview, template
from simulation.offers.interview import OfferAnswers, check, next_question, questions
from simulation.offers.product import OfferedProduct
answers = {key: "" for key in questions()} | {"product": "Acme", "does": "saves time"}
del answers["reviewed"]
assert next_question(answers) == "reviewed"
path = Path("offer.yaml")
assert interview(answers, path, ask=lambda prompt: "NICE" if "apart from the vendor" in prompt else "", say=str)
assert answers_in(path)["reviewed"] == "NICE"
assert check(answers).readings["reviewed"] == ["NICE"]
assert "Who has reviewed it apart from the vendor? [nobody]" in template()
assert "a review of it" in OfferedProduct("acme", OfferAnswers(does="saves time")).not_shown()
assert "a review of it" not in OfferedProduct("acme", OfferAnswers(does="saves time", reviewed="NICE")).not_shown()
assert dict(read_line("offer", ["reviewed=NICE"]).answers) == {"reviewed": "NICE"}
"""


@pytest.mark.slow
def test_a_question_of_the_interview_touches_offers_alone(tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    last = "  source: what trusts usually do\n"
    copy.edit("offers/questions.yaml", last, QUESTION)
    copy.edit("offers/interview.py", "    evaluation: Text = None\n", "    reviewed: Text = None\n")
    copy.edit(
        "offers/product.py",
        '            yield "its use where it runs"\n',
        '        if values.reviewed is None:\n            yield "a review of it"\n',
    )
    copy.run(INTERVIEWED)
    assert copy.rooms == {"offers"}


COMMANDED = """
from simulation.cli import main
assert main(["schema", "names=true"]) == 0
assert main(["schema", "names=perhaps"]) == 2
assert main(["schema", "nmaes=true"]) == 2
assert main(["schema", "--help"]) == 0
"""


@pytest.mark.slow
def test_a_key_of_a_command_touches_commands_alone(tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    copy.edit(
        "commands/keys.yaml",
        "    folder: {kind: folder, about: write the schemas here}\n",
        '    names: {kind: switch, about: the names of the kinds alone, usual: "false"}\n',
    )
    copy.edit(
        "commands/own_files.py",
        "    kinds = file_kinds()\n",
        '    if line["names"]:\n        print(*kinds)\n        return 0\n',
    )
    printed = copy.run(COMMANDED)
    assert {"site", "study", "evaluation"} <= set(printed.splitlines()[0].split())
    assert re.search(r"^  names=true +the names of the kinds alone$", printed, re.MULTILINE)
    assert copy.rooms == {"commands"}


@pytest.mark.slow
def test_a_section_of_the_page_touches_the_report_alone(tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    copy.edit(
        "report/sections.yaml",
        "- {anchor: compared, heading: What was compared, kinds: [changes]}\n",
        "- {anchor: who, heading: Who labels whom, kinds: [arms], lead: [Arms in a line each.]}\n",
    )
    words = ", ".join(repr(word) for word in ("study=gallery/one_nurse", "engine=compiled", *SHORT))
    page = copy.run(f"import simulation as ae; print(ae.compare(ae.load({words})).report())")
    assert '<a href="#who">Who labels whom</a>' in page
    section = page.partition('<section class="part" id="who">')[2].partition("</section>")[0]
    assert "Arms in a line each." in section
    assert "<table" in section
    assert copy.rooms == {"report"}


VIEW = """money:
  heading: What it would cost
  about: Each policy in a line.
  tables: [arms]
  pictures: [differences]
"""


@pytest.mark.slow
def test_a_view_of_the_app_touches_the_app_alone(tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    copy.edit("app/views.yaml", "which the first replications alone have.\n", VIEW)
    words = ", ".join(repr(word) for word in ("study=gallery/one_nurse", "engine=compiled", *SHORT))
    page = copy.run(f"""
import simulation as ae
from simulation.app.asked import AskedQuestion
from simulation.app.pages import view_page
print(view_page("money", AskedQuestion(), ae.compare(ae.load({words}))))
""")
    assert "<h1>What it would cost</h1>" in page
    assert "<table" in page
    assert 'src="data:image/png;base64,' in page
    assert copy.rooms == {"app"}
