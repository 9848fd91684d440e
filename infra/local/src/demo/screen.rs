//! What the person at the terminal sees: plain lines, and one that moves.

use std::env;
use std::io::{IsTerminal, Write};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use icu_normalizer::ComposingNormalizerBorrowed;

/// The width where there is no terminal, in columns.
const PLAIN_WIDTH: usize = 160;

/// How often a stage shows how far it is, where no line can move.
const PLAIN_EVERY: Duration = Duration::from_secs(5);

/// How often the moving line is drawn.
const DRAWN_EVERY: Duration = Duration::from_millis(100);

/// The width of a stage's bar, in columns.
const BAR: usize = 24;

/// One line that moves on a terminal; a plain line now and then where there is none.
#[derive(Debug)]
pub struct Screen {
    is_live: bool,
    is_coloured: bool,
    width: usize,
    drawing: Mutex<()>,
}

impl Screen {
    /// The standard output.
    pub fn new() -> Self {
        let is_live = std::io::stdout().is_terminal();
        Self {
            is_live,
            is_coloured: is_live && env::var_os("NO_COLOR").is_none(),
            width: if is_live { terminal_width() } else { PLAIN_WIDTH },
            drawing: Mutex::new(()),
        }
    }

    /// How many columns there are.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The text in the colour or weight of this code.
    pub fn paint(&self, text: &str, code: &str) -> String {
        if self.is_coloured { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub(super) fn bold(&self, text: &str) -> String {
        self.paint(text, "1")
    }

    pub(super) fn dim(&self, text: &str) -> String {
        self.paint(text, "2")
    }

    pub(super) fn title(&self, text: &str) {
        self.line("");
        self.line(&self.bold(text));
    }

    /// Writes one line.
    pub fn line(&self, text: &str) {
        self.write(&format!("{text}\n"));
    }

    /// Draws over the line on which the cursor is.
    fn over(&self, text: &str) {
        let fitting: String = text.chars().take(self.width.saturating_sub(1)).collect();
        self.write(&format!("\r\x1b[K{fitting}"));
    }

    fn write(&self, text: &str) {
        let _drawing = self.drawing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut output = std::io::stdout().lock();
        // Who closed the pipe reads no more; the exit code still tells what was proved.
        let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
    }
}

impl Default for Screen {
    fn default() -> Self {
        Self::new()
    }
}

/// As the environment says, or the terminal itself.
fn terminal_width() -> usize {
    let told = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let asked = || {
        let answer = Command::new("stty").arg("size").stdin(Stdio::inherit()).output().ok()?;
        let size = String::from_utf8(answer.stdout).ok()?;
        size.split_whitespace().nth(1)?.parse().ok()
    };
    told.or_else(asked).filter(|columns| *columns > 0).unwrap_or(PLAIN_WIDTH)
}

/// One step of the demonstration with a count that grows. Its line is written when it is dropped.
#[derive(Debug)]
pub(super) struct Stage<'a> {
    screen: &'a Screen,
    name: String,
    total: u64,
    began: Instant,
    progress: Mutex<Progress>,
}

#[derive(Debug, Default)]
struct Progress {
    done: u64,
    drawn_at: Option<Instant>,
}

impl<'a> Stage<'a> {
    pub(super) fn begin(screen: &'a Screen, name: &str, total: u64) -> Self {
        let (began, progress) = (Instant::now(), Mutex::default());
        let stage = Self { screen, name: name.to_owned(), total, began, progress };
        stage.change(|_| {});
        stage
    }

    pub(super) fn advance(&self) {
        self.change(|done| *done += 1);
    }

    pub(super) fn reach(&self, now: u64) {
        self.change(|done| *done = now);
    }

    fn change(&self, change: impl FnOnce(&mut u64)) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut progress.done);
        let pause = if self.screen.is_live { DRAWN_EVERY } else { PLAIN_EVERY };
        let is_first = progress.drawn_at.is_none();
        if progress.drawn_at.is_some_and(|drawn| drawn.elapsed() < pause) {
            return;
        }
        progress.drawn_at = Some(Instant::now());
        let (done, elapsed) = (progress.done, self.began.elapsed().as_secs());
        let (name, total) = (&self.name, self.total);
        if self.screen.is_live {
            let filled = BAR as u64 * done.min(total) / total.max(1);
            let bar: String =
                (0..BAR as u64).map(|at| if at < filled { '█' } else { '░' }).collect();
            self.screen.over(&format!("  {bar} {name}  {done}/{total}  {elapsed} s"));
        } else if !is_first {
            self.screen.line(&format!("    {name}: {done}/{total} after {elapsed} s"));
        }
    }
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        let done = self.progress.get_mut().unwrap_or_else(PoisonError::into_inner).done;
        let screen = self.screen;
        let is_whole = done == self.total;
        let mark = if is_whole { screen.paint("✓", "32") } else { screen.paint("✗", "31") };
        let counted = format!("{done}/{}", self.total);
        let took = screen.dim(&format!("{:6.1} s", self.began.elapsed().as_secs_f64()));
        if screen.is_live {
            screen.over("");
        }
        screen.line(&format!("  {mark} {:<50} {counted:>8}  {took}", self.name));
    }
}

/// Vietnamese letters as one character each, whatever they came as.
fn composed(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()
}

/// How many columns a text takes: Vietnamese marks written as separate characters take none.
pub(super) fn columns(text: &str) -> usize {
    composed(text).chars().count()
}

/// The text on the left of `width` columns.
pub(super) fn left(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// The text on the right of `width` columns.
pub(super) fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(columns(text))))
}

/// The text in at most `width` columns, an ellipsis where it is cut.
pub(super) fn cut(text: &str, width: usize) -> String {
    let text = composed(text);
    if text.chars().count() <= width {
        return text;
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// A count with a comma between thousands.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let comma = |(at, digit): (usize, char)| {
        let is_start = at > 0 && (digits.len() - at).is_multiple_of(3);
        is_start.then_some(',').into_iter().chain([digit])
    };
    digits.chars().enumerate().flat_map(comma).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vietnamese_marks_take_no_column_of_their_own() {
        assert_eq!((columns("tiê\u{301}p nhâ\u{323}n"), columns("tiếp nhận")), (9, 9));
        assert_eq!(cut("Tiếp nhận", 5), "Tiếp…");
        assert_eq!((left("sớm", 5), right("sớm", 5)), ("sớm  ".to_owned(), "  sớm".to_owned()));
    }

    #[test]
    fn thousands_have_commas() {
        let shown = [7, 850, 88_050, 1_000_000].map(grouped);
        assert_eq!(shown, ["7", "850", "88,050", "1,000,000"]);
    }
}
