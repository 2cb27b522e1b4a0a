import json

import gpu


def test_it_runs_without_a_gpu(tmp_path, capsys):
    settings = ["--n", "300", "--epochs", "1", "--repeats", "1", "--batch-sizes", "64"]
    gpu.main([*settings, "--device", "cpu", "--results", str(tmp_path)])
    (path,) = tmp_path.glob("*.json")
    measured = json.loads(path.read_text())["measured"]
    names = ["ours, batches of 64", "skorch, batches of 64"]
    assert list(measured["training"]["seconds"]) == names
    assert measured["prediction"]["from_cpu"] == 0
    assert "times as fast" in capsys.readouterr().out


def test_each_is_compared_at_its_best():
    seconds = {
        "ours, batches of 1": [4],
        "ours, batches of 2": [2],
        "skorch": [6, 9, 8],
    }
    assert gpu._ratio({"seconds": seconds}).startswith("ours is 4.0 times as fast")
