-- One row: a delivery as a whole, all columns: which there are depends on its dataset.
select * -- noqa: AM04
from {{ summary }}
