//! Who asks for what, where, and how it goes on: what the scenario is made of. All people and
//! businesses are invented.

use super::plan::Kind::{self, Auction, Citizen, Export, Law, Trade};
use super::plan::{Plan, Refusal, Term, Timing};

/// An agency of the scenario.
#[derive(Debug)]
pub(super) struct Desk {
    /// Its code.
    pub(super) agency: &'static str,
    /// Procedures, and who asks for each.
    pub(super) procedures: &'static [(&'static str, Kind)],
    /// The first letters of the fields for which the agency has a system of its own.
    pub(super) own_fields: &'static str,
    /// That system, as an integrator; the national portal sends the rest.
    pub(super) own_source: &'static str,
    /// What an officer writes when something is missing.
    pub(super) lacking: &'static str,
    /// What an officer writes when they refuse.
    pub(super) unfit: &'static str,
}

/// The agencies.
pub(super) const DESKS: [Desk; 5] = [
    Desk {
        agency: "H20.12",
        procedures: &[
            ("1.013831", Citizen),
            ("1.013833", Citizen),
            ("1.013988", Citizen),
            ("1.013992", Citizen),
            ("1.013993", Citizen),
            ("1.011441", Citizen),
            ("1.012789", Citizen),
            ("1.013977", Trade),
        ],
        own_fields: "G",
        own_source: "land-registry",
        lacking: "Thiếu trích lục bản đồ địa chính thửa đất; đề nghị nộp bổ sung",
        unfit: "Thửa đất đang có tranh chấp, không đủ điều kiện đăng ký biến động",
    },
    Desk {
        agency: "H20.09",
        procedures: &[
            ("1.002010", Citizen),
            ("1.002032", Law),
            ("1.000426", Citizen),
            ("1.001756", Citizen),
            ("1.003915", Citizen),
            ("2.001395", Auction),
        ],
        own_fields: "G15",
        own_source: "justice",
        lacking: "Bản sao văn bằng, chứng chỉ chưa được chứng thực; đề nghị nộp lại",
        unfit: "Chưa đủ điều kiện hành nghề theo quy định của pháp luật chuyên ngành",
    },
    Desk {
        agency: "H20.05",
        procedures: &[
            ("2.001610", Citizen),
            ("2.001583", Citizen),
            ("2.001199", Citizen),
            ("2.002043", Citizen),
            ("2.002041", Trade),
            ("2.002011", Trade),
            ("2.002020", Trade),
        ],
        own_fields: "G05",
        own_source: "business-registration",
        lacking: "Ngành, nghề kinh doanh ghi chưa đúng mã cấp bốn; đề nghị kê khai lại",
        unfit: "Tên doanh nghiệp gây nhầm lẫn với tên doanh nghiệp đã đăng ký",
    },
    Desk {
        agency: "H20.03",
        procedures: &[
            ("1.000382", Export),
            ("1.000431", Export),
            ("1.000432", Export),
            ("1.014119", Export),
            ("2.000033", Trade),
            ("2.000004", Trade),
        ],
        own_fields: "G02-CT01",
        own_source: "ecosys",
        lacking: "Tờ khai hải quan chưa khớp với hóa đơn thương mại; đề nghị nộp bản đúng",
        unfit: "Hàng hóa không đáp ứng tiêu chí xuất xứ đã kê khai",
    },
    Desk {
        agency: "H20.101",
        procedures: &[
            ("1.001193", Citizen),
            ("1.000894", Citizen),
            ("1.000656", Citizen),
            ("1.004873", Citizen),
            ("2.000635", Citizen),
            ("2.000815", Citizen),
            ("1.001612", Citizen),
            ("1.013225", Citizen),
            ("1.013978", Citizen),
            ("1.012812", Citizen),
        ],
        own_fields: "G15",
        own_source: "justice",
        lacking: "Tờ khai chưa có chữ ký của người yêu cầu; đề nghị hoàn thiện",
        unfit: "Yêu cầu không thuộc thẩm quyền giải quyết của Ủy ban nhân dân phường",
    },
];

