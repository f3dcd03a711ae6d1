#![allow(clippy::unwrap_used)]

use std::os::unix::fs::{chown, symlink};

use super::*;

const NOBODY: u32 = 65534;

fn is_root() -> bool {
    geteuid().is_root()
}

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

/// What every way of writing does with a path that somebody prepared.
fn refusals(path: &Path) -> Vec<PrivateError> {
    vec![
        create(path).map(drop).unwrap_err(),
        append(path, None).map(drop).unwrap_err(),
        write(path, "x").unwrap_err(),
        read(path).map(drop).unwrap_err(),
    ]
}

#[test]
fn a_directory_is_made_for_nobody_else() {
    let home = tempfile::tempdir().unwrap();
    let made = directory(&home.path().join("a/b"), Guest::default()).unwrap();
    assert_eq!(mode_of(&made), 0o700);
    // One that stood open is closed.
    fs::set_permissions(&made, fs::Permissions::from_mode(0o755)).unwrap();
    directory(&made, Guest::default()).unwrap();
    assert_eq!(mode_of(&made), 0o700);
    directory(&home.path().join("a/../a/b"), Guest::default()).unwrap();
}

#[test]
fn a_link_is_not_written_through() {
    let home = tempfile::tempdir().unwrap();
    let secret = home.path().join("secret");
    fs::write(&secret, "kept").unwrap();
    let link = home.path().join("log");
    symlink(&secret, &link).unwrap();
    for refusal in refusals(&link) {
        let said = refusal.to_string();
        assert!(said.contains("is a symbolic link"), "{said}");
        assert!(said.contains(&link.display().to_string()), "{said}");
    }
    assert_eq!(fs::read_to_string(&secret).unwrap(), "kept");
    // In a directory that is another's, the link goes and the file comes.
    replace(&link, "new", None).unwrap();
    assert_eq!(fs::read_to_string(&secret).unwrap(), "kept");
    assert_eq!(fs::read_to_string(&link).unwrap(), "new");
    assert_eq!(mode_of(&link), 0o600);
}

#[test]
fn a_file_with_a_second_name_is_not_written() {
    let home = tempfile::tempdir().unwrap();
    let secret = home.path().join("secret");
    fs::write(&secret, "kept").unwrap();
    let other = home.path().join("log");
    fs::hard_link(&secret, &other).unwrap();
    for refusal in refusals(&other) {
        assert!(refusal.to_string().contains("another name"), "{refusal}");
    }
    assert_eq!(fs::read_to_string(&secret).unwrap(), "kept");
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let home = tempfile::tempdir().unwrap();
    let pipe = home.path().join("log");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, 0o600.into()).unwrap();
    assert!(create(&pipe).is_err());
    assert!(append(&pipe, None).is_err());
    assert!(read(&pipe).is_err());
    assert!(
        create(home.path())
            .unwrap_err()
            .to_string()
            .contains("is a directory, not a file")
    );
}

#[test]
fn a_linked_directory_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let real = home.path().join("real");
    fs::create_dir(&real).unwrap();
    let link = home.path().join("data");
    symlink(&real, &link).unwrap();
    let said = directory(&link, Guest::default()).unwrap_err().to_string();
    assert!(
        said.contains("is a symbolic link, not a directory"),
        "{said}"
    );
    // Above, a link of ours leads where it leads.
    let below = directory(&link.join("below"), Guest::default()).unwrap();
    assert_eq!(below, fs::canonicalize(&real).unwrap().join("below"));
}

#[test]
fn a_directory_that_everybody_may_write_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let open = home.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    let said = directory(&open.join("data"), Guest::default())
        .unwrap_err()
        .to_string();
    assert!(said.contains("may be written by other users"), "{said}");
    assert!(
        said.contains("mode 0777") && said.contains("chmod go-w"),
        "{said}"
    );
    assert!(!open.join("data").exists());
    // Where each may only remove its own, as in /tmp, nobody can replace ours.
    fs::set_permissions(&open, fs::Permissions::from_mode(0o1777)).unwrap();
    directory(&open.join("data"), Guest::default()).unwrap();
}

/// Only root can give files to others, as only root's are worth a trap.
#[test]
fn what_another_user_owns_is_refused_to_root() {
    if !is_root() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let squatted = home.path().join("squatted");
    fs::create_dir(&squatted).unwrap();
    chown(&squatted, Some(NOBODY), None).unwrap();
    for path in [squatted.clone(), squatted.join("below")] {
        let said = directory(&path, Guest::default()).unwrap_err().to_string();
        assert!(said.contains("belongs to user 65534"), "{said}");
    }
    let file = home.path().join("log");
    fs::write(&file, "kept").unwrap();
    chown(&file, Some(NOBODY), None).unwrap();
    for refusal in refusals(&file) {
        assert!(
            refusal.to_string().contains("belongs to user 65534"),
            "{refusal}"
        );
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "kept");
    // A link that another left in a directory such as /tmp.
    let link = home.path().join("link");
    symlink(home.path(), &link).unwrap();
    std::os::unix::fs::lchown(&link, Some(NOBODY), None).unwrap();
    let said = directory(&link.join("data"), Guest::default())
        .unwrap_err()
        .to_string();
    assert!(said.contains("(owner 65534) is a symbolic link"), "{said}");
}

#[test]
fn a_guest_passes_through_and_no_more() {
    if !is_root() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("server");
    fs::create_dir(&path).unwrap();
    // As an earlier version left it.
    chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
    let guest = Guest {
        uid: Some(NOBODY),
        gid: Some(NOBODY),
    };
    directory(&path, guest).unwrap();
    let found = fs::metadata(&path).unwrap();
    assert_eq!(
        (found.uid(), found.gid(), mode_of(&path)),
        (0, NOBODY, 0o710)
    );
}

#[test]
fn passwords_are_long_and_differ() {
    let (one, other) = (password().unwrap(), password().unwrap());
    assert_eq!(one.len(), 2 * PASSWORD_BYTES);
    assert_ne!(one, other);
}
