"""Names that tell nothing of an example, and that nobody else can use."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardex import RunError
from hardex.people.tickets import Tickets

TICKETS = Tickets(bytes(range(32)))
TEXTS = st.text(st.characters(codec="utf-8"), max_size=200)


@given(TEXTS, TEXTS)
def test_a_ticket_leads_back_to_its_example(annotator, id):
    assert TICKETS.id(annotator, TICKETS.of(annotator, id)) == id


@given(TEXTS, TEXTS, TEXTS)
def test_it_is_good_for_one_person_and_one_run(annotator, other, id):
    ticket = TICKETS.of(annotator, id)
    if other != annotator:
        with pytest.raises(RunError, match="one that you were given"):
            TICKETS.id(other, ticket)
    with pytest.raises(RunError, match="one that you were given"):
        Tickets(bytes(32)).id(annotator, ticket)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_whoever_changes_one_bit_has_none(place, change):
    from base64 import urlsafe_b64decode, urlsafe_b64encode

    data = bytearray(urlsafe_b64decode(TICKETS.of("ann", "seven/0001.png") + "=="))
    data[place % len(data)] ^= change
    with pytest.raises(RunError, match="one that you were given"):
        TICKETS.id("ann", urlsafe_b64encode(data).decode())


@pytest.mark.parametrize(
    "made_up", ["", "seven/0001.png", "A" * 80, "\0", "é", "=" * 9, "A" * 10_000]
)
def test_nobody_can_make_one_up(made_up):
    with pytest.raises(RunError, match="one that you were given"):
        TICKETS.id("ann", made_up)


@pytest.mark.parametrize("around", ["{}=", "['{}']", "{} ", "{}\n", "{}A", "!{}"])
def test_it_has_one_spelling(around):
    with pytest.raises(RunError, match="one that you were given"):
        TICKETS.id("ann", around.format(TICKETS.of("ann", "seven/0001.png")))


def test_it_does_not_tell_the_id_nor_its_length():
    short, long = (TICKETS.of("ann", f"{name}/{57 * '0'}") for name in ("car", "grasshopper"))
    assert len(short) == len(long) and short[:8] != long[:8]
    id = f"car/{57 * '0'}"
    assert TICKETS.of("bob", id) != short
    assert TICKETS.of("ann", id) == short  # the page knows it again


def test_the_key_is_made_once_and_for_the_owner_alone(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        keys = {opened.key for opened in pool.map(Tickets.open, [tmp_path] * 30)}
    assert len(keys) == 1 and len(next(iter(keys))) == 32
    assert keys == {Tickets.open(tmp_path).key}
    (path,) = (tmp_path / "people").iterdir()  # nothing else is left behind
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "key" not in repr(Tickets.open(tmp_path))


def test_a_broken_key_is_said(tmp_path):
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "tickets.key").write_bytes(b"short")
    with pytest.raises(RunError, match=r"must have 32 bytes; .* has 5; delete it"):
        Tickets.open(tmp_path)
