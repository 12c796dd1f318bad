-- Few dossiers are withdrawn, and fewer come back: who approves a publication is told of them without reading the months.
create index on core.dossier_version (known_to) where status_group = 'withdrawn' and known_to < 'infinity';
