//! The members of each request that this stand-in knows, with the service's limits.
//!
//! <https://docs.aws.amazon.com/glue/latest/webapi/API_TableInput.html>,
//! <https://docs.aws.amazon.com/glue/latest/webapi/API_PartitionInput.html>

use super::shape::{
    Lines::{Free, Many, One},
    Member, Shape,
};

const fn text(max: usize, lines: super::shape::Lines) -> Shape {
    Shape::Text { min: 0, max, lines }
}

const fn may(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, shape, required: false }
}

const fn must(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, shape, required: true }
}

const NAME: Shape = Shape::Text { min: 1, max: 255, lines: One };
const DESCRIPTION: Shape = text(2048, Many);
const LOCATION: Shape = text(2056, Many);
const FORMAT: Shape = text(128, One);
const VIEW_TEXT: Shape = text(409_600, Free);
const TOKEN: Shape = text(usize::MAX, Free);
const COUNT: Shape = Shape::Number { min: 0, max: i32::MAX as i64 };
const INTEGER: Shape = Shape::Number { min: i32::MIN as i64, max: i32::MAX as i64 };
const NAMES: Shape = list(&NAME);
const VALUES: Shape = list(&Shape::Text { min: 1, max: 1024, lines: Free });

const fn list(of: &'static Shape) -> Shape {
    Shape::List { of, max: usize::MAX }
}

const COLUMNS: Shape = list(&Shape::Structure(&[
    must("Name", &NAME),
    may("Type", &text(131_072, One)),
    may("Comment", &text(255, One)),
    may("Parameters", &Shape::Parameters),
]));

const STORAGE_DESCRIPTOR: Shape = Shape::Structure(&[
    may("Columns", &COLUMNS),
    may("Location", &LOCATION),
    may("AdditionalLocations", &list(&LOCATION)),
    may("InputFormat", &FORMAT),
    may("OutputFormat", &FORMAT),
    may("Compressed", &Shape::Flag),
    may("NumberOfBuckets", &INTEGER),
    may(
        "SerdeInfo",
        &Shape::Structure(&[
            may("Name", &NAME),
            may("SerializationLibrary", &NAME),
            may("Parameters", &Shape::Parameters),
        ]),
    ),
    may("BucketColumns", &NAMES),
    may(
        "SortColumns",
        &list(&Shape::Structure(&[
            must("Column", &NAME),
            must("SortOrder", &Shape::Number { min: 0, max: 1 }),
        ])),
    ),
    may("Parameters", &Shape::Parameters),
    may("SkewedInfo", &Shape::Absent),
    may("StoredAsSubDirectories", &Shape::Flag),
    may("SchemaReference", &Shape::Absent),
]);

const TABLE_INPUT: Shape = Shape::Structure(&[
    must("Name", &NAME),
    may("Description", &DESCRIPTION),
    may("Owner", &NAME),
    may("LastAccessTime", &Shape::Time),
    may("LastAnalyzedTime", &Shape::Time),
    may("Retention", &COUNT),
    may("StorageDescriptor", &STORAGE_DESCRIPTOR),
    may("PartitionKeys", &COLUMNS),
    may("ViewOriginalText", &VIEW_TEXT),
    may("ViewExpandedText", &VIEW_TEXT),
    may("TableType", &text(255, Free)),
    may("Parameters", &Shape::Parameters),
    may("TargetTable", &Shape::Absent),
    may("FederatedTable", &Shape::Absent),
    may("ViewDefinition", &Shape::Absent),
]);

const PARTITION_INPUT: Shape = Shape::Structure(&[
    may("Values", &VALUES),
    may("LastAccessTime", &Shape::Time),
    may("LastAnalyzedTime", &Shape::Time),
    may("StorageDescriptor", &STORAGE_DESCRIPTOR),
    may("Parameters", &Shape::Parameters),
]);

