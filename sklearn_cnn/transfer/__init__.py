"""Fine-tuning: the source of trained layers, and which layers are trained when."""
