//! The calls' inputs, as the SDKs send them. Members that we do not know are ignored, as AWS does.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::Deserialize;

use super::error::DataError;

/// What every call names.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target {
    pub(super) resource_arn: Option<String>,
    pub(super) secret_arn: Option<String>,
    pub(super) database: Option<String>,
    pub(super) schema: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExecuteStatement {
    #[serde(flatten)]
    pub(super) target: Target,
    pub(super) sql: Option<String>,
    #[serde(default)]
    pub(super) parameters: Vec<SqlParameter>,
    pub(super) transaction_id: Option<String>,
    #[serde(default)]
    pub(super) include_result_metadata: bool,
    #[serde(default)]
    pub(super) continue_after_timeout: bool,
    #[serde(default)]
    pub(super) format_records_as: RecordsFormat,
    #[serde(default)]
    pub(super) result_set_options: ResultSetOptions,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BatchExecuteStatement {
    #[serde(flatten)]
    pub(super) statement: ExecuteStatement,
    #[serde(default)]
    pub(super) parameter_sets: Vec<Vec<SqlParameter>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct BeginTransaction {
    #[serde(flatten)]
    pub(super) target: Target,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EndTransaction {
    #[serde(flatten)]
    pub(super) target: Target,
    pub(super) transaction_id: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum RecordsFormat {
    #[default]
    None,
    Json,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ResultSetOptions {
    pub(super) decimal_return_type: DecimalReturnType,
    pub(super) long_return_type: LongReturnType,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum DecimalReturnType {
    #[default]
    String,
    DoubleOrLong,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum LongReturnType {
    #[default]
    Long,
    String,
}

/// A value for `:name`. One without a name matches none.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SqlParameter {
    pub(super) name: Option<String>,
    pub(super) value: Option<Field>,
    pub(super) type_hint: Option<TypeHint>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum TypeHint {
    Date,
    Decimal,
    Json,
    Time,
    Timestamp,
    Uuid,
}

/// A union: exactly one member is there.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Field {
    IsNull(serde::de::IgnoredAny),
    BooleanValue(bool),
    LongValue(i64),
    DoubleValue(Double),
    StringValue(String),
    /// Base64.
    BlobValue(String),
    ArrayValue(serde::de::IgnoredAny),
}

/// JSON has no infinities, so they travel as words.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Double {
    Number(f64),
    Word(String),
}

/// A parameter's value in PostgreSQL's text form; `None` is NULL.
pub(super) type Text = Option<String>;

impl Field {
    /// The value as PostgreSQL reads it.
    pub(super) fn text(&self) -> Result<Text, DataError> {
        Ok(Some(match self {
            Field::IsNull(_) => return Ok(None),
            Field::BooleanValue(value) => value.to_string(),
            Field::LongValue(value) => value.to_string(),
            Field::DoubleValue(Double::Number(value)) => value.to_string(),
            Field::DoubleValue(Double::Word(word)) | Field::StringValue(word) => word.clone(),
            Field::BlobValue(encoded) => {
                let bytes = BASE64.decode(encoded).map_err(|error| {
                    DataError::Serialization(format!("blobValue is no base64: {error}"))
                })?;
                bytes.iter().fold(String::from("\\x"), |hex, byte| format!("{hex}{byte:02x}"))
            }
            Field::ArrayValue(_) => {
                return Err(DataError::BadRequest("Array parameters are not supported.".into()));
            }
        }))
    }
}
