"""Every feature works with every other: in use, in one change, and after all was closed and opened again."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from together_kit import FEATURES, Feature, Place, prepare
from ways_kit import meet

PAIRS = list(combinations(FEATURES, 2))


def live(path: Path, features: tuple[Feature, ...]) -> None:
    place = Place(path, {key: value for feature in features for key, value in feature.options.items()})
    prepare(place)
    for feature in features:
        feature.use(place)
    meet(place, features)
    for feature in features:
        feature.afterwards(place)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: " + ".join(feature.name for feature in pair))
def test_two_features(tmp_path: Path, pair: tuple[Feature, ...]) -> None:
    live(tmp_path / "app.db", pair)


def test_all_features(tmp_path: Path) -> None:
    live(tmp_path / "app.db", FEATURES)
