"""Instances in the form of Li and Lim: reading them, what is refused, and planning one to its best plan."""

import math

import pytest

from backend.tours.planning.solver import Effort
from scripts.benchmarks.tours import SCALE, BadInstance, read, solved

# Two clusters, far apart, on either side of the depot: each is one vehicle's tour, and one vehicle could not do both.
TWO_CLUSTERS = """5 10 1
0 50 50 0 0 200 0 0 0
1 10 50 4 0 60 10 0 3
2 10 52 4 0 80 10 0 4
3 12 50 -4 0 140 10 1 0
4 12 52 -4 0 140 10 2 0
5 90 50 4 0 60 10 0 7
6 90 52 4 0 80 10 0 8
7 88 50 -4 0 140 10 5 0
8 88 52 -4 0 140 10 6 0
"""


def test_an_instance_is_planned_with_the_fewest_vehicles() -> None:
    found = solved(read(TWO_CLUSTERS), Effort(seconds=None, iterations=200))

    assert found.vehicles == 2
    assert found.wrong == []
    assert found.unplanned == 0
    # Out to (10, 50), up, across, down, and back: once on either side.
    assert found.distance == pytest.approx(2 * (40 + 2 + 2 + 2 + 38))


def test_distances_are_rounded_up_to_a_thousandth() -> None:
    problem = read(TWO_CLUSTERS).problem

    assert problem.distances[0][1][4] == math.ceil(SCALE * math.sqrt(8))
    assert problem.distances[0][1][2] == 2 * SCALE
    assert problem.requests[0].pickup.closes == 60 * SCALE


def test_the_speed_divides_durations_only() -> None:
    problem = read(TWO_CLUSTERS.replace("5 10 1", "5 10 2", 1)).problem

    assert problem.distances[0][1][2] == 2 * SCALE
    assert problem.durations[0][1][2] == SCALE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("5 10 1\n", ""),
        ("5 10 1\n", "5 10 0\n"),
        ("3 12 50 -4", "3 12 50 -5"),
        ("140 10 1 0", "140 10 2 0"),
        ("1 10 50 4 0 60 10 0 3", "1 10 50 4 0 60 10 0"),
        ("1 10 50 4", "1 10 north 4"),
        ("8 88 52 -4", "9 88 52 -4"),
    ],
)
def test_a_file_in_another_form_is_refused(old: str, new: str) -> None:
    assert old in TWO_CLUSTERS

    with pytest.raises(BadInstance):
        read(TWO_CLUSTERS.replace(old, new, 1))
