-- One row: a dossier behind a figure, counted or not; the counted ones first.
-- Read by publication.explain; :first_month is the period itself, or the first month of its year.
select
    dossier_code,
    month,
    desk,
    channel,
    service_level,
    status_group,
    received_at,
    finished_at,
    source_id,
    delivery_id,
    is_in_numerator,
    is_in_denominator,
    reason,
    reason_vi
from mart.compliance_explained
where
    publication_id = :publication_id
    and unit_code = :unit_code
    and metric_id = :metric_id
    and (:scope = 'total' or desk = :scope)
    and month >= :first_month
    and figures_from = 'dossiers'
order by is_in_numerator desc, is_in_denominator desc, month asc, dossier_code collate "C" asc
limit cast(:limit as bigint)
