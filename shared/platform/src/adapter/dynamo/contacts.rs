//! The contacts table: preferences of applicants, numbers that a channel does not reach, and counts
//! of messages. Its keys are keyed hashes ([`KeyedHash`]).

mod inquiries;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnValue};
use domain::applicant::{IdNumber, Phone};
use domain::calendar::date_of;
use domain::id::AgencyCode;
use domain::notice::policy::Reach;
use domain::notice::{Language, NoticeChannel};
use domain::thread::Charge;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Item, down, number, read, rows, text, unless_refused};
use crate::Failure;
use crate::keyed_hash::KeyedHash;
use crate::port::Contacts;

/// How long the count of a day or minute is kept: long enough to answer a complaint.
const COUNTS_KEPT: SignedDuration = SignedDuration::from_hours(3 * 24);
/// How long the count of a month is kept.
const MONTHS_KEPT: SignedDuration = SignedDuration::from_hours(400 * 24);

/// How often a place is asked for while other processes begin the next minute.
const MINUTES_TRIED_MAX: u32 = 4;

/// The places taken in the minute that the month's item is at, by agency. They stand beside the
/// month's sum, since both are counted before each call: one write does it.
const PLACES: &str = "places";

/// Reads and writes the contacts table.
#[derive(Clone)]
pub struct ContactBook {
    client: Client,
    table: String,
    hash: KeyedHash,
    /// The minute in which this process took a place last, in minutes since 1970.
    minute: Arc<AtomicI64>,
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

impl PhoneItem {
    /// The longer memory of both, channel by channel.
    fn and(self, other: Self) -> Self {
        Self {
            zalo_unreachable_until: self.zalo_unreachable_until.max(other.zalo_unreachable_until),
            sms_unreachable_until: self.sms_unreachable_until.max(other.sms_unreachable_until),
        }
    }
}

impl ContactBook {
    /// Over `table`, whose people are hashed by `hash`.
    pub fn new(client: Client, table: String, hash: KeyedHash) -> Self {
        Self { client, table, hash, minute: Arc::default() }
    }

    /// What the applicant with this identity number prefers.
    pub async fn preference(&self, id: &IdNumber) -> Result<NoticePreference, Failure> {
        // The newest is under each key: the first that is found is the one.
        for hash in self.hash.each() {
            if let Some(item) = self.get(id_key(&hash, id)).await? {
                return preferred(item);
            }
        }
        Ok(NoticePreference::default())
    }

    /// Keeps what the applicant prefers from now on: under each key, since another process may look
    /// under another one first while keys are changed.
    pub async fn prefer(
        &self,
        id: &IdNumber,
        preference: &NoticePreference,
    ) -> Result<(), Failure> {
        for hash in self.hash.each() {
            let mut item = super::write(preference)?;
            item.insert("contact".to_owned(), text(id_key(&hash, id)));
            super::put(&self.client, &self.table, item).await?;
        }
        Ok(())
    }

    /// What there is under these keys, each under its own, in one call.
    async fn known(&self, keys: Vec<String>) -> Result<HashMap<String, Item>, Failure> {
        let keys = keys.into_iter().map(|key| Item::from([("contact".to_owned(), text(key))]));
        let asked = KeysAndAttributes::builder().set_keys(Some(keys.collect()));
        let items = rows::together(&self.client, &self.table, asked).await?;
        let named = |item: Item| Some((item.get("contact")?.as_s().ok()?.clone(), item));
        Ok(items.into_iter().filter_map(named).collect())
    }

    async fn get(&self, key: String) -> Result<Option<Item>, Failure> {
        let found =
            self.client.get_item().table_name(&self.table).key("contact", text(key)).send().await;
        Ok(found.map_err(down)?.item)
    }

    async fn counted(&self, key: String) -> Result<u64, Failure> {
        Ok(self.get(key).await?.as_ref().map_or(0, count_in))
    }

    async fn add(&self, key: String, amount: u64, expires: Timestamp) -> Result<(), Failure> {
        self.add_number(key, number(amount), expires).await
    }

    async fn add_number(
        &self,
        key: String,
        amount: AttributeValue,
        expires: Timestamp,
    ) -> Result<(), Failure> {
        self.client
            .update_item()
            .table_name(&self.table)
            .key("contact", text(key))
            .update_expression("ADD #count :amount SET expiresAt = :expires")
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":amount", amount)
            .expression_attribute_values(":expires", number(expires.as_second()))
            .send()
            .await
            .map_err(down)?;
        Ok(())
    }

    /// Begins `minute` in the month's item, with this place as the first; none if it, or a later
    /// one, has begun.
    async fn first_place_of(
        &self,
        agency: &AgencyCode,
        minute: i64,
        vnd: u64,
        now: Timestamp,
    ) -> Result<Option<u32>, Failure> {
        let places = HashMap::from([(agency.to_string(), number(1))]);
        let outcome = self
            .reservation(minute, vnd, now)
            .update_expression(
                "SET #minute = :minute, #places = :places, expiresAt = :expires ADD #count :vnd",
            )
            .condition_expression("attribute_not_exists(#minute) OR #minute < :minute")
            .expression_attribute_values(":places", AttributeValue::M(places))
            .send()
            .await;
        Ok(unless_refused(outcome)?.map(|_| 1))
    }

