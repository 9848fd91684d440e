//! Figures of a day, whatever happened to the dossiers.

use super::*;

proptest! {
    #![proptest_config(cases(60))]

    // What lies there at the end of a day is what lay there at the end of the day before, plus what
    // came, less what went:
    //
    //   stock(d) = stock(d-1) + received(d) + reopened(d) - resolved(d) - refused(d) - withdrawn(d)
    //
    // with stock = in process + supplement + paused, and of the refused and withdrawn only those
    // received before: what is refused or taken back unreceived is counted as a flow but was never
    // in stock. Reopened is what was settled at the end of the day before and sent back on this
    // one, whatever became of it by the evening; what is finished and sent back within one day was
    // never seen as settled and is no flow at all.
    #[test]
    fn each_evening_s_stock_is_the_evening_before_plus_what_came_less_what_went(dossiers in dossiers()) {
        let mut stock = 0;
        for today in days_of(&dossiers) {
            let row = total(&dossiers, today);
            let figure = |name: &str| row.get(name).copied().unwrap_or_default();
            let received = figure("receivedOnline") + figure("receivedCounter") + figure("receivedPostal");
            let unreceived = |status| count(&dossiers, |history| closed_unreceived(history, status, today));
            let came = received + count(&dossiers, |history| reopened(history, today));
            let went = figure("resolved") + figure("refused") - unreceived(DossierStatus::Refused)
                + figure("withdrawn") - unreceived(DossierStatus::Withdrawn);
            let evening = figure("inProcess") + figure("supplement") + figure("paused");
            prop_assert_eq!(evening + went, stock + came, "{}", today);
            stock = evening;
        }
    }

    #[test]
    fn the_figures_of_a_day_agree_with_each_other(dossiers in dossiers()) {
        for today in days_of(&dossiers) {
            for row in tally(&dossiers, today, DueBasis::Original).values() {
                prop_assert_eq!(row.early + row.on_time + row.late, row.resolved);
                prop_assert!(row.overdue <= row.in_process);
            }
        }
    }

    #[test]
    fn the_dossiers_that_are_listed_as_behind_are_those_that_the_figures_count(dossiers in dossiers()) {
        for today in days_of(&dossiers) {
            for basis in [DueBasis::Original, DueBasis::Extended] {
                let rows = tally(&dossiers, today, basis);
                let row = rows.get(&KpiCell::Province).copied().unwrap_or_default();
                let listed = dossiers.iter().filter_map(|dossier| behind(dossier, today, today, |_| basis));
                let (settled, open): (Vec<_>, Vec<_>) = listed.partition(|behind| behind.settled.is_some());
                prop_assert_eq!((settled.len() as u64, open.len() as u64), (row.late, row.overdue));
            }
        }
    }

    #[test]
    fn every_dossier_is_received_once_and_by_its_own_channel(dossiers in dossiers()) {
        let mut sums = [0; 3];
        for today in days_of(&dossiers) {
            let row = total(&dossiers, today);
            for (sum, name) in sums.iter_mut().zip(["receivedOnline", "receivedCounter", "receivedPostal"]) {
                *sum += row.get(name).copied().unwrap_or_default();
            }
        }
        let by = |channel| {
            let received = |dossier: &&DossierFacts| {
                dossier.channel == channel && dossier.history.iter().any(|entry| entry.action == Action::Receive)
            };
            dossiers.iter().filter(received).count() as u64
        };
        prop_assert_eq!(sums, [by(Channel::Online), by(Channel::Counter), by(Channel::Postal)]);
    }

    #[test]
    fn the_order_of_dossiers_and_what_happens_later_do_not_change_a_day(dossiers in dossiers(), turn in any::<Index>()) {
        for today in days_of(&dossiers) {
            let mut others = dossiers.clone();
            others.rotate_left(turn.index(dossiers.len()));
            for dossier in &mut others {
                dossier.history.retain(|entry| entry.at <= end_of(today));
            }
            others.retain(|dossier| !dossier.history.is_empty());
            for basis in [DueBasis::Original, DueBasis::Extended] {
                prop_assert_eq!(tally(&others, today, basis), tally(&dossiers, today, basis));
            }
        }
    }
}

fn count(dossiers: &[DossierFacts], wanted: impl Fn(&[HistoryEntry]) -> bool) -> u64 {
    dossiers.iter().filter(|dossier| wanted(&dossier.history)).count() as u64
}

/// Whether it came to `status`, which is an end, on `today` without having been received.
fn closed_unreceived(history: &[HistoryEntry], status: DossierStatus, today: Date) -> bool {
    let end = history.last().unwrap();
    end.status == status
        && date_of(end.at) == today
        && !history.iter().any(|entry| entry.action == Action::Receive)
}

/// Whether it was settled at the end of the day before `today` and sent back on it.
fn reopened(history: &[HistoryEntry], today: Date) -> bool {
    let settled = history.iter().rfind(|entry| date_of(entry.at) < today).map(|entry| entry.status)
        == Some(DossierStatus::Finished);
    settled
        && history
            .iter()
            .any(|entry| date_of(entry.at) == today && entry.action == Action::SendBack)
}
