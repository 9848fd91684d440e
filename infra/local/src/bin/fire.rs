//! The demonstration's day while the processes of the functions are killed, against the stack whose
//! settings `STACK_ENV` names: `fire [--seconds 120] [--seed N]`.

use std::path::Path;
use std::process::ExitCode;

use local::arguments::Arguments;
use local::demo::{DemoError, Fire, Screen, run_under_fire};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let screen = Screen::new();
    match survived(&screen).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            screen.line(&screen.paint(&format!("NOT PROVED: {failure}"), "1;31"));
            ExitCode::FAILURE
        }
    }
}

async fn survived(screen: &Screen) -> Result<bool, DemoError> {
    let wrong = |error: &dyn ToString| DemoError::CannotGoOn(error.to_string());
    let arguments = Arguments::read(std::env::args().skip(1), &["seconds", "seed"])
        .map_err(|error| wrong(&error))?;
    let seconds = arguments.optional("seconds").map_err(|error| wrong(&error))?.unwrap_or(120);
    let seed = arguments.optional("seed").map_err(|error| wrong(&error))?;
    let fire = Fire { seconds, seed: seed.unwrap_or_else(|| fastrand::u64(..)) };
    let Some(settings) = std::env::var_os("STACK_ENV") else {
        return Err(DemoError::CannotGoOn("STACK_ENV must name the stack's settings".to_owned()));
    };
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenario.json");
    run_under_fire(screen, Path::new(&settings), &file, fire).await
}
