//! Who is measured: our functions as built for AWS, floors, and the peers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_yaml_ng::Value;

use crate::engine::Endpoints;
use crate::runtime::Program;
use crate::trust::Trust;

/// The account in addresses of queues.
const ACCOUNT: &str = "000000000000";

/// Who does the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Our functions.
    Ours,
    /// The floor: nothing but the SDK.
    Floor,
    /// Python 3.11 with boto3.
    Python,
    /// The same, with what saves work: the idempotency of Powertools instead of a receipt of its
    /// own, batches of messages instead of single ones.
    PythonOther,
    /// Node 20 with version 3 of the SDK, bundled.
    Node,
}

impl Side {
    /// What it is called in figures.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Floor => "floor",
            Self::Python => "python",
            Self::PythonOther => "pythonOther",
            Self::Node => "node",
        }
    }
}

/// What is worked off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Job {
    /// `POST /v1/dossiers`.
    Submit,
    /// `POST /v1/dossiers/{code}/transitions`.
    Change,
    /// Ten submissions of integrators.
    IngestSubmit,
    /// Ten transitions of integrators.
    IngestTransition,
    /// Ten changes of the dossiers table.
    Relay,
}

impl Job {
    /// All of them, in the order in which each can be done after those before it.
    pub const ALL: [Self; 5] =
        [Self::Submit, Self::Change, Self::IngestSubmit, Self::IngestTransition, Self::Relay];

    /// Our function for it.
    pub const fn function(self) -> &'static str {
        match self {
            Self::Submit => "submit-dossier",
            Self::Change => "change-status",
            Self::IngestSubmit | Self::IngestTransition => "ingest-event",
            Self::Relay => "relay-changes",
        }
    }

    /// How it is told of.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Change => "change status",
            Self::IngestSubmit => "submit event",
            Self::IngestTransition => "transition event",
            Self::Relay => "relayed change",
        }
    }

    /// The module of the peers that does it.
    const fn module(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Change => "change_status",
            Self::IngestSubmit | Self::IngestTransition => "ingest",
            Self::Relay => "relay",
        }
    }

    /// Records of one invocation.
    pub const fn records(self) -> usize {
        match self {
            Self::Submit | Self::Change => 1,
            Self::IngestSubmit | Self::IngestTransition | Self::Relay => 10,
        }
    }

    /// Whether this side has it.
    pub const fn is_of(self, side: Side) -> bool {
        match (self, side) {
            (Self::Change | Self::IngestSubmit | Self::IngestTransition, Side::PythonOther)
            | (Self::IngestSubmit | Self::IngestTransition, Side::Node) => false,
            (_, Side::Ours | Side::Floor | Side::Python | Side::PythonOther | Side::Node) => true,
        }
    }
}

/// Everything that can be started.
pub struct Programs {
    root: PathBuf,
    built: PathBuf,
    template: Value,
}

impl Programs {
    /// Those of the repository at `root`, whose release binaries are in `built`.
    pub fn new(root: &Path, built: &Path) -> Self {
        let template =
            std::fs::read_to_string(root.join("infra/template.yaml")).expect("the template");
        let mut template: Value = serde_yaml_ng::from_str(&template).expect("the template is YAML");
        template.apply_merge().expect("its anchors are mappings");
        Self { root: root.to_owned(), built: built.to_owned(), template }
    }

    /// The names of the deployed functions that are built.
    pub fn functions(&self) -> Vec<String> {
        let folder = std::fs::read_dir(self.root.join("functions")).expect("functions");
        let mut names: Vec<String> = folder
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .filter(|name| self.binary(name).exists())
            .collect();
        names.sort();
        names
    }

    /// Where a release binary lies.
    pub fn binary(&self, name: &str) -> PathBuf {
        self.built.join(name)
    }

    /// One of our functions.
    pub fn function(&self, name: &str, at: &Endpoints, trust: &Trust) -> Program {
        let mut settings = self.settings(name, at);
        settings.extend(reached(at, trust));
        settings.insert("RUST_LOG".to_owned(), "info".to_owned());
        Program { name: name.to_owned(), path: self.binary(name), arguments: Vec::new(), settings }
    }

    /// A floor: a program that does nothing but start.
    pub fn floor(&self, name: &str, at: &Endpoints, trust: &Trust) -> Program {
        Program {
            name: name.to_owned(),
            path: self.binary(name),
            arguments: Vec::new(),
            settings: reached(at, trust),
        }
    }

    /// What a side does a job with.
    pub fn of(&self, side: Side, job: Job, at: &Endpoints, trust: &Trust) -> Program {
        match side {
            Side::Ours => self.function(job.function(), at, trust),
            Side::Floor => self.floor("floor-clients", at, trust),
            Side::Python | Side::PythonOther => self.python(side, job, at, trust),
            Side::Node => self.node(job, at, trust),
        }
    }

