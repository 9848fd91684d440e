//! Who may write: claims of counts and of closes, what they commit, and what they left out.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::id::AgencyCode;
use jiff::Timestamp;
use jiff::civil::Date;

use super::{AGENCIES, Figures, HEAD};
use crate::Failure;
use crate::dynamo::{Item, down, number, stored, text, write};
use crate::edition::{Mark, Trouble, Writer};
use crate::port::Stored;

/// What a count records of itself before it changes a row.
#[derive(Debug, Clone)]
pub struct Claim<'a> {
    /// The run that it is made for.
    pub by: &'a str,
    /// The time at which it was counted.
    pub at: Timestamp,
    /// Days of which rows will be changed, with those that wait to be closed.
    pub days: &'a BTreeSet<Date>,
    /// Those of them that were published.
    pub corrects: &'a BTreeSet<Date>,
}

impl Figures {
    /// Claims the next number of `agency` for a count that read the state `seen`; `None` if the
    /// state has changed.
    pub async fn claim(
        &self,
        agency: &AgencyCode,
        seen: &Writer,
        claim: &Claim<'_>,
    ) -> Result<Option<Writer>, Failure> {
        let dates = |days: &BTreeSet<Date>| {
            AttributeValue::L(days.iter().map(|day| text(day.to_string())).collect())
        };
        let update = self
            .update((AGENCIES, agency.as_str()))
            .expression_attribute_values(":days", dates(claim.days))
            .expression_attribute_values(":corrects", dates(claim.corrects));
        claimed(update, ", days = :days, corrects = :corrects", seen, (claim.by, claim.at)).await
    }

    /// Commits what was written under the newest claim of `agency`, with the dossiers left out. If
    /// another claim was made in the meantime, nothing is committed.
    pub async fn commit(
        &self,
        agency: &AgencyCode,
        claim: u64,
        unreadable: &BTreeSet<String>,
    ) -> Result<Stored, Failure> {
        let left_out = AttributeValue::L(unreadable.iter().map(text).collect());
        let update = self
            .update((AGENCIES, agency.as_str()))
            .update_expression("SET committed = :claim, unreadable = :unreadable")
            .condition_expression("claimed = :claim")
            .expression_attribute_values(":claim", number(claim))
            .expression_attribute_values(":unreadable", left_out);
        kept(update).await
    }

    /// Records why an agency could not be counted; `None` clears the record.
    pub async fn trouble(
        &self,
        agency: &AgencyCode,
        trouble: Option<&Trouble>,
    ) -> Result<(), Failure> {
        let update = self.update((AGENCIES, agency.as_str()));
        let update = match trouble {
            Some(trouble) => update
                .update_expression("SET trouble = :trouble")
                .expression_attribute_values(":trouble", AttributeValue::M(write(trouble)?)),
            None => update.update_expression("REMOVE trouble"),
        };
        update.send().await.map_err(down)?;
        Ok(())
    }

    /// Records the dossiers that the last count of an agency left out.
    pub async fn left_out(
        &self,
        agency: &AgencyCode,
        unreadable: &BTreeSet<String>,
    ) -> Result<(), Failure> {
        let left_out = AttributeValue::L(unreadable.iter().map(text).collect());
        let update = self
            .update((AGENCIES, agency.as_str()))
            .update_expression("SET unreadable = :unreadable");
        update.expression_attribute_values(":unreadable", left_out).send().await.map_err(down)?;
        Ok(())
    }

    /// Claims the next edition for a close that read the state `seen`; `None` if the state has
    /// changed.
    pub async fn claim_edition(
        &self,
        seen: &Writer,
        by: &str,
        at: Timestamp,
    ) -> Result<Option<Writer>, Failure> {
        claimed(self.update(HEAD), "", seen, (by, at)).await
    }

    /// Publishes what was written under the newest claim, with `agencies` as far as they are taken,
    /// in one write. Another close may have claimed meanwhile: then nothing is published.
    pub async fn publish(
        &self,
        claim: u64,
        agencies: impl Iterator<Item = (&AgencyCode, &Mark)>,
    ) -> Result<Stored, Failure> {
        let marks = agencies
            .map(|(agency, mark)| Ok((agency.to_string(), AttributeValue::M(write(mark)?))));
        let marks = marks.collect::<Result<Item, Failure>>()?;
        let update = self
            .update(HEAD)
            .update_expression("SET committed = :claim, agencies = :agencies")
            .condition_expression("claimed = :claim")
            .expression_attribute_values(":claim", number(claim))
            .expression_attribute_values(":agencies", AttributeValue::M(marks));
        kept(update).await
    }
}

/// Claims the number after the one that was `seen`. An open claim that is taken over is void from
/// then on.
async fn claimed(
    update: UpdateItemFluentBuilder,
    besides: &str,
    seen: &Writer,
    (by, at): (&str, Timestamp),
) -> Result<Option<Writer>, Failure> {
    let mut next =
        Writer { claimed: seen.claimed + 1, by: by.to_owned(), at: Some(at), ..seen.clone() };
    let mut expression = format!("SET claimed = :next, #by = :by, #at = :at{besides}");
    let mut update = update
        .expression_attribute_names("#by", "by")
        .expression_attribute_names("#at", "at")
        .expression_attribute_values(":next", number(next.claimed))
        .expression_attribute_values(":by", text(by))
        .expression_attribute_values(":at", text(at.to_string()));
    if seen.is_open() {
        next.void.insert(seen.claimed);
        expression.push_str(" ADD #void :void");
        update = update.expression_attribute_names("#void", "void");
        update = update.expression_attribute_values(
            ":void",
            AttributeValue::Ns(vec![seen.claimed.to_string()]),
        );
    }
    let as_seen = |name: &str, value: u64| match value {
        0 => format!("attribute_not_exists({name})"),
        _ => format!("{name} = :{name}"),
    };
    for (name, value) in [("claimed", seen.claimed), ("committed", seen.committed)] {
        if value > 0 {
            update = update.expression_attribute_values(format!(":{name}"), number(value));
        }
    }
    let condition = format!(
        "{} AND {}",
        as_seen("claimed", seen.claimed),
        as_seen("committed", seen.committed)
    );
    match kept(update.update_expression(expression).condition_expression(condition)).await? {
        Stored::Yes => Ok(Some(next)),
        Stored::AnotherWasFirst => Ok(None),
    }
}

async fn kept(update: UpdateItemFluentBuilder) -> Result<Stored, Failure> {
    stored(update.send().await)
}
