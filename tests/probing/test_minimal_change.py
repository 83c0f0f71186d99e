"""The search for the smallest changes, against all steps of the sliders one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardex.probing.minimal_change import nearest_changes
from hardex.probing.sliders import CURVE, slider_of, sliders_of

SHAPE = (28, 28, 1)
SLIDERS = sliders_of(SHAPE)
LONGEST = 5  # steps between two amounts of a curve


class Model:
    """Classes by the place of each slider, and how many times they were asked for."""

    def __init__(self, classes, start=0):
        self.classes, self.start, self.asked = classes, start, []

    def __call__(self, settings):
        self.asked += settings
        return [self.at(slider, place) for slider, place in settings]

    def at(self, slider, place):
        if place == slider.start:
            return self.start
        return self.classes.get(slider.name, {}).get(place, self.start)


def stretches(longest=60):
    """For each slider, classes along its places that last as long as a curve's gap or longer."""
    one = st.lists(st.tuples(st.integers(LONGEST, longest), st.integers(0, 2)), max_size=12)
    return st.fixed_dictionaries({slider.name: st.tuples(one, one) for slider in SLIDERS})


def laid_out(drawn):
    """Outwards from the start, on both sides."""
    classes = {}
    for slider in SLIDERS:
        at = classes[slider.name] = {}
        for side, parts in zip((-1, 1), drawn[slider.name], strict=True):
            place = slider.start
            for length, label in parts:
                for _ in range(length):
                    place += side
                    at[place] = label
    return classes


def by_hand(said, goal):
    """The nearest places of each slider, from all of them."""
    found = {}
    for slider in SLIDERS:
        places = [p for p in range(slider.first, slider.last + 1) if goal(said.at(slider, p))]
        least = min((abs(place - slider.start) for place in places), default=None)
        if least is not None:
            found[slider.name] = {
                (place, said.at(slider, place))
                for place in places
                if abs(place - slider.start) == least
            }
    return found


def as_sets(hits):
    found = {}
    for slider, place, label in hits:
        found.setdefault(slider.name, set()).add((place, label))
    return found


@given(stretches(), st.sampled_from([None, 0, 1, 2]))
def test_the_nearest_place_of_all_is_found_where_classes_last_longer_than_a_gap(drawn, wanted):
    said = Model(laid_out(drawn))
    nearest = nearest_changes(SLIDERS, said, wanted)
    assert nearest.start == 0
    assert as_sets(nearest.breaking) == by_hand(said, lambda label: label != 0)
    restored = by_hand(said, lambda label: label == wanted) if wanted else {}
    assert as_sets(nearest.restoring) == restored
    assert len(said.asked) == len(set(said.asked))  # nothing twice


places = st.integers(-180, 180).filter(bool)


@given(st.dictionaries(places, st.integers(0, 2), max_size=300))
def test_nothing_is_further_away_than_on_the_curve_however_classes_alternate(classes):
    turn = slider_of("rotation", SHAPE)
    said = Model({"rotation": classes})
    found = nearest_changes([turn], said, None).breaking
    seen = [abs(place) for place in turn.curve() if said.at(turn, place)]
    assert bool(found) >= bool(seen)
    for _, place, label in found:
        assert label == said.at(turn, place) != 0
        assert abs(place) <= min(seen, default=180)


def test_what_nothing_changes_was_tried_at_each_amount_of_its_curve():
    said = Model({})
    nearest = nearest_changes(SLIDERS, said, None)
    assert nearest.breaking == nearest.restoring == ()
    for slider in SLIDERS:
        tried = {place for one, place in said.asked if one == slider}
        assert tried | {slider.start} == set(slider.curve())


def test_what_is_found_near_by_is_not_looked_for_far_away():
    said = Model({slider.name: {slider.start + 1: 1, slider.start + 2: 1} | dict.fromkeys(
        range(slider.start + 1, slider.last + 1), 1) for slider in SLIDERS})  # fmt: skip
    nearest_changes(SLIDERS, said, None)
    assert len(said.asked) < len(SLIDERS) * CURVE / 2


@pytest.mark.parametrize("place", [-180, -5, -1, 1, 4, 5, 6, 120, 180])
def test_one_place_and_all_beyond_it(place):
    turn, side = slider_of("rotation", SHAPE), 1 if place > 0 else -1
    said = Model({"rotation": dict.fromkeys(range(place, side * 181, side), 1)})
    assert nearest_changes([turn], said, 1).restoring == ((turn, place, 1),)
