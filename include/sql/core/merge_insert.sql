-- Writes the accepted rows of a delivery, received in a range of time, as current versions: of a delivery that was
-- compared the new and changed ones only (`chosen`). Where these are `few`, each is fetched by its place, and the other rows are not read
-- again: `offset` keeps the planner from joining the two tables as wholes, which it takes for cheaper than it is.
insert into {{ target }} (
    owner_unit_code, dossier_code, source_id, procedure_code, service_level, channel, status_code, status_group,
    applicant_type, applicant_key, commune_code, submitted_at, received_at, due_at, finished_at, returned_at,
    fee_amount, payment_method, row_hash, delivery_id, observed_at, known_from
)
select
    staged.unit_code,
    staged.dossier_code,
    :source_id as source_id,
    staged.procedure_code,
    staged.service_level,
    staged.channel,
    staged.status_code,
    staged.status_group,
    staged.applicant_type,
    staged.applicant_key,
    staged.commune_code,
    staged.submitted_at,
    staged.received_at,
    staged.due_at,
    staged.finished_at,
    staged.returned_at,
    staged.fee_amount,
    staged.payment_method,
    staged.row_hash,
    :delivery_id as delivery_id,
    :observed_at as observed_at,
    :known_from as known_from
{% if few %}
    from (
        select staged_at
        from {{ few }}
        where outcome in ('new', 'changed')
        order by staged_at
    ) as chosen
    cross join lateral (
        select *
        from {{ typed }} as placed
        where placed.ctid = chosen.staged_at -- noqa: RF03
        offset '0' -- noqa: AM09
    ) as staged
{% elif chosen %}
    from {{ typed }} as staged
    inner join {{ chosen }} as chosen
        on
            staged.ctid = chosen.staged_at
            and chosen.outcome in ('new', 'changed')
{% else %}
    from {{ typed }} as staged
{% endif %}
where
    staged.reasons is null
    and staged.received_at >= :starts_at
    and staged.received_at < :ends_at
