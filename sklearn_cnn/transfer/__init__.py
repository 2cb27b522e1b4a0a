"""Fine-tuning: where trained layers come from, and which of them learn on."""
