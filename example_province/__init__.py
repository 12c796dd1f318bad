"""An example province: source systems that really run; synthetic dossiers calibrated to dispatch 1730/UBND-KSTT."""
