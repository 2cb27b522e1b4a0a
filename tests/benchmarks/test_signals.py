import numpy as np
import signals


def test_half_of_the_signals_hold_a_spike():
    X, y = signals.make_spikes(n=400)
    assert X.shape == (400, 1, 100)
    assert 0.4 < y.mean() < 0.6
    # The noise seldom reaches four standard deviations; the spike adds five.
    assert X[y == 0].max() < 0.45 < np.median(X[y == 1].max(axis=2))


def test_rows_and_report(tmp_path):
    X, y = signals.make_spikes(n=80)
    np.savez(tmp_path / "Tiny.npz", X_train=X[:60], y_train=y[:60], X_test=X, y_test=y)
    settings = {"set": "Tiny", "model": "logistic", "seed": None}
    values = signals.evaluate(settings, tmp_path)
    assert (values["n_train"], values["n_test"]) == (60, 80)
    assert values["accuracy"] > 0.8  # Most of it was seen in training.
    text = signals.report([{**settings, **values}])
    assert f"{values['accuracy']:.3f}" in text