    /// The next place of `agency` in the minute that the month's item is at; none if that is over.
    async fn place_in(
        &self,
        agency: &AgencyCode,
        minute: i64,
        vnd: u64,
        now: Timestamp,
    ) -> Result<Option<u32>, Failure> {
        let outcome = self
            .reservation(minute, vnd, now)
            .update_expression(
                "SET #places.#agency = if_not_exists(#places.#agency, :none) + :one, \
                 expiresAt = :expires ADD #count :vnd",
            )
            // A clock that is behind counts in the minute of the others.
            .condition_expression("#minute >= :minute")
            .expression_attribute_names("#agency", agency.as_str())
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await;
        let Some(updated) = unless_refused(outcome)? else {
            return Ok(None);
        };
        let place = updated.attributes.as_ref().and_then(|item| {
            item.get(PLACES)?.as_m().ok()?.get(agency.as_str())?.as_n().ok()?.parse().ok()
        });
        place.map(Some).ok_or_else(|| Failure::Defect("a place was taken and not told".to_owned()))
    }

    async fn remember(
        &self,
        key: String,
        channel: NoticeChannel,
        until: Timestamp,
    ) -> Result<(), Failure> {
        let remember = || {
            self.client
                .update_item()
                .table_name(&self.table)
                .key("contact", text(&key))
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

    /// An update of the month's item that counts `vnd`.
    fn reservation(&self, minute: i64, vnd: u64, now: Timestamp) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .key("contact", text(month_key(now)))
            .expression_attribute_names("#count", "count")
            .expression_attribute_names("#minute", "minute")
            .expression_attribute_names("#places", PLACES)
            .expression_attribute_values(":minute", number(minute))
            .expression_attribute_values(":vnd", number(vnd))
            .expression_attribute_values(":expires", number(after(now, MONTHS_KEPT).as_second()))
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

/// The preference that an item is.
fn preferred(mut item: Item) -> Result<NoticePreference, Failure> {
    item.remove("contact");
    read(item)
}

fn id_key(hash: &KeyedHash, id: &IdNumber) -> String {
    hash.of("id", &id.stored())
}

fn phone_key(hash: &KeyedHash, phone: &Phone) -> String {
    hash.of("phone", phone.zalo())
}

fn day_key(hash: &KeyedHash, phone: &Phone, day: Date) -> String {
    format!("{}#{day}", hash.of("day", phone.zalo()))
}

fn month_key(now: Timestamp) -> String {
    format!("month#{}", date_of(now).strftime("%Y-%m"))
}

/// What an agency has of the divided budget: an item of its own, since that of the month is written
/// for each message.
fn share_key(agency: &AgencyCode, now: Timestamp) -> String {
    format!("{}#{agency}", month_key(now))
}

impl Contacts for ContactBook {
    async fn reach(
        &self,
        phone: &Phone,
        id_number: Option<&IdNumber>,
        now: Timestamp,
    ) -> Result<Reach, Failure> {
        let (month, day) = (month_key(now), date_of(now));
        let mut keys = vec![month.clone()];
        for hash in self.hash.each() {
            keys.extend(id_number.map(|id_number| id_key(&hash, id_number)));
            keys.extend([phone_key(&hash, phone), day_key(&hash, phone, day)]);
        }
        let mut found = self.known(keys).await?;
        let spent_vnd = found.get(&month).map_or(0, count_in);
        // What was written by another key counts too; of preferences, the newest is under each.
        let (mut preference, mut known, mut sent_today) = (None, PhoneItem::default(), 0_u64);
        for hash in self.hash.each() {
            let own = id_number.and_then(|id_number| found.remove(&id_key(&hash, id_number)));
            preference = preference.or(own);
            if let Some(item) = found.remove(&phone_key(&hash, phone)) {
                known = known.and(read(item)?);
            }
            let sent = found.get(&day_key(&hash, phone, day)).map_or(0, count_in);
            sent_today = sent_today.saturating_add(sent);
        }
        let preference = preference.map(preferred).transpose()?.unwrap_or_default();
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
            // Read where the budget is divided.
            agency_spent_vnd: 0,
        })
    }

    async fn remember_unreachable(
        &self,
        phone: &Phone,
        channel: NoticeChannel,
        until: Timestamp,
    ) -> Result<(), Failure> {
        for hash in self.hash.each() {
            self.remember(phone_key(&hash, phone), channel, until).await?;
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
            let day = day_key(&self.hash, phone, date_of(now));
            self.add(day, u64::from(charge.services), after(now, COUNTS_KEPT)).await?;
        }
        Ok(())
    }

    async fn reserve(
        &self,
        agency: Option<&AgencyCode>,
        price_vnd: u64,
        now: Timestamp,
    ) -> Result<Option<u32>, Failure> {
        let Some(agency) = agency else {
            self.add(month_key(now), price_vnd, after(now, MONTHS_KEPT)).await?;
            return Ok(None);
        };
        let minute = now.as_second() / 60;
        // Most often what this process saw last still holds; another may have begun a minute since.
        let mut began = self.minute.load(Ordering::Relaxed) >= minute;
        for _ in 0..MINUTES_TRIED_MAX {
            let place = if began {
                self.place_in(agency, minute, price_vnd, now).await?
            } else {
                self.first_place_of(agency, minute, price_vnd, now).await?
            };
            if place.is_some() {
                self.minute.store(minute, Ordering::Relaxed);
                return Ok(place);
            }
            began = !began;
        }
        Err(Failure::Held("the month's count"))
    }

    async fn agency_spent(&self, agency: &AgencyCode, now: Timestamp) -> Result<u64, Failure> {
        self.counted(share_key(agency, now)).await
    }

    async fn count_agency(
        &self,
        agency: &AgencyCode,
        vnd: u64,
        now: Timestamp,
    ) -> Result<(), Failure> {
        self.add(share_key(agency, now), vnd, after(now, MONTHS_KEPT)).await
    }

    async fn give_back(&self, vnd: u64, now: Timestamp) -> Result<(), Failure> {
        let back = AttributeValue::N(format!("-{vnd}"));
        self.add_number(month_key(now), back, after(now, MONTHS_KEPT)).await?;
        Ok(())
    }
}
