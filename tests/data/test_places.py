import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hardex.data.dataset import ArrayDataset
from hardex.data.places import Places


class Named(ArrayDataset):
    """Examples with these ids."""

    names: tuple[str, ...]

    def id(self, position):
        return self.names[position]


def named(*names):
    images = np.zeros((len(names), 1, 1, 1), np.uint8)
    found = Named.of(images, np.zeros(len(names), int))
    object.__setattr__(found, "names", names)
    return found


@settings(max_examples=40)
@given(names=st.sets(st.text(max_size=2), min_size=1), others=st.lists(st.text(max_size=2)))
def test_every_id_is_found_where_it_is_and_no_other(names, others):
    ids = tuple(names)
    expected = {id: ids.index(id) for id in [*ids, *others] if id in names}
    assert Places(named(*ids)).of([*ids, *others]) == expected


def test_ids_of_one_hash_are_told_apart():
    class Same(str):
        __slots__ = ()

        def __hash__(self):
            return 1

    ids = (Same("a"), Same("b"))
    found = Places(named(*ids)).of([Same("b"), Same("c")])
    assert list(found.items()) == [("b", 1)]
