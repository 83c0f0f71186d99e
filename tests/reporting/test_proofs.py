from hardex.proof.history import History, Past
from hardex.reporting.proofs import proofs_part


def past(use, verdict="better"):
    return Past(
        created=f"2026-12-0{use}T10:00:00+00:00",
        verdict=verdict,
        sentence=f"new-{use} is better than old.",
        told=(f"Proved on {use} examples.",),
        before="old",
        after=f"new-{use}",
        where="sealed",
        data_hash="",
        uses=use,
        level=0.05 / (use * (use + 1)),
        difference=0.0123,
        low=0.01,
        high=0.015,
        file="a.json",
    )


def test_the_last_proof_is_told_and_every_one_has_a_line():
    found = proofs_part(History((past(1), past(2, "no_measurable_difference")), 3))
    assert found.sentences == (
        "new-2 is better than old.",
        "Proved on 2 examples.",
        "2 proofs of this run.",
        "The seal was opened 3 times; the next use is judged at the level 0.0025.",
        "1 use of the seal left no proof here.",
    )
    (table,) = found.tables
    assert [row[2:] for row in table.rows] == [
        ("new-1", "sealed", "better", "+1.23 (+1.00 to +1.50)", "0.025", "1"),
        ("new-2", "sealed", "no measurable difference", "+1.23 (+1.00 to +1.50)", "0.0083", "2"),
    ]


def test_without_a_proof_there_is_no_section():
    assert proofs_part(History((), 0)) is None
