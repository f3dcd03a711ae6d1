//! CSV files: replaced as a whole, quoted right, removed with their day.

use std::fs;

use super::*;

const BOARD: &str = "[[deliver]]\nto = \"board\"\n";
const QUERY: &str = "SELECT n AS id, CASE n WHEN 1 THEN 'a \"b\", c' || chr(10) || 'd' WHEN 2 THEN NULL ELSE 'é' END AS title,
    n * 1.5 AS price, ARRAY[n, n] AS pair
FROM cinema_day CROSS JOIN LATERAL generate_series(1, admissions::integer) AS n
WHERE business_on = :day ORDER BY n";

#[tokio::test]
async fn a_file_has_the_rows_of_its_day_and_is_replaced_as_a_whole() {
    let db = &world().await;
    let home = tempfile::tempdir().unwrap();
    change(db, 1, 3).await;
    declare(db, "sales", QUERY, BOARD).await;
    let settings = &json!({ "board": csv(home.path()) });
    assert_eq!(deliver(db, settings).await.delivered, 3);
    let path = home.path().join(format!("sales/{}.csv", day(1)));
    let date = day(1);
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        format!(
            "day,id,title,price,pair\n{date},1,\"a \"\"b\"\", c\nd\",1.5,\"[1,1]\"\n{date},2,,3.0,\"[2,2]\"\n{date},3,é,4.5,\"[3,3]\"\n"
        )
    );
    // A reader that has it open goes on with the build of before.
    let mut open = fs::File::open(&path).unwrap();
    change(db, 1, 1).await;
    build(db).await;
    assert_eq!(deliver(db, settings).await.delivered, 1);
    let before = std::io::read_to_string(&mut open).unwrap();
    assert_eq!(before.lines().count(), 5);
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 3);
    let names = |of: &Path| -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(of)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let all: Vec<String> = [3, 2, 1]
        .map(|days_ago| format!("{}.csv", day(days_ago)))
        .to_vec();
    assert_eq!(names(&home.path().join("sales")), all);
    schema::data_set::remove(db, "sales").await.unwrap();
    assert_eq!(deliver(db, settings).await.removed, 3);
    assert_eq!(names(home.path()), [""; 0]);
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_named() {
    let db = &world().await;
    let home = tempfile::tempdir().unwrap();
    declare(db, "sales", QUERY, BOARD).await;
    let gone = home.path().join("gone");
    let settings = &json!({ "board": csv(&gone) });
    assert_eq!(deliver(db, settings).await.failed, 1);
    let error = errors(db).await;
    assert!(
        error[0].contains("correct deliveries.board.directory"),
        "{error:?}"
    );
    fs::create_dir(&gone).unwrap();
    skip_pauses(db).await;
    assert_eq!(deliver(db, settings).await.delivered, 3);
}

/// A data set without days has one file.
#[tokio::test]
async fn a_data_set_without_days_has_one_file() {
    let db = &world().await;
    let home = tempfile::tempdir().unwrap();
    let text = format!(
        "name = \"total\"\ndescription = \"A test\"\npartition = \"none\"\nevery = \"0s\"\ninputs = [\"rollup/cinema_day\"]\nquery = \"SELECT sum(admissions) AS admissions FROM cinema_day\"\n{BOARD}"
    );
    put(db, &[("total.toml".to_owned(), text)]).await;
    build(db).await;
    let settings = &json!({ "board": csv(home.path()) });
    assert_eq!(
        deliver(db, settings).await.delivered,
        1,
        "{:?}",
        errors(db).await
    );
    let path = home.path().join("total/whole.csv");
    assert_eq!(fs::read_to_string(&path).unwrap(), "admissions\n50\n");
    change(db, 1, 5).await;
    build(db).await;
    assert_eq!(deliver(db, settings).await.delivered, 1);
    assert_eq!(fs::read_to_string(&path).unwrap(), "admissions\n45\n");
}
