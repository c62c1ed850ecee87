//! The work of the macro at each build of the user's crate, compared with only reading the files.

use std::fs;
use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use migrate_benches::{SIZES, folder, set};

fn read_files(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).expect("the folder is there");
    entries.map(|entry| fs::read(entry.expect("an entry").path()).expect("a file").len()).sum()
}

fn folders(criterion: &mut Criterion) {
    for size in SIZES {
        let folder = folder(size);
        let mut group = criterion.benchmark_group(format!("folder of {size}"));
        group.bench_function("limit: read the files", |b| b.iter(|| black_box(read_files(folder.path()))));
        group.bench_function("read, check and hash", |b| b.iter(|| black_box(set(folder.path()))));
        group.finish();
    }
}

criterion_group!(benches, folders);
criterion_main!(benches);
