"""Pictures are drawn without boxes and warnings, whatever a user's labels are written in."""

import pytest

from simulation.display import drawing
from simulation.display.drawing import figure_of, png_of, wrapped

LABELS = ("分诊 护士", "تمريض", "😀 AI", "ट्राइएज नर्स", "\U0010fffd own")


def test_a_figure_with_labels_in_any_script_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Warnings are errors, and matplotlib warns of each sign that it draws as a box."""
    monkeypatch.setattr(
        drawing, "FAMILIES", ("DejaVu Sans",)
    )  # which comes with matplotlib, whatever is installed
    drawing.families.cache_clear()
    drawing._signs.cache_clear()
    try:
        with figure_of(6, 4, 1, 2, sharey=True) as (figure, axes):
            for ax, label in zip(axes, LABELS, strict=False):
                ax.set_title(label)
                ax.plot([0, 1], label=label)
            axes[0].set_yticks(range(len(LABELS)), [wrapped(label, 30) for label in LABELS])
            figure.legend(title=LABELS[0])
            assert png_of(figure).startswith(b"\x89PNG")
        assert drawing.drawable("分诊 nurse → −3 €") == "?? nurse → −3 €"
        assert drawing.drawable("تمريض 😀") == "تمريض 😀"
    finally:
        drawing.families.cache_clear()
        drawing._signs.cache_clear()


def test_a_sign_that_goes_with_another_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drawing, "_signs", lambda: frozenset("ab "))
    assert drawing.drawable("a\N{VARIATION SELECTOR-16} b\N{DEVANAGARI VOWEL SIGN E}分") == "a b?"
