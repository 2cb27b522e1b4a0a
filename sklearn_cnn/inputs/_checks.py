"""Raise where parameters do not go together."""


def check_fit_for_flattening(estimator) -> None:
    """Raise if pooling="flatten" is not possible: it needs inputs of one length."""
    others = "pooling='max_mean', 'max' or 'mean'"
    if estimator.length_ is None:
        raise ValueError(
            "pooling='flatten' learns a weight for the response at each position, "
            "and so needs inputs of one length, but those in X differ; pass "
            f"{others}, or bring the inputs to one length"
        )
    if estimator.position != "auto" and not estimator.position:
        raise ValueError(
            f"position={estimator.position!r} does not go with pooling='flatten', "
            "which keeps the position of each response; pass position='auto', or "
            f"{others}"
        )


def check_fit_for_profiles(estimator) -> None:
    """Raise if a parameter does not go with output="profile"."""
    allowed_values = {"position": "'auto' or False", "pool_size": "'auto' or None"}
    if estimator.pooling == "flatten":
        allowed_values["pooling"] = "'max_mean', the default"
    if estimator.linear_models is not None:
        allowed_values |= dict.fromkeys(("kmers", "motif_bank"), "'auto' or None")
    for name, allowed in allowed_values.items():
        value = getattr(estimator, name)
        if value != "auto" and value:
            raise ValueError(
                f"{name}={value!r} does not go with output='profile', whose "
                f"network is convolutional throughout; pass {allowed}"
            )
