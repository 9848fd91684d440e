//! Memory, and what is deployed.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::Bench;
use crate::figure::{Figure, Target};
use crate::programs::Side;

/// The most memory of a function, in MB.
const MEMORY_MB_MAX: f64 = 14.0;

/// The most that a function's package may come to, in MB.
const ZIP_MB_MAX: f64 = 4.0;

/// The most memory of each program, by side and function, in KiB.
#[derive(Debug, Default)]
pub struct Peaks(BTreeMap<(Side, String), u64>);

impl Peaks {
    /// None were seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more look at a program.
    pub fn note(&mut self, side: Side, function: &str, kib: u64) {
        let most = self.0.entry((side, function.to_owned())).or_default();
        *most = kib.max(*most);
    }
}

/// The most memory that was resident, of all that were looked at.
pub fn memory(seen: &[&Peaks]) -> Vec<Figure> {
    let mut all = Peaks::new();
    for ((side, function), kib) in seen.iter().flat_map(|peaks| &peaks.0) {
        all.note(*side, function, *kib);
    }
    let megabytes = |kib: u64| kib as f64 * 1_024.0 / 1e6;
    let ours = all.0.iter().filter(|((side, _), _)| *side == Side::Ours);
    let figures = ours.map(|((_, function), kib)| {
        let others = all.0.iter().filter(|((side, of), _)| *side != Side::Ours && of == function);
        Figure {
            group: "most memory resident",
            name: function.clone(),
            unit: "MB",
            ours: megabytes(*kib),
            others: others.map(|((side, _), kib)| (*side, megabytes(*kib))).collect(),
            targets: vec![Target::AtMost(MEMORY_MB_MAX)],
        }
    });
    figures.collect()
}

/// Each function's program, and what it is packed.
pub fn binaries(bench: &Bench) -> Vec<Figure> {
    let mut figures = Vec::new();
    for name in bench.programs.functions() {
        let bytes = std::fs::read(bench.programs.binary(&name)).expect("it is built");
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
        packed.write_all(&bytes).expect("memory takes it");
        let packed = packed.finish().expect("memory takes it").len();
        figures.push(Figure {
            group: "package",
            name: format!("{name}, of a binary of {:.1} MB", bytes.len() as f64 / 1e6),
            unit: "MB",
            ours: packed as f64 / 1e6,
            others: Vec::new(),
            targets: vec![Target::AtMost(ZIP_MB_MAX)],
        });
    }
    figures
}
