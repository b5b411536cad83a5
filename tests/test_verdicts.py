"""The table of verdicts in the docs: each row names a test that there is."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEADS = ("| what |", "| cut off while |", "|---")
ROWS = [
    line
    for line in (ROOT / "docs" / "verdicts.md").read_text().splitlines()
    if line.startswith("|") and not line.startswith(HEADS)
]


def test_every_row_names_a_test_that_there_is() -> None:
    assert len(ROWS) > 30
    for row in ROWS:
        file, _, name = row.strip("| ").rpartition("|")[2].strip().partition("::")
        tree = ast.parse((ROOT / file).read_text())
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert name in names, row
