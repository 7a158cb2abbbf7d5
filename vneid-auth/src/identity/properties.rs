//! What holds of every value: what is printed reads as itself, folding is done once, masks show little, nothing panics.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// Letters of Vietnamese names, in either form, with what is put between them and what looks like them.
fn names() -> impl Strategy<Value = String> {
    let letters: Vec<char> =
        "aăâbcdđeêghiklmnoôơpqrstuưvxyAĂÂĐEÊOÔƠUƯ áàảãạấầẩẫậắằẳẵặéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ\
                              \u{300}\u{301}\u{303}\u{309}\u{323}\u{302}\u{306}\u{31b}\u{a0}\u{2003}Ððɖ'’-–"
            .chars()
            .collect();
    vec(select(letters), 1..40).prop_map(String::from_iter)
}

fn days() -> impl Strategy<Value = BirthDate> {
    (1900_u16..2400, 1_u8..13, 1_u8..32)
        .prop_filter_map("no such day", |(year, month, day)| BirthDate::from_ymd(year, month, day).ok())
}

fn digits(text: &str) -> usize {
    text.chars().filter(char::is_ascii_digit).count()
}

/// 2,000 of each; a million, in some minutes, with `PROPTEST_CASES=1000000`.
fn many() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.max(2000), failure_persistence: None, ..usual }
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn what_is_printed_reads_as_itself(number in "[0-9]{12}", cmnd in "[0-9]{9}", born in days(), year in 1900_u16..2400) {
        let id: CitizenId = number.parse().unwrap();
        prop_assert_eq!(id.expose().parse::<CitizenId>(), Ok(id.clone()));
        let cmnd: Cmnd = cmnd.parse().unwrap();
        prop_assert_eq!(cmnd.expose().parse::<Cmnd>(), Ok(cmnd));
        for date in [born, BirthDate::from_year(year).unwrap()] {
            prop_assert_eq!(date.to_iso().parse(), Ok(date));
            prop_assert_eq!(BirthDate::from_wire(&date.to_iso().replace('-', "")), Ok(date));
        }
    }

    /// `ddMMyyyy` is never taken for `yyyyMMdd`, nor the other way, whatever the day: no year of these begins with a month.
    #[test]
    fn a_day_in_the_card_s_form_is_no_day_in_any_other(born in days()) {
        let BirthDate::Day { year, month, day } = born else { panic!("a day") };
        let card_s = format!("{day:02}{month:02}{year:04}");
        prop_assert!(BirthDate::from_wire(&card_s).is_err());
        let card = format!("001890000001||Giả Lập|{year:04}{month:02}{day:02}|Nam|X|15042021");
        prop_assert!(IdentityCard::from_qr(&card).is_err());
    }

    #[test]
    fn phones_read_as_themselves_in_every_form(prefix in select(vec!["32", "52", "55", "70", "81", "90", "99"]), rest in "[0-9]{7}") {
        let phone: PhoneNumber = format!("0{prefix}{rest}").parse().unwrap();
        for form in [format!("0{prefix}{rest}"), format!("+84{prefix}{rest}"), format!("84{prefix}{rest}")] {
            prop_assert_eq!(form.parse::<PhoneNumber>(), Ok(phone.clone()));
            prop_assert_eq!(PhoneNumber::from_old_record(&form), Ok(phone.clone()));
        }
        prop_assert!(digits(&phone.masked()) == 6);
    }

    #[test]
    fn a_name_reads_as_itself_and_matches_itself(text in prop_oneof![names(), "\\PC{1,40}"]) {
        let Ok(name) = text.parse::<PersonName>() else { return Ok(()) };
        prop_assert_eq!(name.expose().parse::<PersonName>(), Ok(name.clone()));
        prop_assert!(name.matches(&name));
    }

    #[test]
    fn folding_is_done_once(text in prop_oneof![names(), "\\PC{1,40}"]) {
        let Ok(name) = text.parse::<PersonName>() else { return Ok(()) };
        let folded = name.folded();
        prop_assert!(folded.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()));
        if let Ok(again) = folded.parse::<PersonName>() {
            prop_assert_eq!(again.folded(), folded);
            prop_assert!(again.folds_whole());
        }
    }

    /// Whoever matches is found under the same key.
    #[test]
    fn names_that_match_fold_to_the_same(one in names(), other in names(), same in any::<bool>()) {
        // Two drawn names hardly ever match, so half of them are one name in another dress.
        let other = if same { one.to_uppercase() } else { other };
        let (Ok(one), Ok(other)) = (one.parse::<PersonName>(), other.parse::<PersonName>()) else { return Ok(()) };
        prop_assert_eq!(one.matches(&other), other.matches(&one));
        prop_assert!(!same || one.matches(&other));
        prop_assert!(!one.matches(&other) || one.folded() == other.folded());
    }

    /// Nothing that prints shows more than four digits of a number.
    #[test]
    fn masks_show_four_digits_at_most(number in "[0-9]{12}", cmnd in "[0-9]{9}", name in names(), born in days()) {
        let id: CitizenId = number.parse().unwrap();
        let cmnd: Cmnd = cmnd.parse().unwrap();
        prop_assert_eq!((digits(&id.masked()), id.masked().chars().count()), (4, 12));
        prop_assert_eq!((digits(&cmnd.masked()), cmnd.masked().chars().count()), (3, 9));
        let card = format!("{number}|{}|{name}|{}|Nam|{number}|15042021", cmnd.expose(), born.to_iso());
        let card = IdentityCard::from_qr(&card).ok();
        let profile = Profile { citizen_id: Some(id.clone()), cmnd: Some(cmnd.clone()), ..Profile::default() };
        let shown = format!("{id:?} {cmnd:?} {card:?} {profile:?} {:?} {born:?}", id.hint());
        prop_assert!(digits(&shown.replace("Cccd2021", "").replace("Card2024", "")) == 0, "{}", shown);
        let error = format!("{number}0").parse::<CitizenId>().unwrap_err();
        let told = format!("{error:?} {error}");
        prop_assert!(!told.contains(&number));
    }

    #[test]
    fn a_card_reads_as_itself(
        number in "[0-9]{12}", cmnd in "([0-9]{9})?", name in names(), born in days(), issued in days(),
        sex in select(vec!["Nam", "Nữ"]), residence in "[^|\\pC]{0,40}", further in vec("[^|\\pC]{0,10}", 0..4),
    ) {
        let fields = [&number, &cmnd, &name, &written(born), sex, &residence, &written(issued)].join("|");
        let text = further.iter().fold(fields, |text, field| format!("{text}|{field}"));
        let Ok(card) = IdentityCard::from_qr(&text) else { return Ok(()) };
        prop_assert_eq!(IdentityCard::from_qr(card.to_qr().expose()), Ok(card));
    }

    #[test]
    fn nothing_that_is_read_panics(text in prop_oneof!["\\PC{0,60}", "[0-9/|-]{0,60}", "[0-9 .+|áĐ\u{301}-]{0,40}"]) {
        let _ = (text.parse::<CitizenId>(), text.parse::<Cmnd>(), text.parse::<PhoneNumber>());
        let _ = (BirthDate::from_wire(&text), text.parse::<BirthDate>(), PhoneNumber::from_old_record(&text));
        let _ = (text.parse::<PersonName>().map(|name| name.folded()), IdentityCard::from_qr(&text));
    }
}

fn written(date: BirthDate) -> String {
    match date {
        BirthDate::Day { year, month, day } => format!("{day:02}{month:02}{year:04}"),
        BirthDate::Year(year) => format!("{year:04}"),
    }
}
