-- A dossier may be one that the authority opened for itself: kept in core, read by no mart (mart.dossier_as_of).

alter table core.dossier_version drop constraint dossier_version_channel_check;
alter table core.dossier_version add constraint dossier_version_channel_check
check (channel in ('online', 'direct', 'post', 'internal'));
