"""The harness: contestants that serve the same pages, workloads that drive them, the table of what was measured."""
