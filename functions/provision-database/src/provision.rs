//! The two ways: the role as the properties say, and no role.

use reporting::{Error, ErrorKind};

use crate::catalog::{self, Facts, Session};
use crate::properties::Properties;
use crate::role::Login;
use crate::{check, statements};

/// Makes the role, or makes it what it should be. Returns warnings. To be committed by the caller, and only then.
pub(crate) async fn provision(
    session: &impl Session,
    properties: &Properties,
    login: &Login,
) -> Result<Vec<String>, Error> {
    let role = login.role();
    session.run(statements::LOCK).await?;
    let facts = catalog::facts(session, properties, role).await?;
    accept(properties, &facts, role)?;
    for statement in statements::provision(properties, &facts, role, &login.verifier()) {
        session.run(&statement).await?;
    }
    check::check(session, properties, &facts, role).await
}

/// Takes the role away. One that is not there is no failure, and one that is not ours stays.
pub(crate) async fn remove(session: &impl Session, role: &str) -> Result<(), Error> {
    session.run(statements::LOCK).await?;
    match catalog::existing(session, role).await? {
        Some(existing) if existing.is_ours => {
            refuse_excess(&existing.excess, role)?;
            for statement in statements::remove(&existing, role) {
                session.run(&statement).await?;
            }
        }
        Some(_) => tracing::warn!(role, "the role was not made here and stays"),
        None => tracing::info!(role, "the role is gone already"),
    }
    Ok(())
}

fn accept(properties: &Properties, facts: &Facts, role: &str) -> Result<(), Error> {
    if let Some(existing) = &facts.role {
        refuse_excess(&existing.excess, role)?;
    }
    match properties.schemas.iter().find(|schema| !facts.schemas.contains(schema)) {
        Some(missing) => {
            let message = format!("there is no schema `{missing}` in `{}`", properties.database);
            Err(Error::new(ErrorKind::Misconfigured, message))
        }
        None => Ok(()),
    }
}

fn refuse_excess(excess: &[String], role: &str) -> Result<(), Error> {
    if excess.is_empty() {
        return Ok(());
    }
    let message = format!(
        "the role `{role}` exists and {}: it is no role for reading only; name another one in its secret",
        excess.join(", ")
    );
    Err(Error::new(ErrorKind::PermissionDenied, message))
}
