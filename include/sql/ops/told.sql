-- Gives the text in the main language of the jurisdiction that a publication was made of: Vietnamese unless it is English.
create or replace function ops.told(of_publication bigint, text_vi text, text_en text)
returns text
language sql
stable
as $$
    select case configuration.content #>> '{shape,languages,0}' when 'en' then text_en else text_vi end
    from ops.publication
    inner join ops.configuration
        on publication.configuration_hash = configuration.configuration_hash
    where publication.publication_id = of_publication
$$;
