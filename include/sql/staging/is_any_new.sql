-- Whether the reader knew of any code in a typed table that no record before had the same.
select exists(
    select 1
    from {{ typed }}
    where {{ new }}
)