/// What happens at every agency.
pub(super) const PLANS: [Plan; 37] = [
    Plan::new("submit@3+ receive@3+ process@3+ finish@3+ return-result@2", 3)
        .within(Term::Days)
        .timed(Timing::Early),
    Plan::new("submit@36+ receive@35+ process@35+ finish@2 return-result@1", 2)
        .within(Term::Short)
        .timed(Timing::Late),
    Plan::new("submit@33+ receive@33+ process@32+ finish@1", 2)
        .within(Term::Short)
        .timed(Timing::Late),
    Plan::new("submit@34+ receive@34+ process@33+", 2).within(Term::Short).timed(Timing::Overdue),
    Plan::new("submit@1 receive@1 process@1", 2).within(Term::Days).timed(Timing::Within),
    Plan::new("submit@1", 1),
    Plan::new("submit@4+ refuse@3+", 1),
    Plan::new(
        "submit@12+ receive@11+ request-supplement@10+ supplement@6 process@6 finish@3 return-result@2",
        2,
    ),
    Plan::new("submit@9+ request-supplement@9+ supplement@5 receive@5 process@4", 1),
    Plan::new("submit@7+ receive@7+ request-supplement@5", 1),
    Plan::new("submit@48+ request-supplement@46+ refuse-expired@1", 1),
    Plan::new("submit@6+ receive@6+ withdraw@4", 1),
    Plan::new(
        "submit@8+ receive@8+ request-payment@7 confirm-payment@6 finish@4 return-result@3",
        1,
    )
    .within(Term::Fee),
    Plan::new("submit@5+ receive@5+ request-payment@4", 1).within(Term::Fee),
    Plan::new("submit@14+ receive@14+ process@13+ suspend@11 resume@5 finish@2", 1),
    Plan::new("submit@11+ receive@10+ process@10+ suspend@6", 1),
    Plan::new("submit@10+ receive@10+ process@9+ finish@6 send-back@5 finish@3 return-result@2", 1),
    Plan::new("submit@4+ receive@4+ process@4 recall@3", 1),
    Plan::new("submit@1 receive@1 process! finish!", 2).within(Term::Days).timed(Timing::Early),
    Plan::new("submit@37+ receive@36+ process@36+ finish!", 2)
        .within(Term::Short)
        .timed(Timing::Late),
    Plan::new("submit@8+ receive@8+ request-supplement@3 supplement! process!", 1),
    Plan::new("submit@9+ receive@9+ process@8+ finish@1 return-result!", 2),
    Plan::new("submit@2+ receive@2+ withdraw!", 1),
    Plan::new("submit@6+ receive@6+ request-payment@2 confirm-payment! finish!", 1)
        .within(Term::Fee),
    Plan::new("submit@15+ receive@15+ process@15+ suspend@9 resume!", 1),
    Plan::new("submit@1 receive!", 1),
    Plan::new("submit@2+ refuse!", 1),
    Plan::new("submit!", 2),
    Plan::new("submit! receive!", 2),
    Plan::new("submit! receive! process!", 1),
    Plan::new("submit! receive! process! finish!", 2).within(Term::Days).timed(Timing::Early),
    Plan::new("submit! receive! finish! return-result!", 1),
    Plan::new("submit! refuse!", 1),
    Plan::new("submit! request-supplement! supplement! receive!", 1),
    Plan::new("submit! receive! request-supplement!", 1),
    Plan::new("submit! withdraw!", 1),
    Plan::new("submit! receive! request-payment! confirm-payment! finish!", 1).within(Term::Fee),
];

/// One agency each, in turn.
pub(super) const REFUSED_PLANS: [Plan; 6] = [
    Plan::new("submit! receive!", 1).then_refused(Refusal {
        action: "return-result",
        expected_version: 2,
        problem: "illegal-transition",
        status: 422,
    }),
    Plan::new("submit! refuse!", 1).then_refused(Refusal {
        action: "process",
        expected_version: 2,
        problem: "illegal-transition",
        status: 422,
    }),
    Plan::new("submit! receive! process!", 1).then_refused(Refusal {
        action: "finish",
        expected_version: 1,
        problem: "stale-version",
        status: 409,
    }),
    Plan::new("submit! receive!", 1).then_refused(Refusal {
        action: "process",
        expected_version: 1,
        problem: "stale-version",
        status: 409,
    }),
    Plan::new("submit! receive! process!", 1).then_refused(Refusal {
        action: "approve",
        expected_version: 3,
        problem: "invalid-request",
        status: 400,
    }),
    Plan::new("submit!", 1).then_refused(Refusal {
        action: "archive",
        expected_version: 1,
        problem: "invalid-request",
        status: 400,
    }),
];

