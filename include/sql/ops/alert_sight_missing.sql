-- One row: whether a month's figures of a unit on its roster are missing, for a rule.
-- Filled by notice.evaluate from a publication's mart and by notice.watch from the coverage as known now. Refused is missing too: no figure
-- came of it. `only_asked`: a unit whose missing sources we have not asked since the month ended is unknown, not at fault.
insert into pg_temp.alert_sight (alert_key, rule, unit_code, severity, holds, message_vi, facts)
with rule as (
    select
        declared.id,
        declared.severity,
        declared.unit_groups
    from
        jsonb_to_recordset(cast(:rules as jsonb))
            as declared (id text, kind text, severity text, unit_groups text[])
    where declared.kind = 'missing_delivery'
),

month as (
    select
        period,
        ends_at,
        ends_on,
        case :language
            when 'vi' then 'tháng ' || ltrim(right(period, 2), '0') || '/' || left(period, 4)
            else period
        end as month_of_year
    from core.period
    where
        calendar = 'calendar'
        and period = :period
),

reporting as (
    select
        reported.unit_code,
        unit.unit_group,
        month.period,
        month.month_of_year,
        reported.reporting_status,
        reported.sources_missing,
        reported.detail,
        reported.detail_vi,
        not :only_asked or exists (
            select 1
            from ops.pull_attempt
            where
                pull_attempt.period = month.period
                and pull_attempt.source_id = any(reported.sources_missing)
                and pull_attempt.attempted_at >= month.ends_at
        ) as is_asked
    from {{ reporting_status_month }} as reported
    inner join month
        on reported.period = month.period
    inner join core.unit
        on reported.unit_key = unit.unit_key
    where reported.publication_id = :publication_id
)

select
    rule.id || ':' || reporting.unit_code || ':' || reporting.period as alert_key,
    rule.id as rule,
    reporting.unit_code,
    rule.severity,
    case
        when reporting.reporting_status = 'missing' then case when reporting.is_asked then true end
        else reporting.reporting_status = 'rejected'
    end as holds,
    case :language
        when 'vi'
            then case reporting.reporting_status
                when 'missing' then 'Chưa nhận được số liệu ' || reporting.month_of_year || '.'
                when 'rejected' then 'Số liệu ' || reporting.month_of_year || ' bị từ chối khi kiểm tra.'
                when 'not_expected' then 'Không phải gửi số liệu ' || reporting.month_of_year || '.'
                else 'Đã có số liệu ' || reporting.month_of_year || '.'
            end
        else case reporting.reporting_status
            when 'missing' then 'No figures were received for ' || reporting.month_of_year || '.'
            when 'rejected' then 'The figures for ' || reporting.month_of_year || ' were refused by the checks.'
            when 'not_expected' then 'No figures are expected for ' || reporting.month_of_year || '.'
            else 'The figures for ' || reporting.month_of_year || ' are here.'
        end
    end as message_vi,
    jsonb_build_object(
        'period', reporting.period,
        'status', reporting.reporting_status,
        'sources_missing', reporting.sources_missing,
        'detail', reporting.detail,
        'detail_vi', reporting.detail_vi
    ) as facts
from reporting
inner join rule
    on reporting.unit_group = any(rule.unit_groups)
