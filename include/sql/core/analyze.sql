-- Gathers the statistics of a table that was just filled; not while another session does, for it would wait for that to decide.
analyze (skip_locked) {{ table }}