    fn python(&self, side: Side, job: Job, at: &Endpoints, trust: &Trust) -> Program {
        let mut settings = self.settings(job.function(), at);
        settings.extend(reached(at, trust));
        let folder = self.root.join("tests/bench/peers/python");
        let handler = match side {
            Side::PythonOther => "other_handler",
            Side::Ours | Side::Floor | Side::Python | Side::Node => "handler",
        };
        let handler = format!("{}.{handler}", job.module());
        for (name, value) in [
            ("LAMBDA_TASK_ROOT", folder.to_string_lossy().as_ref()),
            ("PYTHONPATH", folder.to_string_lossy().as_ref()),
            ("PYTHONPYCACHEPREFIX", self.peers().join("pycache").to_string_lossy().as_ref()),
            ("_HANDLER", &handler),
            ("IDEMPOTENCY_TABLE", "IdempotencyTable"),
            ("POWERTOOLS_SERVICE_NAME", "bench"),
            ("PROCEDURES", self.root.join("infra/data/procedures.json").to_string_lossy().as_ref()),
            ("CALENDAR", self.root.join("infra/data/calendar.json").to_string_lossy().as_ref()),
        ] {
            settings.insert(name.to_owned(), value.to_owned());
        }
        Program {
            name: format!("{} in Python", job.name()),
            path: self.peers().join("python/bin/python"),
            arguments: vec!["-m".to_owned(), "awslambdaric".to_owned(), handler],
            settings,
        }
    }

    fn node(&self, job: Job, at: &Endpoints, trust: &Trust) -> Program {
        let mut settings = self.settings(job.function(), at);
        settings.extend(reached(at, trust));
        for (name, file) in [("PROCEDURES", "procedures.json"), ("CALENDAR", "calendar.json")] {
            let path = self.root.join("infra/data").join(file);
            settings.insert(name.to_owned(), path.to_string_lossy().into_owned());
        }
        let bundle = self.peers().join("node").join(format!("{}.mjs", job.module()));
        Program {
            name: format!("{} in Node", job.name()),
            path: found("node"),
            arguments: vec![bundle.to_string_lossy().into_owned()],
            settings,
        }
    }

    fn peers(&self) -> PathBuf {
        self.root.join(".local/peers")
    }

    /// What the template gives the function, with tables and queues under their logical names.
    fn settings(&self, function: &str, at: &Endpoints) -> BTreeMap<String, String> {
        let resources = self.template["Resources"].as_mapping().expect("resources");
        let code = format!("/{function}");
        let (_, resource) = resources
            .iter()
            .find(|(_, resource)| {
                resource["Type"] == "AWS::Serverless::Function"
                    && resource["Properties"]["CodeUri"]
                        .as_str()
                        .is_some_and(|place| place.trim_end_matches('/').ends_with(&code))
            })
            .unwrap_or_else(|| panic!("the template deploys no {function}"));
        let variables = resource["Properties"]["Environment"]["Variables"].as_mapping();
        let all = variables.into_iter().flatten().map(|(name, value)| {
            let name = name.as_str().expect("a name").to_owned();
            let value = self.value(&name, value, at);
            (name, value)
        });
        all.filter(|(_, value)| !value.is_empty()).collect()
    }

    fn value(&self, name: &str, value: &Value, at: &Endpoints) -> String {
        match value {
            Value::String(literal) => literal.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            Value::Tagged(tagged) if tagged.tag == "Ref" => {
                self.referred(name, tagged.value.as_str().unwrap_or_default(), at)
            }
            Value::Tagged(_) | Value::Mapping(_) | Value::Sequence(_) | Value::Null => {
                "http://localhost".to_owned()
            }
        }
    }

    fn referred(&self, name: &str, logical: &str, at: &Endpoints) -> String {
        let kind = self.template["Resources"][logical]["Type"].as_str().unwrap_or_default();
        match kind {
            // Some queues are made by a loop of the template, and have no entry of their own.
            _ if name == "DLQ_URL" || name.ends_with("QUEUE_URL") => {
                return format!("{}/{ACCOUNT}/{logical}", at.queues);
            }
            "" => {}
            _ => return logical.to_owned(),
        }
        match &self.template["Parameters"][logical]["Default"] {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            Value::Null | Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => {
                let count = ["_MS", "_S", "_COUNT"].iter().any(|ending| name.ends_with(ending));
                if count { "1000" } else { "http://localhost" }.to_owned()
            }
        }
    }
}

/// Where tables and queues are, and whom to trust, as each kind of program reads it.
fn reached(at: &Endpoints, trust: &Trust) -> BTreeMap<String, String> {
    let (bundle, own) = (trust.bundle.to_string_lossy(), trust.own.to_string_lossy());
    [
        ("AWS_ENDPOINT_URL_DYNAMODB", at.tables.as_str()),
        ("AWS_ENDPOINT_URL_SQS", at.queues.as_str()),
        ("TRUST_BUNDLE", &bundle),
        ("SSL_CERT_FILE", &bundle),
        ("AWS_CA_BUNDLE", &own),
        ("NODE_EXTRA_CA_CERTS", &own),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// A program of the machine, by its name.
fn found(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").expect("a path");
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|place| place.is_file())
        .unwrap_or_else(|| panic!("{name} is not installed"))
}
