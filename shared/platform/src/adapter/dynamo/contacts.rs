//! The contacts table: preferences of applicants, numbers that a channel does not reach, and counts
//! of messages. Its keys are keyed hashes ([`KeyedHash`]).

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::applicant::{IdNumber, Phone};
use domain::calendar::date_of;
use domain::id::AgencyCode;
use domain::notice::policy::Reach;
use domain::notice::{Language, NoticeChannel};
use domain::thread::Charge;
use futures::try_join;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Item, down, number, read, text, unless_refused};
use crate::Failure;
use crate::keyed_hash::KeyedHash;
use crate::port::Contacts;

/// How long the count of a day or minute is kept: long enough to answer a complaint.
const COUNTS_KEPT: SignedDuration = SignedDuration::from_hours(3 * 24);
/// How long the count of a month is kept.
const MONTHS_KEPT: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Reads and writes the contacts table.
#[derive(Clone)]
pub struct ContactBook {
    client: Client,
    table: String,
    hash: KeyedHash,
}

/// The preference of an applicant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NoticePreference {
    /// By what, in this order; none: as the province does.
    #[serde(default)]
    pub channels: Vec<NoticeChannel>,
    /// The language that is preferred.
    #[serde(default)]
    pub language: Language,
    /// Nothing but what the law wants.
    #[serde(default)]
    pub legal_only: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PhoneItem {
    #[serde(default)]
    zalo_unreachable_until: Option<Timestamp>,
    #[serde(default)]
    sms_unreachable_until: Option<Timestamp>,
}

impl ContactBook {
    /// Over `table`, with the key for hashing people.
    pub fn new(client: Client, table: String, secret: String) -> Self {
        Self { client, table, hash: KeyedHash::new(secret) }
    }

    fn phone_key(&self, phone: &Phone) -> String {
        self.hash.of("phone", phone.zalo())
    }

    fn day_key(&self, phone: &Phone, day: Date) -> String {
        format!("{}#{day}", self.hash.of("day", phone.zalo()))
    }

    /// What the applicant with this identity number prefers.
    pub async fn preference(&self, id: &IdNumber) -> Result<NoticePreference, Failure> {
        let item = self.get(self.hash.of("id", &id.stored())).await?;
        let Some(mut item) = item else {
            return Ok(NoticePreference::default());
        };
        item.remove("contact");
        read(item)
    }

    /// Keeps what the applicant prefers from now on.
    pub async fn prefer(
        &self,
        id: &IdNumber,
        preference: &NoticePreference,
    ) -> Result<(), Failure> {
        let mut item = super::write(preference)?;
        item.insert("contact".to_owned(), text(self.hash.of("id", &id.stored())));
        super::put(&self.client, &self.table, item).await
    }

    async fn get(&self, key: String) -> Result<Option<Item>, Failure> {
        let found =
            self.client.get_item().table_name(&self.table).key("contact", text(key)).send().await;
        Ok(found.map_err(down)?.item)
    }

    async fn counted(&self, key: String) -> Result<u64, Failure> {
        Ok(self.get(key).await?.as_ref().map_or(0, count_in))
    }

    async fn add(&self, key: String, amount: u64, expires: Timestamp) -> Result<u64, Failure> {
        let outcome = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("contact", text(key))
            .update_expression("ADD #count :amount SET expiresAt = :expires")
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":amount", number(amount))
            .expression_attribute_values(":expires", number(expires.as_second()))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await
            .map_err(down)?;
        Ok(outcome.attributes.as_ref().map_or(0, count_in))
    }
}

/// The count of an item. The table adds numbers of 38 digits: what is more than ours hold is the
/// largest that one does, so that a sum that went wrong stops what it limits and not every reading
/// of it.
fn count_in(item: &Item) -> u64 {
    match item.get("count") {
        Some(AttributeValue::N(digits)) if digits.starts_with('-') => 0,
        Some(AttributeValue::N(digits)) => digits.parse().unwrap_or(u64::MAX),
        _ => 0,
    }
}

fn after(now: Timestamp, length: SignedDuration) -> Timestamp {
    now.saturating_add(length).unwrap_or(now)
}

fn month_key(now: Timestamp) -> String {
    format!("month#{}", date_of(now).strftime("%Y-%m"))
}

impl Contacts for ContactBook {
    async fn reach(
        &self,
        phone: &Phone,
        id_number: Option<&IdNumber>,
        now: Timestamp,
    ) -> Result<Reach, Failure> {
        let preference = async {
            match id_number {
                Some(id_number) => self.preference(id_number).await,
                None => Ok(NoticePreference::default()),
            }
        };
        let (preference, known, sent_today, spent_vnd) = try_join!(
            preference,
            self.get(self.phone_key(phone)),
            self.counted(self.day_key(phone, date_of(now))),
            self.counted(month_key(now)),
        )?;
        let known = known.map(read::<PhoneItem>).transpose()?.unwrap_or_default();
        let unreachable = [
            (NoticeChannel::Zalo, known.zalo_unreachable_until),
            (NoticeChannel::Sms, known.sms_unreachable_until),
        ];
        Ok(Reach {
            preferred: preference.channels,
            language: preference.language,
            legal_only: preference.legal_only,
            unreachable: unreachable
                .into_iter()
                .filter_map(|(channel, until)| Some((channel, until?)))
                .collect(),
            sent_today: u32::try_from(sent_today).unwrap_or(u32::MAX),
            spent_vnd,
        })
    }

    async fn remember_unreachable(
        &self,
        phone: &Phone,
        channel: NoticeChannel,
        until: Timestamp,
    ) -> Result<(), Failure> {
        let remember = || {
            self.client
                .update_item()
                .table_name(&self.table)
                .key("contact", text(self.phone_key(phone)))
                .expression_attribute_names("#until", format!("{}UnreachableUntil", channel.name()))
                .expression_attribute_values(":until", text(until.to_string()))
        };
        // The item is forgotten when the longer of both channels' memories ends.
        let longer = remember()
            .update_expression("SET #until = :until, expiresAt = :expires")
            .condition_expression("attribute_not_exists(expiresAt) OR expiresAt < :expires")
            .expression_attribute_values(
                ":expires",
                AttributeValue::N(until.as_second().to_string()),
            )
            .send()
            .await;
        if unless_refused(longer)?.is_none() {
            remember().update_expression("SET #until = :until").send().await.map_err(down)?;
        }
        Ok(())
    }

    async fn count(
        &self,
        phone: Option<&Phone>,
        charge: Charge,
        now: Timestamp,
    ) -> Result<(), Failure> {
        if charge.vnd > 0 {
            self.add(month_key(now), charge.vnd, after(now, MONTHS_KEPT)).await?;
        }
        if let Some(phone) = phone
            && charge.services > 0
        {
            let day = self.day_key(phone, date_of(now));
            self.add(day, u64::from(charge.services), after(now, COUNTS_KEPT)).await?;
        }
        Ok(())
    }

    async fn place(&self, agency: &AgencyCode, now: Timestamp) -> Result<u32, Failure> {
        let key = format!("minute#{agency}#{}", now.as_second() / 60);
        Ok(u32::try_from(self.add(key, 1, after(now, COUNTS_KEPT)).await?).unwrap_or(u32::MAX))
    }
}
