//! Real signals to the real program, in the middle of its work.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use super::{
    Said, agent, command,
    site::{SECRET, Site, definition},
};

/// Starts the program with pipes to hear what it says.
fn start(mut command: Command) -> Child {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

fn ended(child: Child) -> Said {
    Said::from(child.wait_with_output().unwrap())
}

#[test]
fn a_stopped_recording_leaves_what_is_whole() {
    let (site, directory) = (Site::open(), tempfile::tempdir().unwrap());
    let file = definition(directory.path(), &site.address);
    let recordings = directory.path().join("recordings");
    let (file, root) = (file.to_str().unwrap(), recordings.to_str().unwrap());
    let record = ["record", file, root, "--allow-private", "--most", "2"];
    let jobs = |name: &str| {
        recordings
            .join("seats")
            .join(name)
            .join("job.json")
            .exists()
    };

    site.is_silent_on("/seats/8");
    let child = start(command(&record, &[SECRET]));
    site.keeps_waiting();
    send(&child, Signal::INT);
    let said = ended(child);
    assert_eq!(said.code, Some(130), "{}{}", said.out, said.err);
    assert!(said.out.contains("3 jobs are in"), "{}", said.out);
    assert!(
        said.out.contains("seats 0001/8 was under way"),
        "{}",
        said.out
    );
    assert!(said.err.contains("stopped by Ctrl-C"), "{}", said.err);
    let kept = names_in(&recordings.join("seats"));
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(jobs(&kept[0]));
    let said = agent(&["replay", file, root, "--accept"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);

    // What was recorded before stands when it is recorded again, and that is stopped.
    site.is_silent_on("");
    assert_eq!(ended(start(command(&record, &[SECRET]))).code, Some(0));
    assert_eq!(names_in(&recordings.join("seats")).len(), 2);
    site.is_silent_on("/seats/7");
    let child = start(command(&record, &[SECRET]));
    site.keeps_waiting();
    send(&child, Signal::TERM);
    let said = ended(child);
    assert_eq!(said.code, Some(143), "{}{}", said.out, said.err);
    assert!(said.err.contains("stopped by SIGTERM"), "{}", said.err);
    assert!(
        names_in(&recordings.join("seats"))
            .iter()
            .all(|name| jobs(name))
    );
    let said = agent(&["replay", file, root]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
}

#[test]
fn a_try_that_waits_is_stopped() {
    let (site, directory) = (Site::open(), tempfile::tempdir().unwrap());
    let file = definition(directory.path(), &site.address);
    site.is_silent_on("/shows/0001");
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let words = ["try", file.to_str().unwrap(), "--allow-private"];
        let child = start(command(&words, &[SECRET]));
        site.keeps_waiting();
        send(&child, signal);
        let said = ended(child);
        assert_eq!(said.code, Some(code), "{}{}", said.out, said.err);
        // What came before is shown, and nothing after.
        assert!(said.out.contains("/cinemas"), "{}", said.out);
        assert!(!said.out.contains("/shows"), "{}", said.out);
        assert!(said.err.contains("stopped by"), "{}", said.err);
    }
}

/// A computation notices no signal: the second one ends the process.
#[test]
fn a_try_that_computes_without_end_is_stopped_by_a_second_signal() {
    let (site, directory) = (Site::open(), tempfile::tempdir().unwrap());
    let file = definition(directory.path(), &site.address);
    let text = fs::read_to_string(&file).unwrap();
    let endless = text.replace(r#"".list[]""#, r#""last(range(1e15))""#);
    assert_ne!(text, endless);
    fs::write(&file, endless).unwrap();
    let words = ["try", file.to_str().unwrap(), "--allow-private"];
    let mut child = start(command(&words, &[SECRET]));
    while site.asked().len() < 2 {
        thread::sleep(Duration::from_millis(10));
    }
    while child.try_wait().unwrap().is_none() {
        send(&child, Signal::INT);
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(ended(child).code, Some(130));
}

fn names_in(directory: &Path) -> Vec<String> {
    fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}
