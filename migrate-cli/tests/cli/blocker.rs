use tokio::runtime::{Builder, Runtime};
use tokio_postgres::Client;

use crate::project::Project;

/// A session that blocks others: its transaction stays open until [`Blocker::commits`].
pub(crate) struct Blocker {
    runtime: Runtime,
    client: Client,
}

impl Blocker {
    /// Its application name, which a waiting run reports.
    pub(crate) const NAME: &str = "the report";

    /// A session whose transaction has run this statement.
    pub(crate) fn holding(project: &Project, statement: &str) -> Blocker {
        let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
        let client = runtime.block_on(project.database.as_ref().unwrap().connect()).unwrap();
        let begin = format!("SET application_name = '{}'; BEGIN; {statement}", Blocker::NAME);
        runtime.block_on(client.batch_execute(&begin)).unwrap();
        Blocker { runtime, client }
    }

    pub(crate) fn commits(self) {
        self.runtime.block_on(self.client.batch_execute("COMMIT")).unwrap();
    }
}
