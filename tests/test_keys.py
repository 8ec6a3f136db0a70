"""The table of keys: complete, free of clashes."""

from itertools import combinations

from kvmtui.keys import _SHARED, ACTIONS, GROUPS, _can_meet, validated


def test_no_two_actions_that_can_meet_share_a_key_by_default() -> None:
    clashes = [
        (one.id, other.id, key)
        for one, other in combinations(ACTIONS.values(), 2)
        for key in set(one.keys) & set(other.keys)
        if _can_meet(one.id, other.id) and {one.id, other.id} not in _SHARED
    ]
    assert clashes == []


def test_every_action_belongs_to_an_area_that_the_help_knows() -> None:
    assert {id_.partition(".")[0] for id_ in ACTIONS} <= set(GROUPS)


def test_every_action_explains_itself_in_one_sentence() -> None:
    assert [action.id for action in ACTIONS.values() if not action.help.endswith(".")] == []


def test_a_punctuation_mark_is_understood_as_it_is_typed() -> None:
    assert validated({"domain.start": "+"})["domain.start"] == ("plus",)
