"""The province's units: how much each handles, how much of it online, what it is responsible for.

Shares are in per mille. Rates of the eight units below target, the zeros and the reference of 20.7 % are those of
dispatch 1730 (`include/jurisdictions/bac_giang/dispatch_1730.csv`); volumes and everything else are invented.
"""

from __future__ import annotations

from dataclasses import dataclass

POOL_RATE = 207
"""Of all departments and verticals together (dispatch 1730: 20.7 %)."""

EVERYWHERE = (
    "Khiếu nại, tố cáo", "Thi đua – Khen thưởng", "Tổ chức, cán bộ", "Bồi thường nhà nước", "Giám định tư pháp",
    "Đấu thầu", "Quản lý công sản", "Đấu giá tài sản", "Trợ giúp pháp lý",
)  # fmt: skip
"""Fields of procedures that any agency may have; used where the ministry is not in the sample of the catalogue."""

_DISTRICT_FIELDS = (
    "Hộ tịch", "Chứng thực", "Đất đai", "Thành lập và hoạt động doanh nghiệp (hộ kinh doanh)", "Nuôi con nuôi",
    "Người có công", "Nhà ở và công sở", "Hoạt động xây dựng", "Môi trường", "Chính sách", "Chăn nuôi",
    "Đăng ký biện pháp bảo đảm", "Đăng ký, quản lý cư trú", "Thủy lợi", "Bồi thường nhà nước",
)  # fmt: skip


@dataclass(frozen=True)
class Unit:
    """One agency. `volume`: dossiers resolved in an ordinary month at scale 1."""

    code: str
    number: int
    """Its number in dossier codes."""
    category: str
    volume: int
    rate: int
    """Online share, January–April 2019, in per mille; for `high` a weight: the pool decides the exact one."""
    late: int
    """Share resolved after the due date, in per mille."""
    business: int
    """Share of applicants that are businesses, in per mille."""
    fields: tuple[str, ...]

    @property
    def is_district(self) -> bool:
        """Whether it is a district or the city, with communes."""
        return self.fields is _DISTRICT_FIELDS

    @property
    def lags(self) -> tuple[int, int, int, int]:
        """How many are resolved in the month of receipt, one, two, three months later, in per mille."""
        return (760, 190, 40, 10) if self.is_district else (660, 260, 60, 20)


def _department(  # noqa: PLR0917 - a row of a table
    code: str, number: int, category: str, volume: int, rate: int, late: int, business: int, *fields: str
) -> Unit:
    return Unit(code, number, category, volume, rate, late, business, fields or EVERYWHERE)


def _district(code: str, number: int, volume: int, late: int) -> Unit:
    return Unit(code, number, "zero_online", volume, 0, late, 60, _DISTRICT_FIELDS)


