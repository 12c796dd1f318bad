"""Agencies that send only form 06a. A failure means that their totals are not counted, or pass for dossiers."""

from onestop import publication
from onestop.publication import Explanation
from tests.marts.conftest import Office, lines
from tests.province import direct, online
from tests.publication.test_explanation import UNEQUAL

FORM = {
    "received_total": 120, "received_online": 30, "received_direct": 70, "carried_over": 20, "resolved_total": 100,
    "resolved_early": 60, "resolved_on_time": 30, "resolved_late": 10, "pending_total": 20, "pending_in_time": 15,
    "pending_overdue": 5, "resolved_online_level_3": 20, "resolved_online_level_4": 15, "received_online_level_3": 16,
    "received_online_level_4": 8,
}  # fmt: skip
FIGURES = (
    "metric_id scope numerator denominator online_level_3_count online_level_4_count online_other_count direct_count"
    " status reporting_status figures_from"
)


def explain(province: Office, publication_id: int, metric: str | None = None, **more: object) -> Explanation:
    with province.engine.begin() as connection:
        return publication.explain(connection, publication_id, "cuc_thue", metric, **more)  # type: ignore[arg-type]


def of_tax(province: Office, mart: str, columns: str, condition: str = "true") -> list[str]:
    return province.table(mart, columns, f"unit_code = 'cuc_thue' and {condition}")


def test_compliance_is_measured_from_the_form_and_says_so(province: Office) -> None:
    """The form knows no service level of what was filed directly: nothing is known of eligible dossiers."""
    province.only_totals_from("thue_ho_so", "thue_hoa_don")
    province.state("thue_ho_so", "cuc_thue", "2019-04", **FORM)
    province.deliver("thue_hoa_don", "2019-04")
    province.deliver("y_te", "2019-04", online(1))
    publication_id = province.build("2019-04")
    assert of_tax(province, "compliance_month", FIGURES) == lines(
        """
        resolved_all      total 35 100  20 15 0 65  met      reported reported_total
        received_all      total 24 100  16 8 6 70   no_target reported reported_total
        resolved_eligible total - -     - - - -     no_data  reported -
        received_eligible total - -     - - - -     no_data  reported -
        """
    )
    health = province.table("compliance_month", "figures_from", "unit_code = 'so_y_te' and metric_id = 'resolved_all'")
    assert health == ["dossiers"]
    assert of_tax(province, "compliance_ytd", "numerator denominator figures_from", "metric_id = 'resolved_all'") == [
        "35 100 reported_total"
    ]
    assert not {f for f in province.findings(publication_id) if f[0] == "block"}


def test_the_form_is_the_agencys_own_and_no_mart_of_dossiers_counts_it(province: Office) -> None:
    province.only_totals_from("thue_ho_so", "thue_hoa_don")
    province.state("thue_ho_so", "cuc_thue", "2019-04", **FORM)
    province.deliver("thue_hoa_don", "2019-04")
    province.publish("2019-04")
    columns = "figures_from received_total carried_over resolved_late pending_overdue withdrawn_received"
    assert of_tax(province, "form_06a", columns) == ["reported_total 120 20 10 5 -"]
    assert of_tax(province, "timeliness_month", "resolved_count pending_count") == ["- -"]
    assert of_tax(province, "procedure_month", "procedure_code received_count") == ["'' -"]
    assert of_tax(province, "reconciliation_month", "status", "item = 'resolved_total'") == ["no_data"]


def test_where_dossiers_are_expected_a_form_never_takes_their_place(province: Office) -> None:
    """A missing delivery of dossiers stays missing, whatever total is stated."""
    province.only_totals_from("thue_hoa_don")
    province.state("thue_hoa_don", "cuc_thue", "2019-04", **FORM)
    province.deliver("y_te", "2019-04", direct(1))
    province.build("2019-04")
    assert of_tax(province, "compliance_month", FIGURES, "metric_id = 'resolved_all'") == [
        "resolved_all total - - - - - - no_data missing -"
    ]
    assert of_tax(province, "reporting_status_month", "figures_from", "period = '2019-04'") == ["dossiers"]


