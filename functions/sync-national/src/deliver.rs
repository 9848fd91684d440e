//! The calls of one round: look up where it is not known, the dossiers themselves, then their steps
//! in order.

use domain::delivery::{Delivery, System};
use domain::dossier::{Dossier, HistoryEntry};
use jiff::{SignedDuration, Timestamp};
use platform::port::{Case, CaseSystems, Found, Trouble};

use crate::Desk;

/// How a line's round ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// The system has all that was owed.
    Has,
    /// It refused the dossier or one of its steps, after it took those up to `taken`.
    Refused { taken: u64, code: String },
    /// It did not answer, after it took the steps up to `taken`.
    Away { taken: u64, code: String },
    /// It had acknowledged the dossier and does not have it.
    NotThere,
}

/// How a round ended.
pub(crate) struct Delivered {
    /// The end of each line, in the order of the lines.
    pub(crate) ends: Vec<End>,
    /// Why it ended early; none where the system answered everything.
    pub(crate) away: Option<Away>,
}

/// Why a round ends early.
pub(crate) enum Away {
    /// What came instead of an answer, and how long the system asks to be left alone.
    Silent { code: String, asked: Option<SignedDuration> },
    /// It wants nothing any more.
    Gone { code: String },
    /// It answers, and takes longer than one round may.
    Slow,
}

impl Away {
    /// What is written down of it.
    fn code(&self) -> &str {
        match self {
            Self::Silent { code, .. } | Self::Gone { code } => code,
            Self::Slow => "slow",
        }
    }
}

/// How often a line has to fail before the system's silence may be about it.
const TRIES_MIN: u32 = 2;

/// A line on its way.
pub(crate) struct Way<'a> {
    case: Case<'a>,
    steps: Vec<&'a HistoryEntry>,
    looked_up: bool,
    asked_first: bool,
    alone: bool,
    known: bool,
    had_any: bool,
    put: bool,
    taken: u64,
    steps_taken: usize,
    tries: u32,
    end: Option<End>,
}

impl<'a> Way<'a> {
    pub(crate) fn new(case: Case<'a>, line: &Delivery, system: &System) -> Self {
        let had_any = line.acknowledged() > 0;
        Self {
            case,
            steps: Self::steps(case.dossier, line, system).collect(),
            looked_up: Self::is_looked_up(line, system),
            asked_first: system.protocol.is_asked_first(),
            alone: line.goes_alone(),
            known: had_any,
            had_any,
            put: false,
            taken: line.acknowledged(),
            steps_taken: 0,
            tries: line.tries(),
            end: None,
        }
    }

    /// Whether nobody knows if the system has the dossier: it never said so, or refused it since; or
    /// what is owed now is another thing than what it had.
    pub(crate) fn is_looked_up(line: &Delivery, system: &System) -> bool {
        line.acknowledged() == 0 || line.goes_alone() || system.protocol.is_asked_first()
    }

    /// The entries that are owed, oldest first.
    pub(crate) fn steps<'d>(
        dossier: &'d Dossier,
        line: &Delivery,
        system: &System,
    ) -> impl Iterator<Item = &'d HistoryEntry> {
        let owed = line.acknowledged() + 1..=line.owed();
        let owed = move |entry: &&HistoryEntry| owed.contains(&entry.version);
        dossier.history.iter().filter(owed).filter(|entry| system.takes(entry.action))
    }

    fn refuse(&mut self, code: &str) {
        let taken = self.taken;
        self.end.get_or_insert(End::Refused { taken, code: code.to_owned() });
    }

    fn receive(&mut self, receipt: &Result<(), String>, entry: &HistoryEntry) {
        match receipt {
            // What follows a step that was refused comes again behind it.
            Ok(()) if self.end.is_none() => {
                self.taken = entry.version;
                self.steps_taken += 1;
            }
            Ok(()) => {}
            Err(code) => self.refuse(code),
        }
    }
}

