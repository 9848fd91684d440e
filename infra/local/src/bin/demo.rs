//! One working day of a province, played against the stack whose settings `STACK_ENV` names:
//! `demo [--scenario FILE]`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use local::arguments::Arguments;
use local::demo::{DemoError, Screen, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let screen = Screen::new();
    match played(&screen).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            screen.line(&screen.paint(&format!("NOT PROVED: {failure}"), "1;31"));
            ExitCode::FAILURE
        }
    }
}

async fn played(screen: &Screen) -> Result<bool, DemoError> {
    let wrong = |error: &dyn ToString| DemoError::CannotGoOn(error.to_string());
    let arguments = Arguments::read(std::env::args().skip(1), &["scenario"]);
    let given = arguments.and_then(|arguments| arguments.optional::<PathBuf>("scenario"));
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("scenario.json");
    let file = given.map_err(|error| wrong(&error))?.unwrap_or_else(usual);
    let Some(settings) = std::env::var_os("STACK_ENV") else {
        return Err(DemoError::CannotGoOn(
            "STACK_ENV must name the stack's settings, .local/stack.env after `make up`".to_owned(),
        ));
    };
    run(screen, Path::new(&settings), &file).await
}
