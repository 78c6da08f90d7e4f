"""Every example of the documentation runs, and prints what is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs_kit.blocks import parse
from docs_kit.files import RUN, name


@pytest.mark.parametrize("path", RUN, ids=name)
def test_the_examples_run_and_print_what_is_shown(path: Path, stage: dict[str, object]) -> None:
    document = parse(path)
    document.namespace.update(stage)
    try:
        for example in document.examples():
            example.evaluate()
    finally:
        stage.update(document.namespace)
