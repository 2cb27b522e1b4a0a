import gc
import mmap

import memory
import pytest


@pytest.mark.parametrize(("added", "verdict"), [(1.4e9, "reached"), (1.6e9, "MISSED")])
def test_table(added, verdict):
    row = {"step": "fit", "n": 1_000_000, "length": 200, "list": 2.5e8, "before": 1e9}
    line = memory.table([row | {"most": 1e9 + added}]).splitlines()[-1]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[:3] == ["fit", "1,000,000", "0.25"]
    assert cells[3:] == [
        f"{added / 1e9:.2f}",
        f"{added / 2e8:.1f}",
        f"{verdict} (1.5 GB)",
    ]


def test_what_is_counted():
    gc.collect()  # What other tests have left is not given back meanwhile.
    held = memory.held()
    # Not bytes, which may come to lie where something else was.
    with mmap.mmap(-1, 50_000_000) as block:
        block.write(b"x" * len(block))
        assert memory.held() - held > 0.9 * len(block)
    assert memory._of_list(["A" * 200] * 1000) > 200_000
