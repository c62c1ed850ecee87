//! A rebuild of an application in the dev profile, compared with the same application without migrations.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};
use migrate_benches::folder;
use tempfile::TempDir;

const SIZE: usize = 1000;

/// Applications in one separate workspace, so that they share their dependencies.
struct Applications {
    workspace: TempDir,
}

const EMBEDDED: &str = r#"
static MIGRATIONS: migrate::MigrationSet = migrate::embed_migrations!();

fn main() {
    println!("{}", MIGRATIONS.migrations().len());
}
"#;

const READ: &str = r#"
fn main() {
    println!("{}", migrate::MigrationSet::read("migrations").map_or(0, |set| set.migrations().len()));
}
"#;

impl Applications {
    fn new() -> Applications {
        let applications = Applications { workspace: tempfile::tempdir().expect("a temporary folder") };
        let root = applications.workspace.path();
        fs::write(
            root.join("Cargo.toml"),
            "[workspace]\nmembers = ['*']\nexclude = ['target']\nresolver = '3'\n",
        )
        .expect("a manifest");
        let locked = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
        fs::copy(locked, root.join("Cargo.lock")).expect("the versions of the workspace");
        applications
    }

    fn add(&self, name: &str, main: &str) -> PathBuf {
        let package = self.workspace.path().join(name);
        let migrate = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrate");
        let manifest = format!(
            "[package]\nname = '{name}'\nedition = '2024'\n[dependencies]\nmigrate = {{ path = '{}' }}\n",
            migrate.display()
        );
        fs::create_dir_all(package.join("src")).expect("a folder");
        fs::write(package.join("Cargo.toml"), manifest).expect("a manifest");
        fs::write(package.join("src/main.rs"), main).expect("a program");
        package
    }

    fn add_embedded(&self, name: &str) -> PathBuf {
        let package = self.add(name, EMBEDDED);
        let migrations = package.join("migrations");
        fs::rename(folder(SIZE).keep(), &migrations).expect("one file system");
        let policy = "[hazards]\nhigh = 'allow'\ncontrolled = 'allow'\n";
        fs::write(migrations.join("migrate.toml"), policy).expect("the policy");
        package
    }

    fn build(&self, name: &str) {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--offline", "--package", name]).current_dir(self.workspace.path());
        // The application must not inherit the profile or the flags of the bench.
        cargo.env("CARGO_TARGET_DIR", self.workspace.path().join("target"));
        assert!(cargo.status().expect("cargo runs").success(), "{name} does not build");
    }

    fn rebuilds(&self, package: &Path, times: u64, change: impl Fn(&Path)) -> Duration {
        let name = package.file_name().and_then(|name| name.to_str()).expect("a name");
        self.build(name);
        let mut total = Duration::ZERO;
        for _ in 0..times {
            change(package);
            let began = Instant::now();
            self.build(name);
            total += began.elapsed();
        }
        total
    }
}

fn touch_program(package: &Path) {
    let main = fs::File::options().append(true).open(package.join("src/main.rs")).expect("the program");
    main.set_modified(SystemTime::now()).expect("a file's time");
}

fn edit_script(package: &Path) {
    let path = package.join("migrations/500_step.down.sql");
    let sql = fs::read_to_string(&path).expect("a script");
    fs::write(path, format!("{sql}-- edited\n")).expect("a script");
}

fn rebuilds(criterion: &mut Criterion) {
    let applications = Applications::new();
    let bare = applications.add("bare", READ);
    let new = applications.add_embedded("new");
    let locked = applications.add_embedded("locked");
    migrate::lock_file::write_analysed(&locked.join("migrations"), &[], Some(migrate_lint::analyse))
        .expect("a folder without mistakes");

    let mut group = criterion.benchmark_group(format!("rebuild with {SIZE} migrations and their rollbacks"));
    group.sample_size(10).sampling_mode(SamplingMode::Flat).measurement_time(Duration::from_secs(10));
    let mut measure = |name: &str, package: &Path, change: fn(&Path)| {
        group.bench_function(name, |b| b.iter_custom(|times| applications.rebuilds(package, times, change)));
    };
    measure("limit: the same application without them", &bare, touch_program);
    measure("all are locked", &locked, touch_program);
    measure("none is locked", &new, touch_program);
    measure("none is locked, and one is edited", &new, edit_script);
    group.finish();
}

criterion_group!(benches, rebuilds);
criterion_main!(benches);
