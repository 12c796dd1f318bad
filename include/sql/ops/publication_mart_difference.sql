-- One row: a row of a mart that differs between two publications, by its key: both rows' figures, and the columns that differ.
-- Read by publication.mart_difference for each mart; a row that only one of them has differs too: the other's figures are null.
with fact as (
    select
        mart_row.publication_id,
        to_jsonb(mart_row) - array['publication_id', 'period', 'unit_key'] as figures
    from {{ mart }} as mart_row
    where mart_row.publication_id in (:old_id, :new_id)
),

keyed as (
    select
        fact.publication_id,
        fact.figures,
        (
            select jsonb_object_agg(key_column.name, fact.figures -> key_column.name)
            from unnest(cast(:key_columns as text[])) as key_column (name)
        ) as row_key
    from fact
),

old_row as (
    select
        row_key,
        figures
    from keyed
    where publication_id = :old_id
),

new_row as (
    select
        row_key,
        figures
    from keyed
    where publication_id = :new_id
),

changed as (
    select
        coalesce(new_row.row_key, old_row.row_key) as row_key,
        old_row.figures - cast(:key_columns as text[]) as old_figures,
        new_row.figures - cast(:key_columns as text[]) as new_figures
    from old_row
    full join new_row
        on old_row.row_key = new_row.row_key
    where old_row.figures is distinct from new_row.figures
)

select
    changed.row_key,
    changed.old_figures,
    changed.new_figures,
    array(
        select figure.name
        from jsonb_object_keys(coalesce(changed.old_figures, '{}') || coalesce(changed.new_figures, '{}')) as figure (name)
        where changed.old_figures -> figure.name is distinct from changed.new_figures -> figure.name
        order by figure.name
    ) as changed_columns
from changed
order by changed.row_key
