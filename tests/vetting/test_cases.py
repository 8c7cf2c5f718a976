"""Cases: names come from what an assessor sees; order and numbers of rows reach nothing; leaks are refused by name."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from simulation.errors import ConfigError
from simulation.vetting.bench import Vetting, run_bench
from simulation.vetting.cases import (
    FORBIDDEN,
    INPUTS,
    Case,
    CaseMapping,
    CaseSet,
    InputColumn,
    case_set,
    read_cases,
)
from simulation.vetting.vet import cases_of, load_plan
from tests.held import Hold

HEADER = "row,complaint,age,mode,truth,nurse"


def mapping(**changes: object) -> CaseMapping:
    stated = {
        "name": "ours",
        "yardstick": "panel",
        "truth": "truth",
        "nurse": "nurse",
        "inputs": {
            "complaint": InputColumn(column="complaint"),
            "age": InputColumn(column="age"),
            "arrival_mode": InputColumn(column="mode", values={"1": "walk_in", "2": "ambulance"}),
        },
        "missing": ("", "??"),
        "evidence": "measured",
        "source": "a test",
    }
    return CaseMapping(**{**stated, **changes})  # type: ignore[arg-type]


def written(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "cases.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_a_file_is_read_by_its_mapping(tmp_path: Path) -> None:
    cases = read_cases(written(tmp_path, "1,cough,40,1,4,5", "2,??,,2,1,1"), mapping())
    by_truth = {case.truth: case for case in cases.cases}
    assert by_truth[4].inputs == {"complaint": "cough", "age": 40.0, "arrival_mode": "walk_in"}
    assert by_truth[1].inputs == {"arrival_mode": "ambulance"}
    assert cases.nurse is not None
    assert (by_truth[4].nurse, by_truth[1].nurse) == (5, 1)


def test_names_do_not_depend_on_the_order_of_the_file(tmp_path: Path) -> None:
    rows = ["1,cough,40,1,4,5", "2,cough,40,1,3,4", "3,rash,9,1,5,5"]
    first = read_cases(written(tmp_path, *rows), mapping())
    second = read_cases(written(tmp_path, *("9" + row[1:] for row in reversed(rows))), mapping())
    assert first.cases == second.cases
    assert first.fingerprint == second.fingerprint
    assert len({case.name for case in first.cases}) == 3


@pytest.mark.parametrize("column", FORBIDDEN)
def test_no_input_may_be_read_from_a_column_that_betrays_the_answer(
    column: str, tmp_path: Path
) -> None:
    for spelt in (column, column.upper(), column.replace("_", " ").title()):
        leaky = mapping(inputs={"complaint": InputColumn(column=spelt)})
        with pytest.raises(ConfigError, match="is forbidden"):
            read_cases(written(tmp_path, "1,cough,40,1,4,5"), leaky)


def test_neither_level_may_be_an_input_whatever_its_column_is_called(tmp_path: Path) -> None:
    for column in ("truth_by_colour", "hers"):
        leaky = mapping(
            truth="truth_by_colour", nurse="hers", inputs={"complaint": InputColumn(column=column)}
        )
        with pytest.raises(ConfigError, match="is forbidden"):
            read_cases(tmp_path / "none.csv", leaky)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1,cough,forty,1,4,5", "line 2, age: found 'forty'"),
        ("1,cough,140,1,4,5", "line 2: age is 140.0"),
        ("1,cough,40,3,4,5", "line 2, mode: found '3'. Allowed: walk_in, ambulance, other"),
        ("1,cough,40,1,6,5", "true level is 6"),
        ("1,cough,40,1,4,0", "nurse's level is 0"),
        (
            "1,cough,40,1,red,5",
            "Say under `levels` which of these",
        ),
    ],
)
def test_a_wrong_cell_is_named_by_line_and_column(
    row: str, message: str, tmp_path: Path, hold: Hold
) -> None:
    with pytest.raises(ConfigError) as caught:
        read_cases(written(tmp_path, row), mapping())
    hold(str(caught.value), message)


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        (HEADER, "1,chest pain, sweating,40,1,4,5", "cells than the 6 columns"),
        (f"{HEADER},truth", "1,cough,40,1,4,5,2", "has the column 'truth' 2 times"),
        (
            HEADER.replace(",", ";"),
            "1;chest pain; sweating;40;1;4;5",
            "semicolon in double",
        ),
        (
            HEADER.replace(",", ";").replace("age", "Age"),
            "1;cough;40;1;4;5",
            "has no column 'age' (input age). Did you",
        ),
    ],
)
def test_cells_that_could_be_taken_for_others_are_refused(
    header: str, row: str, message: str, tmp_path: Path, hold: Hold
) -> None:
    with pytest.raises(ConfigError) as caught:
        read_cases(written(tmp_path, row, header=header), mapping())
    hold(str(caught.value), message)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (
            ("A-0017", "A-0018", "A-0017"),
            "cases.csv, line 4, row",
        ),
        (
            ("A-0017", "", " "),
            "2 rows (lines 3 and 4), row",
        ),
    ],
)
def test_a_case_number_of_ones_own_is_there_once(
    numbers: tuple[str, ...], message: str, tmp_path: Path, hold: Hold
) -> None:
    rows = [f"{number},cough,4{n},1,4,5" for n, number in enumerate(numbers)]
    with pytest.raises(ConfigError) as caught:
        read_cases(written(tmp_path, *rows), mapping(id="row"))
    hold(str(caught.value), message)


def test_case_numbers_of_ones_own_name_no_case_and_are_no_input(tmp_path: Path) -> None:
    path = written(tmp_path, "A-0017,cough,40,1,4,5", "A-0018,rash,9,1,5,5")
    plain, numbered = read_cases(path, mapping()), read_cases(path, mapping(id="row"))
    assert [case.name for case in plain.cases] == [case.name for case in numbered.cases]
    assert plain.fingerprint == numbered.fingerprint
    assert "A-0017" not in repr(numbered)
    assert {case.own_id: case.truth for case in numbered.cases} == {"A-0017": 4, "A-0018": 5}


@pytest.mark.parametrize("sign", [";", "\t"])
def test_cells_may_be_separated_by_semicolons_and_tabs(sign: str, tmp_path: Path) -> None:
    rows = '1,"cough, ""wet""; green",40.5,1,4,5', "2,rash,9,1,5,5"
    by_comma = read_cases(written(tmp_path, *rows), mapping())
    path = tmp_path / "other.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.reader(io.StringIO("\n".join((HEADER, *rows))))
        csv.writer(file, delimiter=sign).writerows(
            [cell.replace("40.5", "40,5" if sign == ";" else "40.5") for cell in row]
            for row in table
        )
    assert read_cases(path, mapping()).cases == by_comma.cases


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_cases_are_read_as_a_spreadsheet_writes_them(encoding: str, tmp_path: Path) -> None:
    path = written(tmp_path, "1,tête-à-tête £5,40,1,4,5", "2,fracture d’été,9,1,5,5")
    first = read_cases(path, mapping())
    path.write_text(path.read_text(encoding="utf-8"), encoding=encoding)
    assert read_cases(path, mapping()).cases == first.cases


def test_like_faults_are_one_with_their_number_and_the_first_lines(
    tmp_path: Path, hold: Hold
) -> None:
    rows = [f"1,cough,{age},1,4,5" for age in ("old", "young", "40", "?", "very old")] + [
        "1,cough,40,1,,5"
    ] * 2
    with pytest.raises(ConfigError) as caught:
        read_cases(written(tmp_path, *rows), mapping())
    hold(str(caught.value).splitlines()[1:])
    with pytest.raises(ConfigError, match=r"3 rows \(lines 2, 3 and 4\): age is 140"):
        read_cases(written(tmp_path, *["1,cough,140,1,4,5"] * 3), mapping())


def test_empty_cells_after_a_row_and_whole_numbers_with_a_point_are_read(tmp_path: Path) -> None:
    cases = read_cases(written(tmp_path, "1,cough,40,1,4.0,5,,"), mapping())
    assert cases.cases[0].truth == 4


def test_no_message_shows_what_a_patient_said_in_full(tmp_path: Path) -> None:
    output = "chest pain since Tuesday, and the name of a general practitioner " * 5
    with pytest.raises(ConfigError, match="has no column") as no_header:
        read_cases(written(tmp_path, header=f'1,"{output}",60,1,3'), mapping())
    with pytest.raises(ConfigError, match="pain is 'chest pain") as wrong_column:
        case_set(
            [Case("line 2", {"pain": output}, 3)],
            name="ours",
            yardstick="panel",
            synthetic=False,
            source="test",
        )
    assert output[:50] not in f"{no_header.value}{wrong_column.value}"


def test_a_file_without_a_column_or_that_is_none_is_one_message(tmp_path: Path, hold: Hold) -> None:
    with pytest.raises(ConfigError, match=r"has no column 'mode' \(input arrival_mode\)"):
        read_cases(written(tmp_path, "1,2,3", header="complaint,age,truth"), mapping())
    for content in (b"\x81\x8d", b'complaint,age,mode,truth,nurse\n"open'):
        (tmp_path / "odd.csv").write_bytes(content)
        with hold.refusal(ConfigError, match="odd.csv"):
            read_cases(tmp_path / "odd.csv", mapping())
    for path in (tmp_path / "none.csv", Path("/dev/zero")):  # a device might never end
        with hold.refusal(ConfigError, match=path.name):
            read_cases(path, mapping())
    with pytest.raises(ConfigError, match="holds no case"):
        read_cases(written(tmp_path), mapping())


def test_an_input_that_is_none_is_refused(hold: Hold) -> None:
    with hold.refusal(ConfigError, match="not an input"):
        case_set(
            [Case("row 1", {"hair": "grey"}, 1)],
            name="x",
            yardstick="panel",
            synthetic=False,
            source="a test",
        )


def test_made_up_cases_are_marked_cover_every_level_and_language_and_come_again(
    synthetic: tuple[Vetting, CaseSet],
) -> None:
    plan, cases = synthetic
    assert cases.synthetic
    assert set(np.unique(cases.truth)) == set(range(5))
    assert set(cases.groups["language"]) == {"en", "es", "pl"}
    assert any(case.must_not_miss for case in cases.cases)
    english = [case for case in cases.cases if case.inputs["language"] == "en"]
    assert all(case.rephrased and case.complaint not in case.rephrased for case in english)
    assert set(cases.cases[0].inputs) <= set(INPUTS)
    assert cases_of(plan).cases == cases.cases
    assert (
        cases_of(load_plan("synthetic", ["cases.number=120", "seed=1"])).fingerprint
        != cases.fingerprint
    )


def test_the_real_cases_are_as_published(korean: tuple[Vetting, CaseSet]) -> None:
    _, cases = korean
    assert np.bincount(cases.truth).tolist() == [14, 72, 270, 276, 56]
    assert cases.nurse is not None
    gap = cases.nurse - cases.truth
    shares = [
        round(100 * float(np.mean(each)), 1)
        for each in (gap == 0, gap > 0, gap < 0, np.abs(gap) >= 2)
    ]
    assert shares == [87.1, 8.3, 4.7, 1.2]
    assert sum("complaint" not in case.inputs for case in cases.cases) == 21


@pytest.mark.slow
def test_reordering_or_renumbering_the_real_file_changes_no_score(
    korean: tuple[Vetting, CaseSet], aeflow_data: Path, tmp_path: Path
) -> None:
    """One repeat, logistic, no comparators: enough for folds, resamples and pairs to depend on order if they could."""
    _, cases = korean
    rows = list(
        csv.DictReader((aeflow_data / "ktas_local_ed.csv").read_text(encoding="utf-8").splitlines())
    )
    order = np.random.default_rng(5).permutation(len(rows))
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows({**rows[place], "row_id": str(number)} for number, place in enumerate(order))
    (tmp_path / "other.csv").write_text(out.getvalue(), encoding="utf-8")
    few = ["repeats=1", "comparators=false", "rephrased=false", "injected=false"]
    benches = [
        run_bench(plan, cases_of(plan))
        for path in (aeflow_data / "ktas_local_ed.csv", tmp_path / "other.csv")
        for plan in [load_plan("korean", [f"cases.file={path}", *few])]
    ]
    assert benches[0].answers == benches[1].answers
    assert benches[0].scores["tool"] == benches[1].scores["tool"]
    assert benches[0].against["nurse"] == benches[1].against["nurse"]
    assert len(cases) == len(benches[0].cases)
