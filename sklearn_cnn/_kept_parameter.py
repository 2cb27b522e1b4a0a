"""A parameter that is itself an estimator or a module, and stays as it is."""

import copy

from sklearn.base import _clone_parametrized


class KeptParameterMixin:
    """Clones keep the parameter `_kept` as it is: fitted, or shared."""

    _kept: str

    def __sklearn_clone__(self):
        """Clone with the very object that this estimator has."""
        without = copy.copy(self)
        setattr(without, self._kept, None)
        clone = _clone_parametrized(without)
        setattr(clone, self._kept, getattr(self, self._kept))
        return clone

    def get_params(self, deep: bool = True) -> dict:
        """Parameters of this estimator.

        Parameters
        ----------
        deep : bool, default=True
            Ignored: the parameters of an estimator among them are its own.

        Returns
        -------
        dict
            Names and values.
        """
        return super().get_params(deep=False)