def test_dossiers_of_a_unit_that_sends_totals_are_not_added_to_them_and_are_told(province: Office) -> None:
    province.deliver("thue_ho_so", "2019-04", online(7))
    province.only_totals_from("thue_ho_so", "thue_hoa_don")
    province.state("thue_ho_so", "cuc_thue", "2019-04", **FORM)
    province.deliver("thue_hoa_don", "2019-04")
    publication_id = province.build("2019-04")
    assert of_tax(province, "compliance_month", "numerator denominator", "metric_id = 'resolved_all'") == ["35 100"]
    assert ("warn", "counted_not_expected", "cuc_thue") in province.findings(publication_id)


def test_a_form_that_leaves_out_what_is_counted_is_no_data_and_not_zero(province: Office) -> None:
    province.only_totals_from("thue_ho_so", "thue_hoa_don")
    province.deliver("thue_hoa_don", "2019-04")
    for wrong in ({"resolved_online_level_4": None}, {"resolved_online_level_3": 90}):
        province.state("thue_ho_so", "cuc_thue", "2019-04", **{**FORM, **wrong})
        publication_id = province.build("2019-04")
        assert of_tax(
            province, "compliance_month", "numerator denominator status reporting_status", "metric_id = 'resolved_all'"
        ) == ["- - no_data reported"]
        assert ("warn", "form_06a_stated_unusable", "cuc_thue") in province.findings(publication_id)


def test_a_form_of_zeros_is_zero(province: Office) -> None:
    province.only_totals_from("thue_ho_so", "thue_hoa_don")
    nothing = {name: 0 for name in FORM if "level" not in name}
    province.state("thue_ho_so", "cuc_thue", "2019-04", **nothing)
    province.deliver("thue_hoa_don", "2019-04")
    province.build("2019-04")
    assert of_tax(
        province,
        "compliance_month",
        "numerator denominator status reporting_status figures_from",
        "metric_id = 'resolved_all'",
    ) == ["0 0 zero_online reported_zero reported_total"]


def test_a_form_that_does_not_add_up_is_told_and_does_not_stop_the_province(province: Office) -> None:
    province.only_totals_from("thue_ho_so", "thue_hoa_don")
    province.state("thue_ho_so", "cuc_thue", "2019-04", **{**FORM, "carried_over": 21})
    province.deliver("thue_hoa_don", "2019-04")
    findings = province.findings(province.build("2019-04"))
    assert ("warn", "form_06a_stated_unbalanced", "cuc_thue") in findings
    assert not {f for f in findings if f[0] == "block"}


def test_a_year_of_forms_and_dossiers_is_called_mixed(province: Office) -> None:
    """Tax sends forms for March, and dossiers from April on."""
    sources = province.jurisdiction.sources
    april = province.jurisdiction.period("2019-04").starts_on
    before = [
        source.model_copy(update={"id": "thue_bieu", "dataset": "reported_total", "expected_to": april})
        for source in sources
        if source.id == "thue_ho_so"
    ]
    after = [
        source.model_copy(update={"expected_from": april}) if source.units == ("cuc_thue",) else source
        for source in sources
    ]
    province.synchronise(province.jurisdiction.model_copy(update={"sources": (*before, *after)}))
    province.deliver("thue_ho_so", "2019-04", online(1), direct(2))
    province.deliver("thue_hoa_don", "2019-04")
    province.insert(
        "core.reported_total_version", owner_unit_code="cuc_thue", period="2019-03", source_id="thue_bieu", **FORM
    )
    province.execute(
        "insert into ops.delivery (source_id, dataset, period, sha256, object_path, byte_count, part_count, pulled_at,"
        " observed_at, state, decided_at)"
        " values ('thue_bieu', 'reported_total', '2019-03', 'x', 'x', 1, 1, now(), now(), 'accepted', now())"
    )
    publication_id = province.build("2019-04")
    assert of_tax(province, "compliance_month", "numerator denominator figures_from", "metric_id = 'resolved_all'") == [
        "1 3 dossiers"
    ]
    columns = "numerator denominator months_reported figures_from"
    assert of_tax(province, "compliance_ytd", columns, "metric_id = 'resolved_all'") == ["36 103 2 mixed"]
    assert of_tax(province, "compliance_ytd", columns, "metric_id = 'resolved_eligible'") == ["1 3 1 dossiers"]
    assert not {f for f in province.findings(publication_id) if f[0] == "block"}
    figure = explain(province, publication_id, "resolved_all", span="ytd")
    assert (figure.counted_numerator, figure.counted_denominator, figure.is_equal) == (36, 103, True)
    assert (figure.dossier_count, [form.month for form in figure.stated]) == (3, ["2019-03"])
    assert province.rows(UNEQUAL) == []


