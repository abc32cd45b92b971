"""The list of quick tests in tests/conftest.py: one existing journey for each feature."""

from pathlib import Path

from tests.conftest import QUICK_JOURNEYS

ROOT = Path(__file__).parents[2]


def test_each_feature_has_a_quick_journey() -> None:
    features = {api.parent.name for api in (ROOT / "backend").glob("*/api.py")}
    assert features
    assert set(QUICK_JOURNEYS) == features


def test_each_quick_journey_exists() -> None:
    for chosen in QUICK_JOURNEYS.values():
        file, _, name = chosen.partition("::")
        assert f"def {name}(" in (ROOT / "tests" / "journeys" / file).read_text(), chosen
