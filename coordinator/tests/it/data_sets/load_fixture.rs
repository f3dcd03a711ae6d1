//! A directory to which files come, and a data set that reads them.

use std::path::PathBuf;

use chrono::{TimeDelta, Utc};
use coordinator::background::loads::{ListedFiles, list_all};

use super::*;

/// The columns of the data set.
const COLUMNS: &str = "columns = [
    { name = \"id\", type = \"text\", required = true },
    { name = \"n\", type = \"bigint\" },
    { name = \"price\", type = \"numeric\", from = \"price\" },
    { name = \"sold_at\", type = \"timestamptz\" },
    { name = \"more\", type = \"jsonb\" },
]";

/// A directory that may be read.
pub(super) struct Inbox {
    _home: tempfile::TempDir,
    pub(super) place: PathBuf,
    pub(super) settings: LoadSettings,
}

impl Inbox {
    pub(super) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let place = home.path().canonicalize().unwrap().join("in");
        std::fs::create_dir(&place).unwrap();
        let settings = LoadSettings {
            places: vec![place.to_str().unwrap().to_owned()],
            ..LoadSettings::default()
        };
        Self {
            _home: home,
            place,
            settings,
        }
    }

    /// Writes a file of a day so many days ago, as a whole.
    pub(super) fn put(&self, days_ago: i64, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(days_ago, name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let staged = self.place.join("staged");
        std::fs::write(&staged, content).unwrap();
        std::fs::rename(staged, path).unwrap();
    }

    pub(super) fn remove(&self, days_ago: i64, name: &str) {
        std::fs::remove_file(self.path(days_ago, name)).unwrap();
    }

    pub(super) fn path(&self, days_ago: i64, name: &str) -> PathBuf {
        self.place.join(date(days_ago)).join(name)
    }

    /// The file of a data set of the last three days whose files are of a format; `more` are further lines
    /// of its table `[files]`.
    pub(super) fn file(&self, name: &str, format: &str, more: &str) -> (String, String) {
        self.file_since(name, format, 3, more)
    }

    pub(super) fn file_since(
        &self,
        name: &str,
        format: &str,
        days: i64,
        more: &str,
    ) -> (String, String) {
        let place = self.place.display();
        let since = date(days);
        let text = format!(
            "name = \"{name}\"\ndescription = \"A test\"\nsince = {since}\nnot_before = \"00:00\"\ndeadline = \"00:00\"\n\
            [files]\nplace = \"{place}\"\npath = \"{{date}}/*\"\nformat = \"{format}\"\n{more}\n{COLUMNS}\n"
        );
        (format!("{name}.toml"), text)
    }

    pub(super) async fn list(&self, db: &PgPool) -> ListedFiles {
        list_all(db, &self.settings, &CancellationToken::new())
            .await
            .unwrap()
    }

    /// Lists, then builds until nothing is due.
    pub(super) async fn run(&self, db: &PgPool) -> BuiltDataSets {
        self.list(db).await;
        build_with(db, "one", &self.settings).await
    }
}

/// The day so many days ago, in UTC.
pub(super) fn date(days_ago: i64) -> String {
    (Utc::now() - TimeDelta::days(days_ago))
        .date_naive()
        .to_string()
}

/// Packs a text with gzip.
pub(super) fn gz(text: &[u8]) -> Vec<u8> {
    use std::io::Write as _;

    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Lines of JSON with these ids.
pub(super) fn lines(ids: &[&str]) -> String {
    ids.iter().fold(String::new(), |text, id| {
        text + &format!("{{\"id\":\"{id}\",\"n\":1}}\n")
    })
}

/// The ids of a data set, by day and id.
pub(super) async fn ids(db: &PgPool, name: &str) -> Vec<String> {
    let sql = format!(
        "SELECT ((now() AT TIME ZONE 'UTC')::date - day) || ' ' || id FROM data_set.{name} ORDER BY day, id"
    );
    texts(db, &sql).await
}
