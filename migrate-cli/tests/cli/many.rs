//! A folder with 1,000 migrations.

use std::time::{Duration, Instant};

use crate::project::Project;

/// A debug build on a machine that does other things too; alone it takes a tenth of that.
const AT_ONCE: Duration = Duration::from_secs(2);

#[test]
fn answers_at_once() {
    for (engine, project) in Project::both("many") {
        for number in 0..1000 {
            let name = format!("migrations/{}_create_t{number}", 20_250_101_000_000_u64 + number);
            project.put(
                &format!("{name}.up.sql"),
                &format!("CREATE TABLE t{number} (id bigint PRIMARY KEY, name text);"),
            );
            project.put(&format!("{name}.down.sql"), &format!("DROP TABLE t{number};"));
        }
        let timed = |arguments: &[&str]| {
            let since = Instant::now();
            let outcome = project.run(arguments);
            (outcome, since.elapsed())
        };
        let (outcome, elapsed) = timed(&["status"]);
        outcome.exits(1).answers("0 applied, 1000 pending");
        assert!(elapsed < AT_ONCE, "{engine}: {elapsed:?}");
        project.run(&["up", "--quiet", "--single-transaction"]).exits(0);
        let (outcome, elapsed) = timed(&["status"]);
        outcome.exits(0).answers("1000 applied");
        assert!(elapsed < AT_ONCE, "{engine}: {elapsed:?}");
    }
}
