-- One row: how many dossiers behind a figure are counted, or not, for one reason, as one delivery told or its form states.
-- Read by publication.explain; :first_month is the period itself, or the first month of its year.
select
    delivery_id,
    is_in_numerator,
    is_in_denominator,
    reason,
    reason_vi,
    figures_from,
    sum(dossier_count)::bigint as dossier_count
from mart.compliance_explained
where
    publication_id = :publication_id
    and unit_code = :unit_code
    and metric_id = :metric_id
    and (:scope = 'total' or desk = :scope)
    and month >= :first_month
group by delivery_id, is_in_numerator, is_in_denominator, reason, reason_vi, figures_from
order by is_in_numerator desc, is_in_denominator desc, sum(dossier_count) desc, reason asc, delivery_id asc
