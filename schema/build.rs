//! Lists the files of functions, views and rollups in the order of `order.txt`, and has the crate
//! built again where a migration or such a file was added, which the compiler does not see.

use std::{
    collections::BTreeSet,
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// Directories whose files `migrate` applies again when they changed.
const DIRECTORIES: [&str; 3] = ["functions", "views", "rollups"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed=order.txt");
    let order = fs::read_to_string("order.txt")?;
    let listed: Vec<&str> = order
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    let mut found = BTreeSet::new();
    for directory in DIRECTORIES {
        collect(Path::new(directory), &mut found)?;
    }
    let once: BTreeSet<String> = listed.iter().map(|name| (*name).to_owned()).collect();
    if once.len() != listed.len() {
        return Err("order.txt lists a file twice".into());
    }
    if let Some(odd) = once.symmetric_difference(&found).next() {
        return Err(format!("{odd} must be a file and stand in order.txt").into());
    }
    let mut code = "[\n".to_owned();
    for name in listed {
        writeln!(
            code,
            "({name:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{name}\"))),"
        )?;
    }
    code.push(']');
    let out = PathBuf::from(env::var("OUT_DIR")?).join("repeatable.rs");
    fs::write(out, code)?;
    Ok(())
}

fn collect(directory: &Path, found: &mut BTreeSet<String>) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", directory.display());
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            found.insert(path.display().to_string());
        }
    }
    Ok(())
}
