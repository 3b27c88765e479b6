//! `quaestor sample load`: the sample database on the cluster of a deployed system, as its administrator.

use anyhow::{Context as _, Result, bail};
use aws::{Administration, MAX_STATEMENT_CHARS, data_api_failure};
use data_api::{DataApi, Database, Limits};
use serde_json::json;

use crate::arguments::LoadArguments;
use crate::installation::Installation;
use crate::output;
use crate::system::{SAMPLE, deployed};

/// The schemas that the sample makes, and nobody else's.
const SCHEMAS: [&str; 4] = ["academics", "facilities", "research", "staff"];

/// What was found and done.
struct Loaded {
    database: Database,
    /// None when the sample was there already.
    statements: Option<usize>,
    tables: Vec<String>,
}

/// Always `true`: the sample is there afterwards, or an error says why not.
pub(crate) async fn load(arguments: &LoadArguments, stack: Option<&str>) -> Result<bool> {
    let Some(stack) = stack else {
        bail!(
            "name the stack whose cluster is meant: quaestor --stack Quaestor-Reporting sample load. On this machine \
             the sample is there already: quaestor demo"
        );
    };
    let installation = deployed(stack).await?;
    let Loaded { database, statements, tables } = fill(&installation, arguments.yes).await?;
    if arguments.json {
        let object = json!({
            "stack": installation.stack().name(),
            "cluster_arn": database.cluster_arn,
            "database": database.name,
            "loaded": statements.is_some(),
            "statements": statements.unwrap_or_default(),
            "schemas": SCHEMAS,
            "tables": tables,
        });
        output::line(serde_json::to_string_pretty(&object)?)?;
        return Ok(true);
    }
    let place = format!("the database `{}` of {}", database.name, database.cluster_arn);
    match statements {
        None => output::line(format_args!(
            "the sample is there already, in {place}; nothing was changed"
        ))?,
        Some(count) => output::line(format_args!(
            "loaded the sample into {place}: {count} statements, {} tables\n  {}",
            tables.len(),
            tables.join("\n  ")
        ))?,
    }
    output::line(format_args!(
        "questions may read it once the reading role may: cd infra && cdk deploy --all -c schemas={} and your other inputs",
        SCHEMAS.join(",")
    ))?;
    Ok(true)
}

async fn fill(installation: &Installation, yes: bool) -> Result<Loaded> {
    let stack = installation.stack();
    if stack.find("AdminSecretArn").is_none() {
        bail!(
            "the stack `{}` knows no administrator of its cluster: it was deployed around one with a secret that only \
             reads. Deploy it with -c adminSecretArn=…, or load sample/university/*.sql by other means",
            stack.name()
        );
    }
    let database = installation.database("AdminSecretArn")?;
    if stack.output("ClusterIsOurs")? != "true" && !yes {
        bail!(
            "the stack `{}` did not make {}: it was there before. This would make the schemas {} in its database `{}`; \
             if that is meant, add --yes",
            stack.name(),
            database.cluster_arn,
            SCHEMAS.join(", "),
            database.name
        );
    }
    let client = installation.clients().rds_data();
    // Reading waits for a cluster that resumes from a pause.
    let there = tables_there(&DataApi::new(client.clone(), database.clone())).await?;
    let statements = statements()?;
    let ours = tables_of(&statements);
    if there == ours {
        return Ok(Loaded { database, statements: None, tables: ours });
    }
    if !there.is_empty() {
        bail!(
            "the database `{}` has a schema of the sample's name with other tables in it ({}); nothing was changed. \
             Drop them, or load the sample into another database",
            database.name,
            there.join(", ")
        );
    }
    let transaction = Administration::begin(client, database.clone()).await?;
    for statement in &statements {
        if let Err(error) = transaction.run(statement).await {
            transaction.roll_back().await;
            return Err(error).context("nothing was changed");
        }
    }
    transaction.commit().await?;
    Ok(Loaded { database, statements: Some(statements.len()), tables: ours })
}

/// What lies in the sample's schemas, in order: tables as `schema.table`, and a schema without any as itself.
async fn tables_there(database: &DataApi) -> Result<Vec<String>> {
    let named = SCHEMAS.map(|schema| format!("'{schema}'")).join(", ");
    let sql = format!(
        "SELECT concat_ws('.', n.nspname, c.relname) FROM pg_catalog.pg_namespace n \
         LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f') \
         WHERE n.nspname IN ({named}) ORDER BY 1"
    );
    let rows = database.rows_as_text(&sql, &Limits::default()).await.map_err(data_api_failure)?;
    let mut tables: Vec<String> = rows.into_iter().flatten().flatten().collect();
    tables.sort();
    Ok(tables)
}

/// The sample's statements, one by one: the Data API takes one a call.
fn statements() -> Result<Vec<&'static str>> {
    let mut statements = Vec::new();
    for script in SAMPLE {
        let split = pg_query::split_with_parser(script).context("the sample cannot be read")?;
        statements
            .extend(split.into_iter().map(str::trim).filter(|statement| !statement.is_empty()));
    }
    for statement in &statements {
        let length = statement.chars().count();
        if length > MAX_STATEMENT_CHARS {
            bail!(
                "a statement of the sample has {length} characters; a call takes {MAX_STATEMENT_CHARS}"
            );
        }
    }
    Ok(statements)
}

/// The tables that the statements create, in order.
fn tables_of(statements: &[&str]) -> Vec<String> {
    let lines = statements.iter().flat_map(|statement| statement.lines());
    let mut tables: Vec<String> = lines
        .filter_map(|line| line.strip_prefix("CREATE TABLE ")?.split([' ', '(']).next())
        .map(str::to_owned)
        .collect();
    tables.sort();
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_taken_apart_into_calls() {
        let statements = statements().expect("the sample");
        let of = |start: &str| {
            let begins = |it: &&&str| it.lines().any(|line| line.starts_with(start));
            statements.iter().filter(begins).count()
        };
        let tables = tables_of(&statements);
        assert_eq!(of("CREATE SCHEMA"), SCHEMAS.len());
        assert_eq!(of("CREATE TABLE"), tables.len());
        assert!(of("INSERT INTO") >= tables.len(), "{statements:#?}");
        for schema in SCHEMAS {
            assert!(
                tables.iter().any(|table| table.starts_with(&format!("{schema}."))),
                "{schema}"
            );
        }
        // The service takes a `:name` outside of quotes and casts for a parameter.
        let parameter = |text: &str| {
            let bytes = text.as_bytes();
            (1..bytes.len().saturating_sub(1)).any(|i| {
                bytes[i] == b':' && bytes[i - 1] != b':' && bytes[i + 1].is_ascii_alphabetic()
            })
        };
        for statement in statements {
            assert!(!parameter(statement), "{statement}");
        }
    }
}
