"""Every picture of a run."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from training.arrays import Floats
from training.bundles.artifact import ItemWords
from training.bundles.findings import Findings
from training.bundles.pictures import pictures

ALL = ["quality", "associations", "promotion", "rule_network", "substitutes", "extra_margin"]


def test_a_run_leaves_six_pictures(basketry: Findings) -> None:
    found = pictures(basketry)
    assert list(found) == ALL
    assert f"hit rate@10 is {basketry.metrics['model']['hit_rate_at_10'].estimate:.3f}" in (
        found["quality"].get_suptitle()
    )


def test_associations_are_those_of_the_rules(basketry: Findings) -> None:
    (axes, *_) = pictures(basketry)["associations"].axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    shade: Floats = np.ma.filled(np.ma.asarray(axes.images[0].get_array()), np.nan)
    rules = basketry.mined.rules.set_index(["antecedent", "consequent"])
    lift = rules.loc[(("pasta",), "sauce"), "adjusted_lift"]
    place = names.index("Pasta"), names.index("Sauce")
    assert shade[place] == shade[place[::-1]] == pytest.approx(np.log2(lift))


def test_explained_pairs_are_marked_among_the_significant(basketry: Findings) -> None:
    figure = pictures(basketry)["promotion"]
    pairs = basketry.pairs
    significant = pairs[(pairs["q_value"] <= basketry.mined.max_q_value) & (pairs["lift"] > 1)]
    told = f"{len(basketry.explained)} of {len(significant)} significant pairs are no longer so"
    assert figure.get_suptitle().startswith(told)
    (axes,) = figure.axes
    drawn = [np.asarray(points.get_offsets()) for points in axes.collections]
    assert sum(map(len, drawn)) == len(significant)
    assert sorted(np.concatenate(drawn[1:])[:, 0]) == pytest.approx(sorted(basketry.explained["lift"]))


def test_the_network_is_of_complements(basketry: Findings) -> None:
    (axes,) = pictures(basketry)["rule_network"].axes
    pairs = basketry.complements
    linked = {*pairs["consequent"], *(items[0] for items in pairs["antecedent"])}
    told = {text.get_text() for text in axes.texts}
    assert told == {basketry.name(item) for item in linked}
    assert {"Pasta", "Sauce", "Bread", "Butter", "Jam"} <= told
    assert not {"Cola-A", "Cola-B"} <= told


def test_substitutes_are_observed_against_expected(basketry: Findings) -> None:
    (axes,) = pictures(basketry)["substitutes"].axes
    surest = basketry.mined.substitutes.iloc[0]
    assert axes.get_yticklabels()[0].get_text() == "Cola-A or Cola-B"
    expected, observed = (np.asarray(line.get_xdata()) for line in axes.lines)
    assert (observed[0], expected[0]) == (surest["count"], surest["expected_within"])


def test_lines_pass_the_expected_extra_margin_at_the_assumed_uptake(basketry: Findings) -> None:
    figure = pictures(basketry)["extra_margin"]
    best = basketry.packages[0]
    assert f"{best.expected_extra_margin:+,.0f} EUR" in figure.get_suptitle()
    (axes,) = figure.axes
    assert np.asarray(axes.lines[0].get_ydata())[0] == pytest.approx(-best.given_away)


def test_what_was_not_found_leaves_no_picture(basketry: Findings) -> None:
    bare = replace(
        basketry.mined, rules=basketry.mined.rules.iloc[:0], substitutes=basketry.mined.substitutes.iloc[:0]
    )
    assert list(pictures(replace(basketry, mined=bare, packages=()))) == ["quality"]


def test_significant_pairs_without_evidence_leave_no_associations(basketry: Findings) -> None:
    rules = basketry.mined.rules.assign(explained=True, explained_by="basket size")
    left = pictures(replace(basketry, mined=replace(basketry.mined, rules=rules), packages=()))
    assert set(left) == {"quality", "promotion", "substitutes"}


def test_dollars_in_names_are_no_formula(basketry: Findings, tmp_path: Path) -> None:
    items = basketry.mined.baskets.items.tolist()
    words = ItemWords({item: rf"$\frac{{a}}$ {item}" for item in items}, dict.fromkeys(items, r"$\bad{ $"))
    for name, figure in pictures(replace(basketry, words=words)).items():
        figure.savefig(tmp_path / f"{name}.png")
    assert (tmp_path / "rule_network.png").stat().st_size > 0
