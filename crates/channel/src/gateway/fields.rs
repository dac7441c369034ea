//! What the form of each gateway asks for.
use super::model::Provider;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Line,
    Paragraph,
    /// Write-only.
    Secret,
    Number,
    Mail,
    Switch,
    /// Values with the keys of their names.
    Choice(&'static [(&'static str, &'static str)]),
}
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub name: &'static str,
    pub label: &'static str,
    /// Empty for none.
    pub hint: &'static str,
    pub shape: Shape,
    pub required: bool,
    pub max: usize,
}
const fn field(
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    shape: Shape,
    max: usize,
) -> Field {
    Field { name, label, hint, shape, required: true, max }
}
const fn optional(
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    shape: Shape,
    max: usize,
) -> Field {
    Field { name, label, hint, shape, required: false, max }
}

const NAME: Field = field("name", "channel-field-name", "channel-field-name-hint", Shape::Line, 60);
const SIGN: Field = optional("sign", "channel-field-sign", "channel-field-sign-hint", Shape::Line, 20);
const CAP: Field = optional("daily_cap", "channel-field-cap", "channel-field-cap-hint", Shape::Number, 9);
const ALARM: Field =
    optional("alarm_to", "channel-field-alarm", "channel-field-alarm-hint", Shape::Mail, 200);
const ENABLED: Field = optional("enabled", "channel-field-enabled", "", Shape::Switch, 2);
const HOST: Field = field("host", "channel-field-host", "channel-field-host-hint", Shape::Line, 200);
const PORT: Field = field("port", "channel-field-port", "", Shape::Number, 5);
const ENDPOINT: Field =
    field("endpoint", "channel-field-endpoint", "channel-field-endpoint-hint", Shape::Line, 300);

const ALIYUN: &[Field] = &[
    NAME,
    field("access_key_id", "channel-field-access-key-id", "", Shape::Line, 100),
    field("access_key_secret", "channel-field-access-key-secret", "", Shape::Secret, 200),
    SIGN,
    ENDPOINT,
    CAP,
    ALARM,
    ENABLED,
];
const TENCENT: &[Field] = &[
    NAME,
    field("secret_id", "channel-field-secret-id", "", Shape::Line, 100),
    field("secret_key", "channel-field-secret-key", "", Shape::Secret, 200),
    field("sdk_app_id", "channel-field-sdk-app-id", "channel-field-sdk-app-id-hint", Shape::Line, 40),
    SIGN,
    field("region", "channel-field-region", "", Shape::Line, 40),
    ENDPOINT,
    CAP,
    ALARM,
    ENABLED,
];
const METHODS: Shape = Shape::Choice(&[
    ("POST", "channel-method-post"),
    ("GET", "channel-method-get"),
    ("PUT", "channel-method-put"),
]);
const HTTP: &[Field] = &[
    NAME,
    field("method", "channel-field-method", "", METHODS, 4),
    field("url", "channel-field-url", "channel-field-url-hint", Shape::Line, 1000),
    optional("content_type", "channel-field-content-type", "", Shape::Line, 100),
    optional("headers", "channel-field-headers", "channel-field-headers-hint", Shape::Paragraph, 4000),
    optional("body", "channel-field-body", "channel-field-body-hint", Shape::Paragraph, 8000),
    optional("secret", "channel-field-secret", "channel-field-secret-hint", Shape::Secret, 400),
    optional("signed", "channel-field-signed", "channel-field-signed-hint", Shape::Paragraph, 2000),
    optional(
        "success_pointer",
        "channel-field-success-pointer",
        "channel-field-success-pointer-hint",
        Shape::Line,
        100,
    ),
    optional("success_value", "channel-field-success-value", "", Shape::Line, 100),
    optional("id_pointer", "channel-field-id-pointer", "", Shape::Line, 100),
    optional("said_pointer", "channel-field-said-pointer", "", Shape::Line, 100),
    SIGN,
    CAP,
    ALARM,
    ENABLED,
];
const SMPP: &[Field] = &[
    NAME,
    HOST,
    PORT,
    optional("tls", "channel-field-tls", "channel-field-tls-hint", Shape::Switch, 2),
    field("system_id", "channel-field-system-id", "", Shape::Line, 15),
    field("password", "channel-field-password", "", Shape::Secret, 8),
    optional("system_type", "channel-field-system-type", "", Shape::Line, 12),
    field("source", "channel-field-source", "channel-field-source-hint", Shape::Line, 20),
    optional("receipts", "channel-field-receipts", "", Shape::Switch, 2),
    SIGN,
    CAP,
    ALARM,
    ENABLED,
];
const SECURITIES: Shape = Shape::Choice(&[
    ("starttls", "channel-security-starttls"),
    ("tls", "channel-security-tls"),
    ("none", "channel-security-none"),
]);
const SMTP: &[Field] = &[
    NAME,
    HOST,
    PORT,
    field("security", "channel-field-security", "channel-field-security-hint", SECURITIES, 10),
    optional("user", "channel-field-user", "channel-field-user-hint", Shape::Line, 200),
    optional("password", "channel-field-password", "", Shape::Secret, 200),
    field("from", "channel-field-from", "", Shape::Mail, 200),
    optional("from_name", "channel-field-from-name", "", Shape::Line, 60),
    optional("reply_to", "channel-field-reply-to", "", Shape::Mail, 200),
    CAP,
    ALARM,
    ENABLED,
];

pub fn fields(provider: Provider) -> &'static [Field] {
    match provider {
        Provider::Aliyun => ALIYUN,
        Provider::Tencent => TENCENT,
        Provider::Http => HTTP,
        Provider::Smpp => SMPP,
        Provider::Smtp => SMTP,
    }
}