def test_a_district_that_sends_totals_has_no_desks(province: Office) -> None:
    province.only_totals_from("tan_yen")
    province.state("tan_yen", "tan_yen", "2019-04", **FORM)
    publication_id = province.build("2019-04")
    rows = province.table(
        "compliance_month", "scope numerator denominator", "unit_code = 'tan_yen' and metric_id = 'resolved_all'"
    )
    assert rows == lines("total 35 100\nown - -\ncommunes - -")
    assert not {f for f in province.findings(publication_id) if f[0] == "block"}


def test_a_figure_from_a_form_is_explained_by_the_form_and_its_delivery(province: Office) -> None:
    """Dossiers that are known all the same are named, as not counted."""
    province.deliver("thue_ho_so", "2019-04", online(7))
    province.only_totals_from("thue_ho_so", "thue_hoa_don")
    province.state("thue_ho_so", "cuc_thue", "2019-04", **FORM)
    province.deliver("thue_hoa_don", "2019-04")
    number = province.publish("2019-04").publication_id
    figure = explain(province, number)
    assert (figure.numerator, figure.denominator, figure.is_equal) == (35, 100, True)
    assert (figure.counted_numerator, figure.counted_denominator, figure.dossier_count) == (35, 100, 7)
    assert figure.reasons == {
        "Theo biểu 06a: trực tuyến ở mức độ được tính, thuộc tử số và mẫu số.": 35,
        "Theo biểu 06a: phần còn lại của tổng số (trực tiếp, bưu chính, không rõ kênh), chỉ thuộc mẫu số.": 65,
        "Tháng này số liệu của đơn vị lấy từ biểu 06a do đơn vị tự báo cáo: hồ sơ không được tính.": 7,
    }
    assert {dossier.reason for dossier in figure.dossiers} == {"totals_stated"}
    (form,) = figure.stated
    assert (form.month, form.source_id, form.resolved_total, form.resolved_online_level_3) == (
        "2019-04", "thue_ho_so", 100, 20,
    )  # fmt: skip
    assert [(told.delivery_id, told.source_id, told.dossier_count) for told in figure.deliveries] == [
        (form.delivery_id, "thue_ho_so", 100)
    ]
    assert [month.figures_from for month in figure.months] == ["reported_total"]
    received = explain(province, number, "received_all")
    assert (received.counted_numerator, received.counted_denominator, received.is_equal) == (24, 100, True)
    assert "Theo biểu 06a: trực tuyến dưới mức độ được tính, chỉ thuộc mẫu số." in received.reasons
    assert province.rows(UNEQUAL) == []


def test_a_form_that_does_not_tell_what_a_metric_needs_says_so_instead_of_differing(province: Office) -> None:
    province.only_totals_from("thue_ho_so", "thue_hoa_don")
    province.state("thue_ho_so", "cuc_thue", "2019-04", **FORM)
    province.deliver("thue_hoa_don", "2019-04")
    figure = explain(province, province.publish("2019-04").publication_id, "resolved_eligible")
    assert (figure.numerator, figure.denominator, figure.status, figure.is_equal) == (None, None, "no_data", True)
    assert list(figure.reasons) == ["Biểu 06a không có số cần cho chỉ số này: chưa có số liệu."]
    assert len(figure.stated) == 1


def test_an_explained_form_is_the_one_that_was_known_then_and_bi_shows_the_latest(province: Office) -> None:
    province.only_totals_from("thue_ho_so", "thue_hoa_don")
    province.deliver("thue_hoa_don", "2019-04")
    province.state("thue_ho_so", "cuc_thue", "2019-04", **FORM)
    first = province.publish("2019-04").publication_id
    province.state("thue_ho_so", "cuc_thue", "2019-04", **{**FORM, "resolved_online_level_3": 10})
    second = province.publish("2019-04").publication_id
    assert [explain(province, number).stated[0].resolved_online_level_3 for number in (first, second)] == [20, 10]
    assert explain(province, first).is_equal
    shown = province.rows(
        "select figures_from, dossier_code, sum(dossier_count) as dossier_count from bi.compliance_explanation"
        " where calendar = 'calendar' and period = '2019-04' and unit_code = 'cuc_thue' and month = period"
        " and metric_id = 'resolved_all' and is_in_numerator group by 1, 2"
    )
    assert [tuple(row.values()) for row in shown] == [("reported_total", None, 25)]
