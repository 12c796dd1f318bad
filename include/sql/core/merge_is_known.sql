-- Whether a current version lies between the first and the last code of a unit in a delivery.
with delivered as (
    select
        unnest(:unit_codes) as unit_code,
        unnest(:first_codes) as first_code,
        unnest(:last_codes) as last_code
)

select exists(
    select 1
    from delivered
    inner join core.dossier_version as held
        on
            delivered.unit_code = held.owner_unit_code
            and delivered.first_code <= held.dossier_code
            and delivered.last_code >= held.dossier_code
    where held.known_to = 'infinity'
)
