-- Makes current again what holds of records whose version was withdrawn: the state of the latest delivery that stands for one, which has
-- left a version of its own or confirmed one, and has not withdrawn it (core.withdrawn_record). It is that delivery's from now on, so that
-- what several have shown is gone when all of them are judged again and do not bring it, in whatever order.
insert into {{ versions }} (
    {% for column in inserted %}
        {{ column }},
    {% endfor %}
    row_hash, delivery_id, observed_at, known_from
)
{% macro key_of(table, columns) %}
    {% for column in columns %}
        {{ table }}.{{ column }}{{ '' if loop.last else ',' }}
    {% endfor %}
{% endmacro %}
{% macro record_key(table) %}
    concat_ws(chr(31), {{ key_of(table, version_key) }})
{% endmacro %}
with withdrawn as (
    select distinct
        {{ record_key('held') }} as record_key,
        {{ key_of('held', version_key) }}
    from {{ versions }} as held
    where
        held.delivery_id = :delivery_id
        and held.known_to = :known_from
),

known as materialized (
    select
        withdrawn.record_key,
        {{ key_of('held', inserted) }},
        held.row_hash,
        held.delivery_id,
        held.observed_at,
        held.known_from,
        held.known_to
    from withdrawn
    inner join {{ versions }} as held
        on
            {% for column in version_key %}
                {{ '' if loop.first else 'and' }} withdrawn.{{ column }} = held.{{ column }}
            {% endfor %}
),

{% if confirmed_by_unit %}
    bringing_known as (
        select array_agg(distinct delivery_id) as delivery_ids
        from known
    ),

    confirming as (
        select array_agg(month.delivery_id) as delivery_ids
        from bringing_known
        inner join core.month_confirmation as month
            on bringing_known.delivery_ids && month.confirmed_delivery_ids
    ),
{% endif %}

standing as (
    select
        known.record_key,
        known.delivery_id,
        known.observed_at
    from known
    where
        not exists (
            select 1
            from core.withdrawn_record as gone
            where
                gone.delivery_id = known.delivery_id
                and gone.record_key = known.record_key
        )
    union all
    {% if confirmed_by_unit %}
        select
            withdrawn.record_key,
            confirmation.delivery_id,
            confirmation.observed_at
        from core.dossier_confirmation as confirmation
        cross join lateral string_to_table(confirmation.dossier_codes, chr(31)) as listed (dossier_code)
        inner join withdrawn
            on withdrawn.record_key = concat_ws(chr(31), confirmation.owner_unit_code, listed.dossier_code)
        where confirmation.owner_unit_code in (select known.owner_unit_code from known)
        union all
        select
            known.record_key,
            shown.delivery_id,
            shown.observed_at
        from confirming
        cross join known
        cross join
            lateral core.confirming_month(
                confirming.delivery_ids,
                known.delivery_id,
                known.owner_unit_code,
                known.dossier_code,
                known.received_at,
                known.known_from,
                known.known_to
            ) as shown
    {% else %}
        select
            withdrawn.record_key,
            confirmation.delivery_id,
            confirmation.observed_at
        from core.version_confirmation as confirmation
        cross join lateral unnest(confirmation.record_keys) as confirmed (record_key)
        inner join withdrawn
            on confirmed.record_key = withdrawn.record_key
        where confirmation.dataset = :dataset
    {% endif %}
),

latest as (
    select distinct on (record_key)
        record_key,
        delivery_id,
        observed_at
    from standing
    order by record_key asc, observed_at desc, delivery_id desc
)

select distinct on (known.record_key)
    {% for column in inserted %}
        {{ 'bringing' if column == 'source_id' else 'known' }}.{{ column }},
    {% endfor %}
    known.row_hash,
    latest.delivery_id,
    latest.observed_at,
    :known_from as known_from
from latest
inner join ops.delivery as bringing
    on latest.delivery_id = bringing.delivery_id
inner join known
    on
        latest.record_key = known.record_key
        and (known.observed_at, known.delivery_id) <= (latest.observed_at, latest.delivery_id)
order by known.record_key asc, known.observed_at desc, known.delivery_id desc, known.known_from desc
