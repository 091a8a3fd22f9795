from pathlib import Path

from serving.stamp import stamp


def test_a_file_in_the_place_of_another_has_another_stamp(tmp_path: Path) -> None:
    path, other = tmp_path / "one", tmp_path / "other"
    assert stamp(path) is None
    path.write_text("a")
    before = stamp(path)
    assert stamp(path) == before is not None
    other.write_text("a")
    other.replace(path)
    assert stamp(path) != before
