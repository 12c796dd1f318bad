-- one row is: one refused record with its reasons
select * from {{ ref('typed') }}
where cardinality(reasons) > 0 or occurrence > 1