const CATALOG_ID: Member = may("CatalogId", &NAME);
const DATABASE_NAME: Member = must("DatabaseName", &NAME);
const TABLE_NAME: Member = must("TableName", &NAME);
const TRANSACTION_ID: Member = may("TransactionId", &Shape::Absent);
const AS_OF_TIME: Member = may("QueryAsOfTime", &Shape::Absent);
const ATTRIBUTES: Member = may("AttributesToGet", &Shape::Absent);
const EXPRESSION: Member = may("Expression", &Shape::Absent);
const NEXT_TOKEN: Member = may("NextToken", &TOKEN);

pub(super) const CREATE_DATABASE: Shape = Shape::Structure(&[
    CATALOG_ID,
    must(
        "DatabaseInput",
        &Shape::Structure(&[
            must("Name", &NAME),
            may("Description", &DESCRIPTION),
            may("LocationUri", &Shape::Text { min: 1, max: 1024, lines: Many }),
            may("Parameters", &Shape::Parameters),
            may("TargetDatabase", &Shape::Absent),
            may("FederatedDatabase", &Shape::Absent),
        ]),
    ),
]);
pub(super) const GET_DATABASE: Shape = Shape::Structure(&[CATALOG_ID, must("Name", &NAME)]);

pub(super) const CREATE_TABLE: Shape = Shape::Structure(&[
    CATALOG_ID,
    DATABASE_NAME,
    must("TableInput", &TABLE_INPUT),
    may("PartitionIndexes", &Shape::Absent),
    may("OpenTableFormatInput", &Shape::Absent),
    TRANSACTION_ID,
]);
pub(super) const UPDATE_TABLE: Shape = Shape::Structure(&[
    CATALOG_ID,
    DATABASE_NAME,
    must("TableInput", &TABLE_INPUT),
    may("SkipArchive", &Shape::Flag),
    may("VersionId", &NAME),
    may("ViewUpdateAction", &Shape::Absent),
    may("UpdateOpenTableFormatInput", &Shape::Absent),
    TRANSACTION_ID,
]);
pub(super) const GET_TABLE: Shape = Shape::Structure(&[
    CATALOG_ID,
    DATABASE_NAME,
    must("Name", &NAME),
    TRANSACTION_ID,
    AS_OF_TIME,
    ATTRIBUTES,
]);
pub(super) const DELETE_TABLE: Shape = GET_TABLE;
pub(super) const GET_TABLES: Shape = Shape::Structure(&[
    CATALOG_ID,
    DATABASE_NAME,
    NEXT_TOKEN,
    may("MaxResults", &Shape::Number { min: 1, max: 100 }),
    EXPRESSION,
    TRANSACTION_ID,
    AS_OF_TIME,
    ATTRIBUTES,
]);

pub(super) const CREATE_PARTITION: Shape = Shape::Structure(&[
    CATALOG_ID,
    DATABASE_NAME,
    TABLE_NAME,
    must("PartitionInput", &PARTITION_INPUT),
]);
pub(super) const UPDATE_PARTITION: Shape = Shape::Structure(&[
    CATALOG_ID,
    DATABASE_NAME,
    TABLE_NAME,
    must(
        "PartitionValueList",
        &Shape::List { of: &Shape::Text { min: 1, max: 1024, lines: Free }, max: 100 },
    ),
    must("PartitionInput", &PARTITION_INPUT),
]);
pub(super) const GET_PARTITION: Shape =
    Shape::Structure(&[CATALOG_ID, DATABASE_NAME, TABLE_NAME, must("PartitionValues", &VALUES)]);
pub(super) const DELETE_PARTITION: Shape = GET_PARTITION;
pub(super) const GET_PARTITIONS: Shape = Shape::Structure(&[
    CATALOG_ID,
    DATABASE_NAME,
    TABLE_NAME,
    NEXT_TOKEN,
    may("MaxResults", &Shape::Number { min: 1, max: 1000 }),
    EXPRESSION,
    may("Segment", &Shape::Absent),
    may("ExcludeColumnSchema", &Shape::Absent),
    TRANSACTION_ID,
    AS_OF_TIME,
]);