UNITS: tuple[Unit, ...] = (
    _department("so_tai_chinh", 1, "high", 150, 480, 80, 300, "Tài chính ngân hàng", "Quản lý công sản", "Quản lý giá",
                "Tài chính doanh nghiệp", "Kế toán, kiểm toán", "Tài chính đất đai"),
    _department("so_ke_hoach_dau_tu", 2, "high", 700, 720, 70, 900, "Thành lập và hoạt động của doanh nghiệp",
                "Đầu tư tại Việt nam", "Đấu thầu", "Hỗ trợ doanh nghiệp nhỏ và vừa",
                "Thành lập và hoạt động của tổ hợp tác, hợp tác xã, liên hiệp hợp tác xã"),
    _department("so_cong_thuong", 3, "high", 900, 640, 75, 850, "Quản lý giá", "Hỗ trợ doanh nghiệp nhỏ và vừa",
                "Biến đổi khí hậu", "Quản lý chất lượng sản phẩm, hàng hoá", "Kiểm định kỹ thuật an toàn lao động"),
    _department("so_nong_nghiep_ptnt", 4, "high", 350, 450, 95, 420, "Thú y", "Thủy sản", "Trồng trọt",
                "Trồng trọt và Bảo vệ thực vật", "Thủy lợi", "Chăn nuôi", "Lâm nghiệp", "Kiểm lâm",
                "Quản lý chất lượng nông lâm sản và thủy sản", "Kinh tế hợp tác và Phát triển nông thôn"),
    _department("so_y_te", 5, "below_target", 420, 4, 120, 380, "Giám định tư pháp", "Thực hiện chính sách BHYT",
                "Tổ chức cai nghiên ma túy và quản lý sau cai nghiện", "Khiếu nại, tố cáo"),
    _department("so_lao_dong_tbxh", 6, "below_target", 380, 18, 110, 260, "Người có công", "Chính sách", "Giảm nghèo",
                "Kiểm định kỹ thuật an toàn lao động", "Tổ chức cai nghiên ma túy và quản lý sau cai nghiện"),
    _department("so_van_hoa_ttdl", 7, "below_target", 260, 23, 90, 350),
    _department("so_giao_duc_dao_tao", 8, "below_target", 300, 27, 100, 60),
    _department("bql_khu_cong_nghiep", 9, "below_target", 260, 60, 85, 980, "Đầu tư tại Việt nam",
                "Quản lý nhà nước về khu công nghiệp, khu kinh tế", "Hoạt động xây dựng", "Môi trường",
                "Quy hoạch đô thị và nông thôn"),
    _department("so_tu_phap", 10, "below_target", 700, 112, 130, 120, "Lý lịch tư pháp", "Luật sư", "Công chứng",
                "Trợ giúp pháp lý", "Đấu giá tài sản", "Quốc tịch", "Nuôi con nuôi", "Quản tài viên"),
    _department("so_giao_thong_van_tai", 11, "below_target", 900, 210, 115, 280, "Đường bộ", "Đăng kiểm",
                "Sát hạch, cấp giấy phép lái xe", "Hàng hải và đường thủy nội địa"),
    _department("so_thong_tin_truyen_thong", 12, "below_target", 270, 296, 70, 500, "Dữ liệu",
                "Đảm bảo an toàn thông tin, an ninh mạng", "Định danh và xác thực điện tử"),
    _department("so_xay_dung", 13, "zero_online", 150, 0, 140, 620, "Hoạt động xây dựng", "Nhà ở và công sở",
                "Kinh doanh bất động sản", "Quy hoạch đô thị và nông thôn", "Vật liệu xây dựng", "Kiến trúc"),
    _department("so_noi_vu", 14, "zero_online", 110, 0, 90, 60, "Thi đua – Khen thưởng", "Tổ chức, cán bộ"),
    _department("so_ngoai_vu", 15, "zero_online", 18, 0, 80, 250, "Quản lý xuất nhập cảnh"),
    _department("so_khoa_hoc_cong_nghe", 16, "zero_online", 45, 0, 90, 550, "Khoa học công nghệ",
                "Khoa học và Công nghệ", "Quản lý chất lượng sản phẩm, hàng hoá", "Chứng nhận chất lượng an toàn kỹ thuật và bảo vệ môi trường"),  # noqa: E501
    _department("so_tai_nguyen_moi_truong", 17, "zero_online", 420, 0, 170, 320, "Đất đai", "Địa chất và khoáng sản",
                "Tài nguyên nước", "Môi trường", "Đo đạc, bản đồ và thông tin địa lý", "Đăng ký biện pháp bảo đảm"),
    _department("thanh_tra_tinh", 18, "no_category", 22, 190, 100, 50, "Khiếu nại, tố cáo"),
    _department("ban_dan_toc", 19, "no_category", 15, 220, 90, 20, "Chính sách", "Giảm nghèo", "Thi đua – Khen thưởng"),
    _department("van_phong_ubnd", 20, "no_category", 40, 210, 75, 200),
    _department("cong_an_tinh", 21, "no_figure", 0, 0, 80, 100, "Đăng ký, quản lý con dấu", "Đăng ký, quản lý cư trú"),
    _department("bao_hiem_xa_hoi", 22, "zero_online", 900, 0, 90, 480, "Thực hiện chính sách BHXH",
                "Chi trả các chế độ BHXH", "Thực hiện chính sách BHYT", "Cấp sổ BHXH, thẻ BHYT"),
    _department("cuc_thue", 23, "zero_online", 650, 0, 80, 780, "Thuế"),
    _department("dien_luc", 24, "zero_online", 350, 0, 85, 300),
    _district("tp_bac_giang", 31, 5600, 95),
    _district("yen_the", 32, 2700, 130),
    _district("tan_yen", 33, 3500, 110),
    _district("lang_giang", 34, 4100, 105),
    _district("luc_nam", 35, 3900, 150),
    _district("luc_ngan", 36, 4300, 160),
    _district("son_dong", 37, 1900, 165),
    _district("yen_dung", 38, 3200, 90),
    _district("viet_yen", 39, 4200, 85),
    _district("hiep_hoa", 40, 4100, 120),
)  # fmt: skip

UNITS_BY_CODE = {unit.code: unit for unit in UNITS}
POOLED = tuple(unit for unit in UNITS if not unit.is_district)
"""The units whose dossiers make up the dispatch's overall rate: departments and verticals."""
