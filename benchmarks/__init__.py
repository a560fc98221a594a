"""What a call costs beside other clients: `python -m benchmarks` measures, and writes docs/benchmarks.md."""