/// Family names.
pub(super) const SURNAMES: [&str; 16] = [
    "Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý",
    "Phan", "Trương", "Mai",
];

/// Given names of men.
pub(super) const MEN: [&str; 16] = [
    "Văn Bình",
    "Hữu Phước",
    "Minh Khôi",
    "Thanh Tùng",
    "Quốc Thịnh",
    "Hoàng Nam",
    "Đức Tín",
    "Tấn Lộc",
    "Công Danh",
    "Trọng Nghĩa",
    "Chí Hiếu",
    "Nhật Trường",
    "Thành Đạt",
    "Hải Đăng",
    "Ngọc Sơn",
    "Phú Quý",
];

/// Given names of women.
pub(super) const WOMEN: [&str; 16] = [
    "Thị Hồng Nhung",
    "Ngọc Trâm",
    "Thị Mỹ Duyên",
    "Kim Ngân",
    "Thị Bích Thủy",
    "Thanh Trúc",
    "Thị Cẩm Tú",
    "Phương Thảo",
    "Thị Kiều Oanh",
    "Tuyết Mai",
    "Thị Diễm My",
    "Hồng Gấm",
    "Thị Lan Anh",
    "Yến Nhi",
    "Thị Thu Hà",
    "Khánh Vy",
];

/// Businesses that ask for what export needs.
pub(super) const EXPORT_FIRMS: [&str; 8] = [
    "Công ty TNHH Chế biến thủy sản Sen Mười Bảy",
    "Công ty Cổ phần Gạo sạch Lúa Mây",
    "Công ty TNHH Trái cây Cù Lao Thắm",
    "Công ty TNHH Thủy sản Bến Lau",
    "Công ty Cổ phần Nông sản Vàm Đước Xanh",
    "Công ty TNHH May mặc Chỉ Vàng Sáu",
    "Công ty TNHH Thức ăn chăn nuôi Đồng Sậy",
    "Công ty Cổ phần Dừa nước Chín Nhánh",
];

/// Businesses that ask for what trade needs.
pub(super) const TRADE_FIRMS: [&str; 8] = [
    "Công ty TNHH Thương mại Bông Súng Trắng",
    "Công ty TNHH Vật tư Nhà Nổi",
    "Công ty Cổ phần Bán lẻ Chợ Chiều",
    "Công ty TNHH Xây dựng Cầu Ván Mới",
    "Công ty TNHH Vận tải Ghe Lườn",
    "Công ty Cổ phần Phân bón Rơm Vàng",
    "Công ty TNHH Du lịch Mùa Nước Nổi Xanh",
    "Công ty TNHH Cơ khí Máy Gặt Tám",
];

/// Businesses that ask for what law needs.
pub(super) const LAW_FIRMS: [&str; 3] = [
    "Văn phòng luật sư Ngọn Đèn Bến Sông",
    "Công ty Luật TNHH Hàng Me Xanh",
    "Văn phòng luật sư Cầu Dừa",
];

/// Businesses that ask for what auction needs.
pub(super) const AUCTION_FIRMS: [&str; 2] =
    ["Công ty Đấu giá hợp danh Búa Tre", "Công ty Đấu giá hợp danh Chuông Gỗ"];

/// Prefixes of mobile numbers.
pub(super) const MOBILE_PREFIXES: [&str; 25] = [
    "032", "033", "034", "035", "037", "039", "070", "076", "077", "078", "079", "081", "082",
    "083", "084", "085", "086", "088", "090", "091", "093", "094", "096", "097", "098",
];
