//! `docs/lint.md`, written from what the guide has.

use std::fmt::Write as _;

use crate::lint::guide::{guide, help};
use crate::rule::Rule;

/// The whole of `docs/lint.md`.
pub fn page() -> String {
    let mut page = String::from(HEAD);
    page.push_str("| rule | finds | level |\n|---|---|---|\n");
    for rule in Rule::ALL {
        let (name, level, title) = (rule.name(), rule.default_level().as_str(), guide(rule).title);
        // Writing to a string does not fail, here and below.
        let _written = writeln!(page, "| [`{name}`](#{name}) | {title} | {level} |");
    }
    for rule in Rule::ALL {
        let _written = write!(page, "\n## {}\n\n{}", rule.name(), help(rule));
    }
    page
}

const HEAD: &str = "\
# The rules of `migrator lint`

`migrator lint` looks at what revisions do before they run: it runs them in memory, one by one, and compares the schema before and after each.
`migrator lint REV` and `migrator lint A:B` report on some of them; `current:` is what the database has not run yet, and where it stands.
It exits with 1 where a finding has the level `error`, and with `--strict` where it has the level `warning`.

<!-- session: example with traps -->
```console
$ sed -n 8,15p versions/d1e2f3a4b5c6_ask_for_a_country.sql
-- migrate:upgrade
ALTER TABLE users ADD COLUMN country TEXT NOT NULL;
UPDATE posts SET content = lower(\"contnet\") WHERE content GLOB '*[A-Z]*';

-- migrator:allow drop-column: the feed has it
ALTER TABLE posts DROP COLUMN created_at;

-- migrate:downgrade
$ migrator lint d1e2
warning[add-not-null]: `users.country` is new, must not be NULL and has no DEFAULT: the upgrade fails where there are rows
 --> versions/d1e2f3a4b5c6_ask_for_a_country.sql:9:30
  |
9 | ALTER TABLE users ADD COLUMN country TEXT NOT NULL;
  |                              ^^^^^^^
hint: give it a DEFAULT, or give the rows a value in a rebuild, or refuse to run while there are such: `-- migrate:refuse-if MESSAGE: QUERY`

error[double-quoted-string]: \"contnet\" names no column here, and SQLite takes it for the string 'contnet'
  --> versions/d1e2f3a4b5c6_ask_for_a_country.sql:10:34
   |
10 | UPDATE posts SET content = lower(\"contnet\") WHERE content GLOB '*[A-Z]*';
   |                                  ^^^^^^^^^
hint: write 'contnet' if it is a string, or correct the name

warning[no-downgrade]: the upgrade changes the schema, and the downgrade is empty: it would leave everything there
  --> versions/d1e2f3a4b5c6_ask_for_a_country.sql:15:1
   |
15 | -- migrate:downgrade
   | ^^^^^^^^^^^^^^^^^^^^
hint: write the way back, or say that there is none: `-- migrate:downgrade irreversible`

1 error, 2 warnings in 1 revision
[exit status: 1]
```

`--format github` prints annotations for GitHub Actions, `--format sarif` [SARIF](https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html) 2.1.0, `--json` the [findings](json.md#lint).
The first two give paths from the root of the repository: `GITHUB_WORKSPACE`, or the next folder above the project that holds `.git`.

A finding that is right where it stands is silenced in the file, by name, several of them with commas between; what follows a colon is for people:

```sql
-- migrator:allow drop-column, no-downgrade: nobody has read it since 2.3
ALTER TABLE users DROP COLUMN nickname;
```

Such a line inside a body stands for the statements right below it, up to the next blank line; behind a statement it stands for that one, and anywhere else (above `-- migrate:upgrade`, say) for the whole file.
Rules about a revision as a whole (`empty-upgrade`, `no-downgrade`, `downgrade-does-not-undo`, `edited-after-applied`, `two-heads`, `does-not-run`) are silenced from anywhere in the file.

In `alembic.toml` a rule gets another level in all files: `error`, `warning`, `note` or `off`.

```toml
[lint]
drop-table = \"error\"
missing-index-on-foreign-key = \"off\"
```

`migrator status` counts what is found in the pending revisions.
`upgrade` says before it runs how many `drop-table`, `drop-column`, `delete-rows`, `attach-in-wal` and `empty-upgrade` the pending revisions have, and `update-all-rows` where that is a warning.
That is read off the statements alone and takes no time, so no other rule looks there, and it does not see all that `lint` sees; what the same upgrade makes does not count, nor what `-- migrate:warn-if` says with the number of rows.
The tables that keep the versions and the log, and those of `[schema] exclude`, are left out; one of those that a revision uses and none makes is taken from the declared schema.

";
