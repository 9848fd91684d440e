//! The data files of a catalogue, each with its name and the parts that it holds.

macro_rules! data_files {
    ($($file:ident: $name:literal holds $($part:literal),+;)+) => {
        /// A data file of a catalogue.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum DataFile {
            $(
                #[doc = concat!("`", $name, "`.")]
                $file,
            )+
        }

        impl DataFile {
            /// Every file, by name.
            pub const ALL: &[Self] = &[$(Self::$file),+];

            /// The name of the file.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$file => $name,)+
                }
            }

            /// Its top-level fields, save the head that all files have.
            pub fn parts(self) -> &'static [&'static str] {
                match self {
                    $(Self::$file => &[$($part),+],)+
                }
            }

            /// Its text as built into the binary.
            pub(super) fn built_in(self) -> &'static str {
                match self {
                    $(Self::$file => include_str!(concat!("../../../../infra/data/", $name)),)+
                }
            }
        }
    };
}

data_files! {
    Agencies: "agencies.json" holds "agencies";
    Calendar: "calendar.json" holds "exceptions", "hours", "years";
    Codes: "codes.json" holds "gateways";
    Index: "index.json" holds "declared", "indexes";
    Intake: "intake.json"
        holds "citizenNumber", "documentHosts", "documentTypes", "feedback", "identities",
            "limits", "noMobileRanges", "resultSignatures", "taxCode", "trustAnchors";
    Integrators: "integrators.json" holds "integrators";
    Leaders: "leaders.json" holds "leaders";
    Notices: "notices.json" holds "policies", "survey";
    Procedures: "procedures.json" holds "procedures";
    Providers: "providers.json" holds "failover", "inquiries", "providers";
    Rules: "rules.json" holds "rules";
    Systems: "systems.json" holds "systems";
    Templates: "templates.json"
        holds "answers", "feedbackTexts", "forms", "proof", "question", "repetition", "report",
            "silent", "templates";
}

impl DataFile {
    /// The file that holds the top-level field `part`.
    pub fn holding(part: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|file| file.parts().contains(&part))
    }
}
