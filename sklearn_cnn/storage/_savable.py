"""What `save_model` takes."""


class Savable:
    """An estimator of this package that can be a file; the class must be public."""

    def _state_to_save(self) -> dict:
        """Parameters and fitted attributes that go into the file."""
        return vars(self)

    def _check_loaded(self) -> None:
        """Refuse a state that does not belong together, by any error."""
