//! The programs of other PostgreSQL versions, which npm provides.

use std::collections::hash_map::DefaultHasher;
use std::env;
use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::hash::{Hash, Hasher};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::install::our_user;
use crate::step::{Done, Failed, root, run, works};

/// The programs of a PostgreSQL server of one major version.
#[derive(Debug)]
pub(crate) struct Programs {
    pub(crate) major: u32,
    /// The directory of `initdb` and `postgres`.
    pub(crate) directory: PathBuf,
}

impl Programs {
    /// The programs that `ci/pg-versions` names, oldest first. They are installed if no earlier run has done so.
    pub(crate) fn all() -> Result<Vec<Self>, Failed> {
        let manifest = read(&described("package.json"))?;
        let mut hash = DefaultHasher::new();
        (&manifest, read(&described("package-lock.json"))?).hash(&mut hash);
        // They are not in the checkout: as root, the servers run as another user, who may not have access to it.
        let base = env::temp_dir().join(format!("migrate-pg-{}", our_user()?));
        let directory = base.join(format!("{:016x}", hash.finish()));
        let majors = majors(&manifest);
        let all = || majors.iter().map(|&major| Self::below(&directory, major)).collect::<Vec<_>>();
        own(&base)?;
        // If several runs need the programs, one installs them and the others wait.
        let _lock = lock(&base.join("lock"))?;
        if !all().iter().all(Self::work) {
            install(&directory, &majors)?;
        }
        match all().into_iter().find(|programs| !programs.work()) {
            None => Ok(all()),
            Some(broken) => Err(Failed(format!("the programs in {} do not run", broken.directory.display()))),
        }
    }

    fn below(directory: &Path, major: u32) -> Self {
        Self { major, directory: package(directory, major).join("native/bin") }
    }

    fn work(&self) -> bool {
        let mut programs = ["initdb", "postgres"].iter().map(|program| self.directory.join(program));
        programs.all(|program| works(Command::new(program).arg("--version")))
    }
}

/// The major versions among a manifest's aliases. Each alias is on its own line, so this needs no JSON reader.
fn majors(manifest: &str) -> Vec<u32> {
    let aliases =
        manifest.lines().filter_map(|line| line.trim().strip_prefix("\"pg")?.split_once("\": \"npm:"));
    let mut majors: Vec<u32> = aliases.filter_map(|(major, _)| major.parse().ok()).collect();
    majors.sort_unstable();
    majors
}

fn package(directory: &Path, major: u32) -> PathBuf {
    directory.join(format!("node_modules/pg{major}"))
}

fn described(name: &str) -> PathBuf {
    root().join("ci/pg-versions").join(name)
}

fn read(path: &Path) -> Result<String, Failed> {
    fs::read_to_string(path).map_err(|error| cannot("read", path, &error))
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> Failed {
    Failed(format!("cannot {what} {}: {error}", path.display()))
}

/// Creates a directory in the shared temporary folder, and refuses one in which other users could put programs.
fn own(directory: &Path) -> Done {
    // The umask must not keep the user of the servers out.
    let open = |()| fs::set_permissions(directory, Permissions::from_mode(0o755));
    match fs::create_dir(directory).and_then(open) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(cannot("create", directory, &error));
        }
        _ => {}
    }
    let found = fs::symlink_metadata(directory).map_err(|error| cannot("look at", directory, &error))?;
    if found.is_dir() && found.uid() == our_user()? && found.mode() & 0o022 == 0 {
        return Ok(());
    }
    Err(Failed(format!("{} is not ours alone to write in; remove it", directory.display())))
}

fn lock(path: &Path) -> Result<File, Failed> {
    let file = File::create(path).and_then(|file| file.lock().map(|()| file));
    file.map_err(|error| cannot("lock", path, &error))
}

/// Installs into a directory with another name first, so that no run finds an incomplete installation.
fn install(directory: &Path, majors: &[u32]) -> Done {
    if !works(Command::new("npm").arg("--version")) {
        return Err(Failed(NO_NPM.to_owned()));
    }
    // A killed run may have left such a directory, and an older installation may have lost files since.
    let draft = directory.with_file_name("draft");
    remove(&draft)?;
    fill(&draft, majors)?;
    remove(directory)?;
    fs::rename(&draft, directory).map_err(|error| cannot("create", directory, &error))
}

fn remove(directory: &Path) -> Done {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(cannot("remove", directory, &error)),
        _ => Ok(()),
    }
}

fn fill(draft: &Path, majors: &[u32]) -> Done {
    fs::create_dir(draft).map_err(|error| cannot("create", draft, &error))?;
    for name in ["package.json", "package-lock.json"] {
        fs::copy(described(name), draft.join(name)).map_err(|error| cannot("write", draft, &error))?;
    }
    let npm_ci = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    run("PostgreSQL's programs", Command::new("npm").args(npm_ci).current_dir(draft))?;
    for &major in majors {
        link(&package(draft, major))?;
    }
    // The user of the servers must be able to read the files too.
    run("rights", Command::new("chmod").args(["-R", "a+rX"]).arg(draft))
}

/// Creates the symbolic links of a package. A package of npm cannot hold them, so this package lists them in a file.
fn link(package: &Path) -> Done {
    for (file, link) in links(&read(&package.join("native/pg-symlinks.json"))?) {
        let (file, link) = (package.join(file), package.join(link));
        // Both are in the same directory.
        let target = file.file_name().map(OsString::from).unwrap_or_default();
        symlink(target, &link).map_err(|error| cannot("create", &link, &error))?;
    }
    Ok(())
}

/// The pairs in `[{"source":"file","target":"link"},…]`.
fn links(list: &str) -> Vec<(&str, &str)> {
    let strings: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    strings.chunks_exact(4).map(|pair| (pair[1], pair[3])).collect()
}

const NO_NPM: &str = "\
The other versions of PostgreSQL come from npm, and this machine has no npm. On Debian, as root:
  apt-get install npm
Or install Node.js, which contains npm. `cargo xtask test` needs neither.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn majors_are_those_of_the_aliases() {
        let manifest = "{\n  \"name\": \"pg-versions\",\n  \"dependencies\": {\n    \"pg18\": \"npm:@x/y@18.4.0\",\n    \
                        \"pg9\": \"npm:@x/y@9.6.0\"\n  }\n}\n";
        assert_eq!(majors(manifest), [9, 18]);
        assert_eq!(majors("{}"), Vec::<u32>::new());
    }

    #[test]
    fn links_are_read_in_pairs() {
        let list =
            r#"[{"source":"lib/a.so.1.2","target":"lib/a.so"},{"source":"lib/b.so.3","target":"lib/b.so"}]"#;
        assert_eq!(links(list), [("lib/a.so.1.2", "lib/a.so"), ("lib/b.so.3", "lib/b.so")]);
        assert_eq!(links("[]"), []);
    }
}
