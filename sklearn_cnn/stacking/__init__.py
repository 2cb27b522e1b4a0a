"""The networks beside linear models: features, penalties, weights of the parts."""
