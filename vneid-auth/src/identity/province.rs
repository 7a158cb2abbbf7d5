//! Where a citizen id was registered: the 63 provinces of the numbers, and the unit that holds each area today.
//!
//! The codes in the numbers are those of Thông tư 07/2016/TT-BCA. The units are those of Nghị quyết 202/2025/QH15 with the
//! codes of Quyết định 19/2025/QĐ-TTg, of which seven belong to another province than before, so that a number is always
//! read by the old table and never by the new one. Numbers and cards did not change with the mergers.

/// From when on the units below hold: 1 July 2025, as `YYYY-MM-DD`.
pub const UNITS_AS_OF: &str = "2025-07-01";

/// A province as it was when numbers were given by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Province {
    /// The first three digits of the numbers.
    pub code: &'static str,
    /// Its name then.
    pub name: &'static str,
    /// The code of the unit that holds its area today.
    pub unit_code: &'static str,
    /// That unit's name.
    pub unit: &'static str,
}

const fn province(code: &'static str, name: &'static str, unit_code: &'static str, unit: &'static str) -> Province {
    Province { code, name, unit_code, unit }
}

/// All of them, by their codes.
pub const PROVINCES: [Province; 63] = [
    province("001", "Hà Nội", "01", "Hà Nội"),
    province("002", "Hà Giang", "08", "Tuyên Quang"),
    province("004", "Cao Bằng", "04", "Cao Bằng"),
    province("006", "Bắc Kạn", "19", "Thái Nguyên"),
    province("008", "Tuyên Quang", "08", "Tuyên Quang"),
    province("010", "Lào Cai", "15", "Lào Cai"),
    province("011", "Điện Biên", "11", "Điện Biên"),
    province("012", "Lai Châu", "12", "Lai Châu"),
    province("014", "Sơn La", "14", "Sơn La"),
    province("015", "Yên Bái", "15", "Lào Cai"),
    province("017", "Hòa Bình", "25", "Phú Thọ"),
    province("019", "Thái Nguyên", "19", "Thái Nguyên"),
    province("020", "Lạng Sơn", "20", "Lạng Sơn"),
    province("022", "Quảng Ninh", "22", "Quảng Ninh"),
    province("024", "Bắc Giang", "24", "Bắc Ninh"),
    province("025", "Phú Thọ", "25", "Phú Thọ"),
    province("026", "Vĩnh Phúc", "25", "Phú Thọ"),
    province("027", "Bắc Ninh", "24", "Bắc Ninh"),
    province("030", "Hải Dương", "31", "Hải Phòng"),
    province("031", "Hải Phòng", "31", "Hải Phòng"),
    province("033", "Hưng Yên", "33", "Hưng Yên"),
    province("034", "Thái Bình", "33", "Hưng Yên"),
    province("035", "Hà Nam", "37", "Ninh Bình"),
    province("036", "Nam Định", "37", "Ninh Bình"),
    province("037", "Ninh Bình", "37", "Ninh Bình"),
    province("038", "Thanh Hóa", "38", "Thanh Hóa"),
    province("040", "Nghệ An", "40", "Nghệ An"),
    province("042", "Hà Tĩnh", "42", "Hà Tĩnh"),
    province("044", "Quảng Bình", "44", "Quảng Trị"),
    province("045", "Quảng Trị", "44", "Quảng Trị"),
    province("046", "Thừa Thiên Huế", "46", "Huế"),
    province("048", "Đà Nẵng", "48", "Đà Nẵng"),
    province("049", "Quảng Nam", "48", "Đà Nẵng"),
    province("051", "Quảng Ngãi", "51", "Quảng Ngãi"),
    province("052", "Bình Định", "52", "Gia Lai"),
    province("054", "Phú Yên", "66", "Đắk Lắk"),
    province("056", "Khánh Hòa", "56", "Khánh Hòa"),
    province("058", "Ninh Thuận", "56", "Khánh Hòa"),
    province("060", "Bình Thuận", "68", "Lâm Đồng"),
    province("062", "Kon Tum", "51", "Quảng Ngãi"),
    province("064", "Gia Lai", "52", "Gia Lai"),
    province("066", "Đắk Lắk", "66", "Đắk Lắk"),
    province("067", "Đắk Nông", "68", "Lâm Đồng"),
    province("068", "Lâm Đồng", "68", "Lâm Đồng"),
    province("070", "Bình Phước", "75", "Đồng Nai"),
    province("072", "Tây Ninh", "80", "Tây Ninh"),
    province("074", "Bình Dương", "79", "Hồ Chí Minh"),
    province("075", "Đồng Nai", "75", "Đồng Nai"),
    province("077", "Bà Rịa - Vũng Tàu", "79", "Hồ Chí Minh"),
    province("079", "Hồ Chí Minh", "79", "Hồ Chí Minh"),
    province("080", "Long An", "80", "Tây Ninh"),
    province("082", "Tiền Giang", "82", "Đồng Tháp"),
    province("083", "Bến Tre", "86", "Vĩnh Long"),
    province("084", "Trà Vinh", "86", "Vĩnh Long"),
    province("086", "Vĩnh Long", "86", "Vĩnh Long"),
    province("087", "Đồng Tháp", "82", "Đồng Tháp"),
    province("089", "An Giang", "91", "An Giang"),
    province("091", "Kiên Giang", "91", "An Giang"),
    province("092", "Cần Thơ", "92", "Cần Thơ"),
    province("093", "Hậu Giang", "92", "Cần Thơ"),
    province("094", "Sóc Trăng", "92", "Cần Thơ"),
    province("095", "Bạc Liêu", "96", "Cà Mau"),
    province("096", "Cà Mau", "96", "Cà Mau"),
];

/// The province of a number's first three digits.
pub(crate) fn find(code: &str) -> Option<&'static Province> {
    PROVINCES.iter().find(|province| province.code == code)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn sixty_three_provinces_in_thirty_four_units() {
        assert!(PROVINCES.windows(2).all(|pair| pair[0].code < pair[1].code));
        let units: BTreeSet<_> = PROVINCES.iter().map(|province| (province.unit_code, province.unit)).collect();
        assert_eq!(units.len(), 34);
        let codes: BTreeSet<_> = units.iter().map(|(code, _)| code).collect();
        assert_eq!(codes.len(), 34, "one name for each code");
        for (code, _) in &units {
            assert!(find(&format!("0{code}")).is_some(), "a number with today's code is well-formed too: {code}");
        }
    }

    #[test]
    fn seven_codes_of_today_belong_to_another_province_than_before() {
        let reused: Vec<_> = PROVINCES
            .iter()
            .filter(|province| PROVINCES.iter().any(|other| format!("0{}", other.unit_code) == province.code))
            .filter(|province| {
                let today = PROVINCES.iter().find(|other| format!("0{}", other.unit_code) == province.code);
                today.is_some_and(|today| today.unit != province.name) && province.name != "Thừa Thiên Huế"
            })
            .map(|province| (province.code, province.name))
            .collect();
        assert_eq!(
            reused,
            [
                ("015", "Yên Bái"),
                ("024", "Bắc Giang"),
                ("044", "Quảng Bình"),
                ("052", "Bình Định"),
                ("080", "Long An"),
                ("082", "Tiền Giang"),
                ("091", "Kiên Giang"),
            ]
        );
        assert_eq!(find("015").map(|province| province.unit), Some("Lào Cai"));
    }
}
