//! The names of the rules that an answer can say are broken, and what each means in the languages
//! that we write.

mod english;
mod vietnamese;

use std::fmt;

use serde::{Serialize, Serializer};

use crate::language::Language;

macro_rules! rule_names {
    ($($name:ident = $slug:literal,)+) => {
        /// A rule of a request, an event or a file of the catalogue, by its stable name. What it
        /// means is in [`RuleName::text`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each is explained by its text, in two languages")]
        pub enum RuleName {
            $($name,)+
        }

        impl RuleName {
            /// Every rule, in the order of the API document.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The name in answers and documents: kebab-case, for programs.
            pub fn slug(self) -> &'static str {
                match self {
                    $(Self::$name => $slug,)+
                }
            }
        }
    };
}

rule_names! {
    // The form of a request.
    UnknownField = "unknown-field",
    Required = "required",
    DuplicateField = "duplicate-field",
    Once = "once",
    KnownValue = "known-value",
    WrongType = "type",
    Format = "format",
    Length = "length",
    DuplicateChannel = "duplicate-channel",
    DocumentsMax = "documents-max",
    DocumentsBytesMax = "documents-bytes-max",
    FormBytesMax = "form-bytes-max",
    ItemCount = "item-count",
    Range = "range",
    Date = "date",
    Cursor = "cursor",
    NationalStatus = "national-status",
    CommandId = "command-id",
    SameId = "same-id",

    // Codes.
    DossierCode = "dossier-code",
    AgencyCode = "agency-code",
    ProcedureCode = "procedure-code",
    FieldCode = "field-code",
    ReportCode = "report-code",
    LeaderKey = "leader-key",
    Cell = "cell",

    // Any text.
    TextControl = "text-control",
    TextDirection = "text-direction",
    TextDamaged = "text-damaged",
    TextPrivate = "text-private",
    TextMarks = "text-marks",

    // The applicant.
    FullName = "full-name",
    MobilePhone = "mobile-phone",
    Email = "email",
    CitizenId = "citizen-id",
    BusinessId = "business-id",
    KnownIdKind = "known-id-kind",
    IdNumberZeros = "id-number-zeros",
    IdNumberDigit = "id-number-digit",
    CitizenIdProvince = "citizen-id-province",
    CitizenIdCentury = "citizen-id-century",
    TaxCodeCheckDigit = "tax-code-check-digit",
    TaxCodeBranch = "tax-code-branch",
    OrganisationScheme = "organisation-scheme",
    IdKindInForce = "id-kind-in-force",
    IdKindOfProcedure = "id-kind-of-procedure",
    OnePerson = "one-person",

    // Documents.
    Sha256 = "sha256",
    HttpsUrl = "https-url",
    DocumentHost = "document-host",
    DocumentType = "document-type",
    DocumentId = "document-id",
    KnownUpload = "known-upload",
    UnclaimedUpload = "unclaimed-upload",
    UploadSha256 = "upload-sha256",
    UsableUpload = "usable-upload",

    // Signatures of results.
    NoSignature = "no-signature",
    SignatureFormat = "signature-format",
    ByteRange = "byte-range",
    NotWholeFile = "not-whole-file",
    SignatureUnreadable = "signature-unreadable",
    AlgorithmNotAccepted = "algorithm-not-accepted",
    ContentChanged = "content-changed",
    SignatureInvalid = "signature-invalid",
    SignerCertificate = "signer-certificate",
    UntrustedChain = "untrusted-chain",
    CertificateExpired = "certificate-expired",
    KeyUsage = "key-usage",
    SigningTime = "signing-time",
    TimestampInvalid = "timestamp-invalid",
    TooComplex = "too-complex",

    // The catalogue, seen from a request.
    KnownAgency = "known-agency",
    AgencyInForce = "agency-in-force",
    WardCode = "ward-code",
    AgencyLevel = "agency-level",
    KnownProcedure = "known-procedure",
    KnownDocument = "known-document",
    RequiredDocument = "required-document",
    PaperDocument = "paper-document",
    AskedDocument = "asked-document",
    RequestOnly = "request-only",
    SupplementOnly = "supplement-only",
    DocumentContent = "document-content",
    FinishOnly = "finish-only",
    ReturnOnly = "return-only",
    ResultContent = "result-content",
    ResultOfProcedure = "result-of-procedure",
    ResultType = "result-type",
    DocumentsWithSender = "documents-with-sender",
    OnlineProcedure = "online-procedure",
    ProcedureForm = "procedure-form",
    KnownEdition = "known-edition",
    Period = "period",
    WholeMonths = "whole-months",

    // Commands.
    ReasonOwed = "reason-owed",
    VersionsMax = "versions-max",
    NotYetExpired = "not-yet-expired",
    SupplementBound = "supplement-bound",
    NewDateOwed = "new-date-owed",
    ApologyOnly = "apology-only",
    AfterDueDate = "after-due-date",
    WorkingDay = "working-day",
    ApologiesMax = "apologies-max",
    LetterNotice = "letter-notice",
    DateStands = "date-stands",
    ExtensionMax = "extension-max",
    NoDueDate = "no-due-date",
    AgencyOwed = "agency-owed",
    ForwardOnly = "forward-only",
    AnotherAgency = "another-agency",
    OpenDossier = "open-dossier",
    EndedDossier = "ended-dossier",
    EndedFeedback = "ended-feedback",
    ContentGone = "content-gone",
    NothingChanges = "nothing-changes",
    AssignmentsMax = "assignments-max",
    ResultOwed = "result-owed",
    HandoverOwed = "handover-owed",
    OnlineHandover = "online-handover",
    AfterResult = "after-result",
    AnswersUntil = "answers-until",
    RequestPaymentOnly = "request-payment-only",
    ConfirmPaymentOnly = "confirm-payment-only",
    KnownFee = "known-fee",
    KnownExemption = "known-exemption",
    AmountOwed = "amount-owed",
    PaymentOwed = "payment-owed",
    NothingOwed = "nothing-owed",
    OnlinePayment = "online-payment",
    AttemptsMax = "attempts-max",
    KnownStep = "known-step",

    // Events.
    CloudEvents10 = "cloudevents-1.0",
    KnownSource = "known-source",
    KnownSystem = "known-system",
    Transferred = "transferred",
    KnownType = "known-type",
    KnownVersion = "known-version",
    NotInTheFuture = "not-in-the-future",
    TooLongAgo = "too-long-ago",
    CodeOfAgencyAndDay = "code-of-agency-and-day",
    CodeOfIntegrators = "code-of-integrators",
    CodeFree = "code-free",
    KnownReport = "known-report",
    KnownRun = "known-run",
    DayOrder = "day-order",
    OneOrder = "one-order",

    // Files of the catalogue: their form.
    KnownFile = "known-file",
    FileBytesMax = "file-bytes-max",
    Json = "json",
    SchemaVersion = "schema-version",
    Form = "form",

    // Files of the catalogue: any of them.
    Present = "present",
    Name = "name",
    Source = "source",
    Reason = "reason",
    ValidRange = "valid-range",
    UniqueStart = "unique-start",
    UniqueCode = "unique-code",
    CoverYears = "cover-years",

    // Agencies and procedures.
    UniqueSource = "unique-source",
    OrderedNames = "ordered-names",
    SuccessorCycle = "successor-cycle",
    SuccessorOrder = "successor-order",
    DivisionPart = "division-part",
    DivisionOverlap = "division-overlap",
    DivisionRest = "division-rest",
    Version = "version",
    OrderedVersions = "ordered-versions",
    Documents = "documents",
    DocumentCode = "document-code",
    Results = "results",
    StepCode = "step-code",
    FeeCode = "fee-code",
    FeeSum = "fee-sum",
    FormSchema = "form-schema",
    KeptAgency = "kept-agency",
    KeptName = "kept-name",
    KeptLevel = "kept-level",
    KeptYear = "kept-year",
    DecidedYear = "decided-year",
    KeptVersion = "kept-version",
    KeptRetention = "kept-retention",

    // Calendar.
    DayInYear = "day-in-year",
    OffWeekday = "off-weekday",
    WorkedWeekend = "worked-weekend",
    OffOrWorked = "off-or-worked",
    KnownYear = "known-year",
    OffWorkingDay = "off-working-day",
    WorkedDayOff = "worked-day-off",
    OrderedSlots = "ordered-slots",

    // Rules of the clock.
    IntegratorDigit = "integrator-digit",
    SequenceDigits = "sequence-digits",
    DaysRange = "days-range",
    LetterBound = "letter-bound",
    ReasonLength = "reason-length",

    // Messages.
    Vietnamese = "vietnamese",
    EveryAction = "every-action",
    UniqueAction = "unique-action",
    KnownPlaceholder = "known-placeholder",
    TextNamesCode = "code",
    TextNamesLink = "link",
    TextNamesDigits = "digits",
    Gsm7 = "gsm-7",
    SegmentsMax = "segments-max",
    ZaloTemplate = "zalo-template",
    WithoutDueDate = "without-due-date",
    ReportOwed = "report-owed",
    Channels = "channels",
    EveryProvider = "every-provider",
    UniqueProvider = "unique-provider",
    RememberDays = "remember-days",

    // Leaders.
    Office = "office",
    Phone = "phone",
    UniqueKey = "unique-key",
    PublicUrl = "public-url",

    // Indices.
    RoundTo = "round-to",
    Weights = "weights",
    Positive = "positive",
    Thresholds = "thresholds",
    Grades = "grades",
    UniqueDeclaration = "unique-declaration",
    KnownInput = "known-input",

    // Numbers of applicants, telephones and hosts.
    Kind = "kind",
    UniqueKind = "unique-kind",
    Forms = "forms",
    Province = "province",
    Country = "country",
    Century = "century",
    Prefix = "prefix",
    Host = "host",
    Certificate = "certificate",
}

impl RuleName {
    /// What a value must do, or what is wrong with it, in one phrase without a value in it.
    pub fn text(self, language: Language) -> &'static str {
        match language {
            Language::Vi => vietnamese::text(self),
            Language::En => english::text(self),
        }
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

impl Serialize for RuleName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.slug())
    }
}
