"""How fast a month goes from landed bytes to a publication, as ratios within one run: `python -m benchmarks`.

Beside ours it measures the limit (the server's own COPY) and, on request, two peers that do the same. Nothing of it is
asserted in tests: two runs on one machine may differ by a fifth.
"""