impl<D, L, S: CaseSystems> Desk<'_, D, L, S> {
    /// Makes the calls of one round, until the system does not answer.
    pub(crate) async fn deliver(
        &self,
        system: &System,
        ways: &mut [Way<'_>],
        clock: &(impl Fn() -> Timestamp + Sync),
    ) -> Delivered {
        let outcome = async {
            self.look_up(system, ways).await?;
            for known in [false, true] {
                self.put(system, known, ways).await?;
            }
            self.progress(system, ways, clock).await
        };
        let away = outcome.await.err();
        let ends = ways.iter_mut().map(|way| match (way.end.take(), &away) {
            (Some(end), _) => end,
            (None, _) if way.put && way.steps_taken == way.steps.len() => End::Has,
            (None, Some(away)) => End::Away { taken: way.taken, code: away.code().to_owned() },
            // Every call was answered, and every answer has its receipts.
            (None, None) => End::Refused { taken: way.taken, code: "no-receipt".to_owned() },
        });
        Delivered { ends: ends.collect(), away }
    }

    async fn look_up(&self, system: &System, ways: &mut [Way<'_>]) -> Result<(), Away> {
        for way in ways.iter_mut().filter(|way| way.looked_up) {
            match self.systems.look_up(system, way.case).await {
                Ok(Found::Absent) if way.had_any && !way.asked_first => {
                    way.end = Some(End::NotThere)
                }
                Ok(Found::Absent) => way.known = false,
                Ok(Found::Present(_)) => way.known = true,
                Ok(Found::NotAsked) => {}
                Err(trouble) => way.refuse(&refusal(trouble)?),
            }
        }
        Ok(())
    }

    async fn put(&self, system: &System, known: bool, ways: &mut [Way<'_>]) -> Result<(), Away> {
        let goes = |way: &&mut Way<'_>| way.end.is_none() && way.known == known;
        let mut ways: Vec<_> = ways.iter_mut().filter(goes).collect();
        // Who was refused before holds nobody up.
        ways.sort_by_key(|way| way.alone);
        let together = ways.iter().take_while(|way| !way.alone).count();
        let (together, alone) = ways.split_at_mut(together);
        let items = usize::try_from(system.items_per_request).unwrap_or(usize::MAX).max(1);
        for part in together.chunks_mut(items).chain(alone.chunks_mut(1)) {
            let cases: Vec<Case<'_>> = part.iter().map(|way| way.case).collect();
            match self.systems.put(system, known, &cases).await {
                Ok(receipts) => {
                    part.iter_mut().zip(receipts).for_each(|(way, receipt)| match receipt {
                        Ok(()) => way.put = true,
                        Err(code) => way.refuse(&code),
                    })
                }
                Err(trouble) => {
                    let code = refusal(trouble)?;
                    part.iter_mut().for_each(|way| way.refuse(&code));
                }
            }
        }
        Ok(())
    }

    async fn progress(
        &self,
        system: &System,
        ways: &mut [Way<'_>],
        clock: &(impl Fn() -> Timestamp + Sync),
    ) -> Result<(), Away> {
        let steps: Vec<(usize, &HistoryEntry)> = ways
            .iter()
            .enumerate()
            .filter(|(_, way)| way.put)
            .flat_map(|(place, way)| way.steps.iter().map(move |entry| (place, *entry)))
            .collect();
        let items = usize::try_from(system.items_per_request).unwrap_or(usize::MAX).max(1);
        let is_subscription = system.protocol.is_subscription();
        let begun = clock();
        for (place, part) in steps.chunks(items).enumerate() {
            if is_subscription && place > 0 && begun.duration_until(clock()) >= self.patience {
                return Err(Away::Slow);
            }
            let part: Vec<&(usize, &HistoryEntry)> =
                part.iter().filter(|(place, _)| ways[*place].end.is_none()).collect();
            if part.is_empty() {
                continue;
            }
            let sent: Vec<(Case<'_>, &HistoryEntry)> =
                part.iter().map(|(place, entry)| (ways[*place].case, *entry)).collect();
            match self.systems.progress(system, &sent).await {
                Ok(receipts) => part.iter().zip(receipts).for_each(|((place, entry), receipt)| {
                    ways[*place].receive(&receipt, entry);
                }),
                Err(trouble) => {
                    let places: Vec<usize> = part.iter().map(|(place, _)| *place).collect();
                    let code = match refusal(trouble) {
                        Ok(code) => code,
                        Err(Away::Silent { code, .. })
                            if is_subscription && is_about(ways, &places) =>
                        {
                            code
                        }
                        Err(away) => return Err(away),
                    };
                    places.iter().for_each(|place| ways[*place].refuse(&code));
                }
            }
        }
        Ok(())
    }
}

/// Whether what came instead of an answer to the steps of one line is about that line: it has failed
/// before, and the system has taken others in the same round. An event that its receiver stumbles
/// over would look like an outage, and hold everybody up.
fn is_about(ways: &[Way<'_>], places: &[usize]) -> bool {
    let [first, rest @ ..] = places else { return false };
    let alone = rest.iter().all(|place| place == first);
    let others = ways.iter().enumerate().filter(|(place, _)| place != first);
    alone
        && ways.get(*first).is_some_and(|way| way.tries >= TRIES_MIN)
        && others.into_iter().any(|(_, way)| way.steps_taken > 0)
}

/// The code of a refusal; the end of the round where it is none.
fn refusal(trouble: Trouble) -> Result<String, Away> {
    match trouble {
        Trouble::Refused { code } => Ok(code),
        Trouble::Unavailable { code, retry_after } => {
            Err(Away::Silent { code, asked: retry_after })
        }
        Trouble::Gone { code } => Err(Away::Gone { code }),
    }
}
