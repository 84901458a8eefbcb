"""The whole evidence report: what the analysis found and what people decided."""
