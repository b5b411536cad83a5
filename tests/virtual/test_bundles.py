"""The sample bundles: made once, and never at the cost of other files."""

from pathlib import Path

import pytest

from mapio_display.virtual.bundles import Bundles, Sample

pytestmark = pytest.mark.tools

SAMPLES = {"good": Sample("2.2"), "truncated": Sample("2.2", share=0.5)}


def created(directory: Path, samples: dict[str, Sample]) -> dict[str, int]:
    """Have the bundles made where that is needed, and tell when each was."""
    bundles = Bundles(directory, real=False, samples=samples)
    bundles.create()
    return {name: path.stat().st_mtime_ns for name, path in bundles.paths.items()}


def test_bundles_are_made_once_and_again_when_the_first_time_was_cut_off(tmp_path: Path) -> None:
    first = created(tmp_path, SAMPLES)
    assert created(tmp_path, SAMPLES) == first
    (tmp_path / "made").unlink()
    again = created(tmp_path, SAMPLES)
    assert all(again[name] > first[name] for name in first)


def test_other_samples_are_made_anew_and_a_strangers_files_stay(tmp_path: Path) -> None:
    (tmp_path / "my-own.raucb").write_text("precious")
    first = created(tmp_path, {"good": Sample("2.2")})
    assert created(tmp_path, {"good": Sample("2.2", compatible="other")})["good"] > first["good"]
    assert (tmp_path / "my-own.raucb").read_text() == "precious"


def test_a_truncated_bundle_is_half_of_one(tmp_path: Path) -> None:
    created(tmp_path, SAMPLES)
    paths = Bundles(tmp_path, real=False, samples=SAMPLES).paths
    assert 1.9 < paths["good"].stat().st_size / paths["truncated"].stat().st_size < 2.1
