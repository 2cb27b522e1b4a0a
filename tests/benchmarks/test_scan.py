import json
from types import SimpleNamespace

import scan


def test_a_run(tmp_path, capsys):
    tiny = ["--lengths=40", "--n-fit=40", "--n-windows=20", "--n-scan=50"]
    tiny.append("--repeats=1")
    models = ["--models", "networks alone", "profiles"]
    scan.main([*tiny, *models, "--results", str(tmp_path)])
    (row,) = (json.loads(path.read_text()) for path in tmp_path.iterdir())
    alone, profiles = row["measured"]
    assert alone["difference"] < 1e-4
    assert (alone["stride"], profiles["stride"]) == (10, 20)
    assert "min for 50 Mb" in capsys.readouterr().out


def test_rates_and_shares():
    part = {"model": "default", "length": 280, "stride": 10, "difference": 1e-6}
    part["seconds"] = {"scan": [1, 2, 9], "windows": [4, 4, 5]}
    options = SimpleNamespace(n_windows=400, n_scan=1000, megabases=6, repeats=3)
    cells = scan.table([part], options).splitlines()[-1].split("|")[1:-1]
    name, *numbers, difference = (cell.strip() for cell in cells)
    # 100 and 500 windows a second: 5 of the 10 times that sharing can save.
    assert numbers == ["280", "10", "100", "500", "5.0", "10.0", "0.50", "20.0"]
    assert (name, difference) == ("default", "1.0e-06")
