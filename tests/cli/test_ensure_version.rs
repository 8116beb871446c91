//! `migrator ensure-version`

use crate::support::TestEnv;

#[test]
fn the_version_table_is_made_and_nothing_else() {
    let env = TestEnv::with_graph(&["a1"]);
    insta::assert_snapshot!(env.run("ensure-version"), @"
    ------- stderr -------
    made the table alembic_version in app.db
    ");
    assert_eq!(
        env.query("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"),
        [
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
        ]
    );
    insta::assert_snapshot!(env.run("ensure_version"), @"
    ------- stderr -------
    app.db has the table alembic_version already
    ");
}

#[test]
fn the_sql_can_be_printed_instead() {
    let env = TestEnv::new();
    let before = env.files();
    insta::assert_snapshot!(env.run("ensure-version --sql"), @"CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));");
    assert_eq!(env.files(), before);
    env.config("[database]\nversion_table = \"my versions\"");
    insta::assert_snapshot!(env.run("ensure-version --sql"), @r#"CREATE TABLE IF NOT EXISTS "my versions" (version_num VARCHAR(32) NOT NULL, CONSTRAINT "my versions_pkc" PRIMARY KEY (version_num));"#);
}
