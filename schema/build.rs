//! Has the crate built again where a migration was added, which the compiler does not see.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
