//! Why a document or a signature is refused.

use std::fmt;

/// One table makes the rules, their names and their texts, so that none can be without the others.
macro_rules! rules {
    ($($(#[$doc:meta])+ $rule:ident: $name:literal, $vietnamese:literal, $english:literal;)+) => {
        /// Why a document or a signature is refused. The list is closed; names never change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Rule {
            $($(#[$doc])+ $rule,)+
        }

        impl Rule {
            /// Every rule, in the order in which they are listed here.
            pub const ALL: &[Self] = &[$(Self::$rule),+];

            /// Stable name in kebab-case, for programs and records.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$rule => $name,)+
                }
            }

            /// One sentence for the person who handed the document in, in Vietnamese.
            pub fn vietnamese(self) -> &'static str {
                match self {
                    $(Self::$rule => $vietnamese,)+
                }
            }

            /// The same sentence in English.
            pub fn english(self) -> &'static str {
                match self {
                    $(Self::$rule => $english,)+
                }
            }
        }
    };
}

rules! {
    /// It has no bytes.
    EmptyDocument: "empty-document",
        "Tệp không có nội dung.",
        "The file is empty.";
    /// It has more bytes than its kind may have.
    TooLarge: "too-large",
        "Tệp lớn hơn mức cho phép đối với loại tệp này.",
        "The file is larger than a file of this type may be.";
    /// It has not as many bytes as was declared.
    LengthDiffers: "length-differs",
        "Độ dài của tệp khác với độ dài đã khai báo; hãy tải tệp lên lại.",
        "The file's length is not the declared one; upload it again.";
    /// Its SHA-256 is not the declared one.
    HashDiffers: "hash-differs",
        "Mã băm SHA-256 của tệp khác với mã đã khai báo; hãy tải tệp lên lại.",
        "The file's SHA-256 is not the declared one; upload it again.";
    /// Its media type is not on the list.
    TypeNotAccepted: "type-not-accepted",
        "Loại tệp này không được tiếp nhận.",
        "Files of this type are not accepted.";
    /// Its first bytes are not those of the declared type.
    WrongType: "wrong-type",
        "Nội dung của tệp không đúng với loại tệp đã khai báo.",
        "The file's content is not of the declared type.";
    /// It can be read as a second type of file as well.
    Polyglot: "polyglot",
        "Tệp có thể được đọc như một loại tệp khác; hãy xuất tệp lại từ bản gốc.",
        "The file can also be read as another type of file; export it again from the original.";
    /// It ends before its own structure does.
    Truncated: "truncated",
        "Tệp bị cắt ngắn; hãy tải tệp lên lại.",
        "The file is cut off; upload it again.";
    /// Something follows the end of the file's own structure.
    AppendedBytes: "appended-bytes",
        "Có dữ liệu nằm sau phần kết thúc của tệp.",
        "There are bytes after the end of the file's content.";
    /// Its structure would take more memory or steps than any real document does.
    TooComplex: "too-complex",
        "Cấu trúc của tệp quá phức tạp để kiểm tra.",
        "The file's structure is too complex to be inspected.";
    /// The table of a PDF's objects, or an object that is needed to open it, cannot be read.
    PdfUnreadable: "pdf-unreadable",
        "Không mở được tệp PDF; hãy xuất tệp lại từ bản gốc.",
        "The PDF cannot be opened; export it again from the original.";
    /// A PDF asks for a password or a key.
    PdfEncrypted: "pdf-encrypted",
        "Tệp PDF bị mã hóa hoặc đặt mật khẩu; hãy bỏ mật khẩu.",
        "The PDF is encrypted or has a password; remove it.";
    /// A PDF has no pages.
    PdfWithoutPages: "pdf-without-pages",
        "Tệp PDF không có trang nào.",
        "The PDF has no pages.";
    /// The segments of a JPEG or the chunks of a PNG cannot be followed to their end.
    ImageUnreadable: "image-unreadable",
        "Không đọc được tệp ảnh.",
        "The image cannot be read.";
    /// The container of a DOCX or XLSX is not one that every program reads alike.
    OfficeUnreadable: "office-unreadable",
        "Không mở được tệp văn bản hoặc bảng tính; hãy lưu tệp lại.",
        "The text or spreadsheet file cannot be opened; save it again.";
    /// A DOCX or XLSX carries macros, controls or embedded programs.
    OfficeActiveContent: "office-active-content",
        "Tệp chứa macro hoặc đối tượng nhúng có thể chạy được; hãy lưu tệp không kèm chúng.",
        "The file carries macros or embedded objects; save it without them.";
    /// A PDF has no signature.
    NoSignature: "no-signature",
        "Tệp PDF không có chữ ký số.",
        "The PDF has no digital signature.";
    /// A signature is in a format other than `adbe.pkcs7.detached` or `ETSI.CAdES.detached`.
    SignatureFormat: "signature-format",
        "Định dạng của chữ ký số không được chấp nhận.",
        "The format of the digital signature is not accepted.";
    /// A signature's `ByteRange` leaves out something other than exactly its own value.
    ByteRange: "byte-range",
        "Phạm vi ký của chữ ký số (ByteRange) không hợp lệ.",
        "The digital signature's byte range is not valid.";
    /// No signature covers the file to its last byte: it was changed after it was signed.
    NotWholeFile: "not-whole-file",
        "Chữ ký số không bao phủ toàn bộ tệp: tệp đã bị thay đổi sau khi ký.",
        "No digital signature covers the whole file: it was changed after it was signed.";
    /// A signature's CMS structure cannot be read.
    SignatureUnreadable: "signature-unreadable",
        "Không đọc được chữ ký số.",
        "The digital signature cannot be read.";
    /// A digest or signature algorithm is too weak (SHA-1, MD5) or not supported.
    AlgorithmNotAccepted: "algorithm-not-accepted",
        "Thuật toán của chữ ký số quá yếu hoặc không được hỗ trợ.",
        "The digital signature's algorithm is too weak or not supported.";
    /// The signed digest is not that of the content.
    ContentChanged: "content-changed",
        "Nội dung đã bị thay đổi sau khi ký.",
        "The content was changed after it was signed.";
    /// The signature's value does not verify with the signer's key.
    SignatureInvalid: "signature-invalid",
        "Chữ ký số không hợp lệ.",
        "The digital signature is not valid.";
    /// The signer's certificate is not in the signature, or is not the one that was signed for.
    SignerCertificate: "signer-certificate",
        "Chữ ký số không kèm đúng chứng thư số của người ký.",
        "The digital signature does not carry the signer's certificate.";
    /// The certificates do not lead to a trust anchor.
    UntrustedChain: "untrusted-chain",
        "Chứng thư số của người ký không do tổ chức được tin cậy cấp.",
        "The signer's certificate was not issued by a trusted authority.";
    /// A certificate was expired or not yet valid at the time of signing.
    CertificateExpired: "certificate-expired",
        "Chứng thư số không có hiệu lực tại thời điểm ký.",
        "A certificate was not valid at the time of signing.";
    /// The signer's certificate is not for signing documents.
    KeyUsage: "key-usage",
        "Chứng thư số của người ký không dùng để ký tài liệu.",
        "The signer's certificate is not for signing documents.";
    /// The time of signing cannot be read, or has not come yet.
    SigningTime: "signing-time",
        "Thời điểm ký không đọc được hoặc nằm trong tương lai.",
        "The time of signing cannot be read or has not come yet.";
    /// A timestamp is there, and is not one of this signature.
    TimestampInvalid: "timestamp-invalid",
        "Dấu thời gian của chữ ký số không hợp lệ.",
        "The digital signature's timestamp is not valid.";
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::error::Error for Rule {}
