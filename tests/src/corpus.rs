use std::fs;
use std::path::Path;

use migrate::MigrationSet;

use crate::Folder;

/// A real migration folder that no one here wrote. It lies beside the project and not in it. Its policy takes it over
/// as it is, without a look at hazards.
#[derive(Debug)]
pub struct Corpus {
    /// The name of its folder.
    pub name: &'static str,
    /// The `migrate.toml` with which it can be read.
    pub policy: &'static str,
    /// How many migrations it has.
    pub count: usize,
}

/// The registry of crates.
pub const CRATES_IO: Corpus = Corpus {
    name: "crates-io",
    policy: "rollback = 'optional'
        lint-from = 99999999999999
        ignore = [
            'data_oauth_github.sql', # a script to run by hand
            '2024-04-12-144536_remove-downloads-column/down.sql', # CREATE INDEX CONCURRENTLY in a transaction
        ]",
    count: 285,
};

/// The core of zksync-era.
pub const ZKSYNC: Corpus = Corpus {
    name: "zksync",
    policy: "rollback = 'optional'
        lint-from = 99999999999999
        ignore = [
            '20241812144402_*.sql', # no `.up`: never part of the pairs, and there is no month 18
            '20240325133100_*.down.sql', # its migration is 20240325143100
        ]",
    count: 268,
};

impl Corpus {
    /// A copy of the folder with its policy; a checkout without the corpus says that it was left out.
    pub fn folder(&self) -> Option<Folder> {
        self.folder_with(self.policy)
    }

    /// The same with a policy that judges every migration, and tells what it finds as warnings.
    pub fn analysed(&self) -> Option<Folder> {
        let policy = self.policy.replace("lint-from = 99999999999999", "");
        self.folder_with(&format!("{policy}\n[hazards]\nhigh = 'warn'\ncontrolled = 'warn'"))
    }

    fn folder_with(&self, policy: &str) -> Option<Folder> {
        let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora");
        let original = corpora.join(self.name).join("migrations");
        if !original.is_dir() {
            println!("LEFT OUT: the corpus {} does not lie beside this checkout", self.name);
            return None;
        }
        let folder = Folder::with_policy(policy);
        copy(&original, &folder.directory());
        Some(folder)
    }

    /// The set that it makes.
    pub fn set(&self) -> Option<MigrationSet> {
        self.folder().map(|folder| folder.set())
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::write(target, fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}
