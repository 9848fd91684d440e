//! Applicants: citizens appear once, businesses come back.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::plan::Kind;
use super::tables::{
    AUCTION_FIRMS, EXPORT_FIRMS, LAW_FIRMS, MEN, MOBILE_PREFIXES, SURNAMES, TRADE_FIRMS, WOMEN,
};
use super::twister::Random;

/// Of a business's number, the weights of its check digit.
const WEIGHTS: [u32; 9] = [31, 29, 23, 19, 17, 13, 7, 5, 3];

/// Who hands in, as the contract has it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Applicant {
    pub(super) kind: &'static str,
    full_name: String,
    id_number: String,
    phone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

/// How the number is typed.
enum Typed {
    National,
    International,
    Spaced,
    DialledAbroad,
    /// The form of before 2018.
    Before2018,
}

/// The n-th applicant, counted from one, types the number in this way.
fn typed(made: usize) -> Typed {
    match made {
        11 => Typed::International,
        37 => Typed::Spaced,
        83 => Typed::DialledAbroad,
        131 => Typed::Before2018,
        _ => Typed::National,
    }
}

/// An applicant and how they are reached.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Reachable {
    pub(super) applicant: Applicant,
    /// The phone after normalisation.
    msisdn: String,
    /// Whether they have a Zalo account.
    pub(super) zalo: bool,
}

/// Everybody who has been made.
#[derive(Debug, Default)]
pub(super) struct People {
    made: usize,
    phones: BTreeSet<String>,
    firms: BTreeMap<&'static str, Reachable>,
}

impl People {
    pub(super) fn applicant(&mut self, random: &mut Random, kind: Kind) -> Reachable {
        let firms: &[&'static str] = match kind {
            Kind::Citizen => return self.citizen(random),
            Kind::Export => &EXPORT_FIRMS,
            Kind::Trade => &TRADE_FIRMS,
            Kind::Law => &LAW_FIRMS,
            Kind::Auction => &AUCTION_FIRMS,
        };
        let name = random.one_of(firms);
        if let Some(known) = self.firms.get(name) {
            return known.clone();
        }
        let business = self.business(random, name);
        self.firms.insert(name, business.clone());
        business
    }

    fn citizen(&mut self, random: &mut Random) -> Reachable {
        let is_woman = random.is_within(50);
        let year = 1956 + random.below(51);
        let sex_and_century = u32::from(is_woman) + if year >= 2000 { 2 } else { 0 };
        let surname = random.one_of(&SURNAMES);
        let given = random.one_of(if is_woman { &WOMEN } else { &MEN });
        let province = random.one_of(&["087", "082"]);
        let (born, number) = (year % 100, random.below(100_000));
        let id_number = format!("{province}{sex_and_century}{born:02}9{number:05}");
        let is_mailed = random.is_within(30);
        self.reachable(random, "citizen", format!("{surname} {given}"), id_number, is_mailed)
    }

    fn business(&mut self, random: &mut Random, name: &str) -> Reachable {
        let id_number = loop {
            let digits =
                format!("{}{:05}", random.one_of(&["1409", "1209"]), random.below(100_000));
            let values = digits.chars().filter_map(|digit| digit.to_digit(10));
            let sum: u32 = values.zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
            let check = 10 - sum % 11;
            if check < 10 {
                break format!("{digits}{check}");
            }
        };
        self.reachable(random, "business", name.to_owned(), id_number, true)
    }

    fn reachable(
        &mut self,
        random: &mut Random,
        kind: &'static str,
        full_name: String,
        id_number: String,
        is_mailed: bool,
    ) -> Reachable {
        self.made += 1;
        let form = typed(self.made);
        let number = loop {
            let prefix = match form {
                Typed::Before2018 => "038",
                Typed::National | Typed::International | Typed::Spaced | Typed::DialledAbroad => {
                    random.one_of(&MOBILE_PREFIXES)
                }
            };
            let number = format!("{prefix}{:07}", random.below(10_000_000));
            if self.phones.insert(number.clone()) {
                break number;
            }
        };
        let (first, national) = (&number[..4], &number[1..]);
        let (middle, last) = (&number[4..7], &number[7..]);
        let phone = match form {
            Typed::National => number.clone(),
            Typed::International => {
                format!("+84 {} {} {}", &number[1..3], &number[3..6], &number[6..])
            }
            Typed::Spaced => format!("{first} {middle} {last}"),
            Typed::DialledAbroad => format!("0084{national}"),
            Typed::Before2018 => format!("0168.{}.{}", &number[3..6], &number[6..]),
        };
        let email = is_mailed.then(|| format!("nguoi-nop-{:03}@example.com", self.made));
        let applicant = Applicant { kind, full_name, id_number, phone, email };
        let msisdn = format!("84{national}");
        Reachable { applicant, msisdn, zalo: !random.is_within(17) }
    }
}
