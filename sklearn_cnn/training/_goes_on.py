"""Check that a continued training keeps its architecture."""

from sklearn_cnn.architectures._layer_sizes import layer_sizes, local_pool_sizes
from sklearn_cnn.backbones._borrowed_config import BorrowedConfig


def check_goes_on(estimator) -> None:
    """Raise if parameters ask for another architecture than the fitted one."""
    fitted = estimator.architecture_
    if isinstance(fitted, BorrowedConfig):
        _refuse_changes([("dense_units", estimator.dense_units, fitted.dense_units)])
        return
    n_filters, kernel_sizes = estimator.n_filters, estimator.kernel_size
    n_filters, kernel_sizes = layer_sizes(
        fitted.n_filters if n_filters == "auto" else n_filters,
        fitted.kernel_sizes if kernel_sizes == "auto" else kernel_sizes,
    )
    pool_sizes, activation = estimator.pool_size, estimator.activation
    if pool_sizes == "auto":
        pool_sizes = fitted.pool_sizes
    else:
        pool_sizes = local_pool_sizes(pool_sizes, len(n_filters))
    of_profiles = getattr(estimator, "output", "auto") == "profile"
    parameters = (
        ("n_filters", n_filters, fitted.n_filters),
        ("kernel_size", kernel_sizes, fitted.kernel_sizes),
        ("pool_size", pool_sizes, fitted.pool_sizes),
        ("pooling", estimator.pooling, fitted.pooling),
        ("dense_units", estimator.dense_units, fitted.dense_units),
        ("output", of_profiles, fitted.profile),
        (
            "activation",
            fitted.activation if activation == "auto" else activation,
            fitted.activation,
        ),
    )
    _refuse_changes(parameters)


def _refuse_changes(parameters) -> None:
    """Raise if a parameter is not what it was; name, what is asked for, what was."""
    for name, asked, has in parameters:
        if asked != has:
            raise ValueError(
                f"a training that goes on keeps its architecture, but {name} has "
                "changed since the fit; set it back, or call fit with warm_start=False"
            )
