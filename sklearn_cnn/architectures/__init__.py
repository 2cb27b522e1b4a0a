"""Pure torch modules: blocks, trunks, heads; nothing here knows of scikit-learn."""
