//! Removes what earlier test processes left on a server.
//!
//! What comes in are the names and comments of databases; what goes out are `DROP DATABASE` statements for those that
//! are old enough. It helps later runs, not this one, so its errors are ignored.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::address::Address;
use super::database::{created, since_epoch};
use super::maintenance::{Maintenance, background};

/// Looks for leftovers, once in a process for each template that it uses (empty for none). It is not waited for.
pub(super) fn once(server: &Address, template: &str) {
    static LOOKED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if !LOOKED.lock().unwrap_or_else(PoisonError::into_inner).insert(template.to_owned()) {
        return;
    }
    let (server, template) = (server.clone(), template.to_owned());
    if let Ok(background) = background() {
        background.spawn(async move {
            if let Ok(mut maintenance) = Maintenance::of(&server).await {
                let _ = sweep(&mut maintenance, &template).await;
                maintenance.rest();
            }
        });
    }
}

/// Drops leftovers, and notes that the template is in use.
async fn sweep(maintenance: &mut Maintenance, template: &str) -> Result<(), tokio_postgres::Error> {
    // One process is enough. A lock of the session ends with the process, however it ends.
    let unused = "SELECT d.datname, shobj_description(d.oid, 'pg_database') FROM pg_database d
        WHERE d.datname LIKE 'mt\\_%' AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)
        AND pg_try_advisory_lock(7089, 1)";
    let now = since_epoch();
    for row in maintenance.rows(unused).await? {
        let Some((Some(name), comment)) = row.first().zip(row.get(1)) else { continue };
        let last_use = comment.as_deref().and_then(last_use);
        if name == template && last_use.is_some_and(|last_use| now.saturating_sub(last_use) > TOLD_AGAIN) {
            // Once a day is enough: a comment is a row of a shared catalog, and each write of it is seen by all.
            maintenance.execute(&format!("COMMENT ON DATABASE {template} IS '{}'", used_at(now))).await?;
        } else if is_leftover(name, last_use, now) {
            // A template cannot be dropped.
            let _ = maintenance.execute(&format!("ALTER DATABASE \"{name}\" IS_TEMPLATE false")).await;
            let _ = maintenance.execute(&format!("DROP DATABASE IF EXISTS \"{name}\"")).await;
        }
    }
    maintenance.execute("SELECT pg_advisory_unlock_all()").await
}

/// Whether a database of this name is no longer needed.
fn is_leftover(name: &str, last_use: Option<Duration>, now: Duration) -> bool {
    if let Some(created) = created(name) {
        return now.saturating_sub(created) > KEPT;
    }
    let template = name.strip_prefix(TEMPLATE_PREFIX).map(|rest| rest.ends_with(BUILDING));
    template.zip(last_use).is_some_and(|(is_building, last_use)| {
        let age = now.saturating_sub(last_use);
        age > if is_building { BUILT_WITHIN } else { UNUSED_MAX }
    })
}

/// How long the database of a failed or killed test stays: someone may be looking at it.
const KEPT: Duration = Duration::from_secs(3600);
/// How long a template stays that no test uses any more.
const UNUSED_MAX: Duration = Duration::from_secs(7 * 24 * 3600);
/// How old the note of a template's last use may become while it is in use.
const TOLD_AGAIN: Duration = Duration::from_secs(24 * 3600);
/// How long an unfinished template stays.
const BUILT_WITHIN: Duration = Duration::from_secs(24 * 3600);

/// The beginning of a template's name.
pub(super) const TEMPLATE_PREFIX: &str = "mt_t_";
/// The end of a template's name until it is complete.
pub(super) const BUILDING: &str = "_b";

/// The comment on a template.
pub(super) fn used_at(time: Duration) -> String {
    format!("{COMMENT}{}", time.as_secs())
}

/// The time of the last use, from the comment.
fn last_use(comment: &str) -> Option<Duration> {
    comment.strip_prefix(COMMENT)?.parse().ok().map(Duration::from_secs)
}

const COMMENT: &str = "migrate test template, last used at unix time ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_are_told_from_what_is_in_use() {
        const DAY: u64 = 24 * 3600;
        let now = Duration::from_secs(100 * DAY);
        let case = |name: &str, comment: Option<u64>, want| {
            let comment = comment.map(|age| used_at(now - Duration::from_secs(age)));
            let last_use = comment.as_deref().and_then(last_use);
            assert_eq!(is_leftover(name, last_use, now), want, "{name} {comment:?}");
        };
        let created = |age: u64| format!("mt_orders_{:x}_1_2", (now - Duration::from_secs(age)).as_micros());
        case(&created(3599), None, false);
        case(&created(3601), None, true);
        case("mt_t_0123456789abcdef", Some(6 * DAY), false);
        case("mt_t_0123456789abcdef", Some(8 * DAY), true);
        case("mt_t_0123456789abcdef", None, false); // it has no comment of ours
        case("mt_t_0123456789abcdef_b", Some(DAY - 1), false);
        case("mt_t_0123456789abcdef_b", Some(DAY + 1), true);
        case("mt_customers", Some(99 * DAY), false);
        case("customers", Some(99 * DAY), false);
    }
}
