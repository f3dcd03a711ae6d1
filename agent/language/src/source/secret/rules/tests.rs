#![allow(clippy::unwrap_used)]

use std::os::unix::fs::symlink;

use super::*;

fn refused(text: &str) -> Refusal {
    match SecretRules::default().judge(text) {
        Err(refusal) => refusal,
        Ok(reference) => panic!("{text}: {reference:?}"),
    }
}

#[test]
fn a_definition_names_only_what_the_operator_keeps_for_sources() {
    let rules = SecretRules::default();
    for allowed in [
        "env:FULLHOUSE_SECRET_KINO",
        "file:/run/secrets/fullhouse/kino",
        "file:/run/secrets/fullhouse/kino/key",
        "file:kino",
    ] {
        assert!(rules.judge(allowed).is_ok(), "{allowed}");
    }
    for text in [
        "env:FULLHOUSE_DATABASE__URL",
        "env:fullhouse_database__url",
        "env:FULLHOUSE_DATABASE_URL",
        "env:FULLHOUSE_CONFIG",
        "env:FULLHOUSE_EXPORT__STORE__SECRET_ACCESS_KEY",
        "env:FULLHOUSE_SECRETS__DIRECTORY",
        "env:FULLHOUSE_SECRET_",
        "env:PGPASSWORD",
        "env:PGPASSFILE",
        "env:AWS_SECRET_ACCESS_KEY",
        "env:KINO_KEY",
        "env:HOME",
        "env:",
        "env:FULLHOUSE_SECRET_A=B",
        "env:FULLHOUSE_SECRET_A\0",
        "file:/proc/self/environ",
        "file:/etc/fullhouse/fullhouse.toml",
        "file:/etc/passwd",
        "file:/run/secrets/kubernetes.io/serviceaccount/token",
        "file:/run/secrets/fullhouse",
        "file:/run/secrets/fullhouse/",
        "file:/run/secrets/fullhouse/../other",
        "file:/run/secrets/fullhouse/./../../../proc/self/environ",
        "file:/run/secrets/fullhouse-other/key",
        "file:../other",
        "file:",
        "hunter2",
    ] {
        let refusal = refused(text);
        assert!(
            refusal.way_out.contains("env:FULLHOUSE_SECRET_NAME"),
            "{text}"
        );
    }
    assert!(
        refused("env:PGPASSWORD")
            .problem
            .contains("setting of a program")
    );
    assert!(!refused("hunter2").problem.contains("hunter2"));
}

#[test]
fn an_operator_cannot_open_the_settings_by_mistake() {
    let new = |prefix: &str, directory: &str| {
        SecretRules::new(
            prefix,
            Path::new(directory),
            Some(Path::new("/srv/fleet/settings.toml")),
        )
    };
    let rules = new("KINO_", "/srv/keys").unwrap();
    assert!(rules.judge("env:KINO_KEY").is_ok());
    assert!(rules.judge("file:/srv/keys/kino").is_ok());
    assert!(rules.judge("env:FULLHOUSE_SECRET_KINO").is_err());
    for prefix in [
        "",
        "F",
        "f",
        "FULLHOUSE_",
        "FULLHOUSE_DATABASE",
        "P",
        "PG",
        "pg",
        "A",
        "AWS_",
        "1",
        "A-B",
    ] {
        let refusal = new(prefix, "/srv/keys").unwrap_err().to_string();
        assert!(
            refusal.starts_with("secrets.variable_prefix"),
            "{prefix}: {refusal}"
        );
    }
    for directory in [
        "/",
        "",
        "keys",
        "/proc",
        "/proc/self",
        "/etc/fullhouse",
        "/etc",
        "/srv/fleet",
        "/srv/keys/../..",
    ] {
        let refusal = new("KINO_", directory).unwrap_err().to_string();
        assert!(
            refusal.starts_with("secrets.directory"),
            "{directory}: {refusal}"
        );
    }
}

#[test]
fn a_link_leads_nowhere_but_inside() {
    let root = tempfile::tempdir().unwrap();
    let (keys, other) = (root.path().join("keys"), root.path().join("other"));
    fs::create_dir_all(keys.join("..data")).unwrap();
    fs::create_dir(&other).unwrap();
    fs::write(other.join("key"), "not for sources").unwrap();
    fs::write(keys.join("..data/key"), "for-sources\n").unwrap();
    symlink("..data/key", keys.join("key")).unwrap();
    symlink("../other/key", keys.join("relative")).unwrap();
    symlink(other.join("key"), keys.join("absolute")).unwrap();
    symlink(&other, keys.join("directory")).unwrap();
    symlink("/proc/self/environ", keys.join("environ")).unwrap();
    fs::write(keys.join("large"), vec![b'x'; 1 << 20]).unwrap();
    let settings = keys.join("settings");
    fs::write(&settings, "settings").unwrap();
    symlink("settings", keys.join("to-settings")).unwrap();
    let mut rules = SecretRules::new("KINO_", &keys, None).unwrap();
    rules.protected.push(settings);
    let read = |name: &str| rules.read(&rules.judge(&format!("file:{name}")).unwrap());
    assert_eq!(read("key").unwrap(), "for-sources");
    for name in [
        "relative",
        "absolute",
        "directory/key",
        "environ",
        "to-settings",
        "..data",
        "large",
        "missing",
    ] {
        assert!(read(name).is_err(), "{name}");
    }
}
