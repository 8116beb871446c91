"""How many changes of a schema Alembic's autogenerate gets right on SQLite, and how many migrator does.

    $ python bench/autogenerate_alembic.py [--migrator target/release/migrator] [--list] [CASE ...]

Needs Alembic. The pairs are the folders of tests/autogenerate/golden: a database with from.sql and
rows.sql is to become one with to.sql.

* Alembic is given what SQLAlchemy reflects from to.sql for its models. That is a limit, and not in
  its favour: what SQLAlchemy cannot reflect (views, triggers, expression indexes, WITHOUT ROWID …)
  it is never asked for. It cannot be said in models either, or only by hand, so nothing is taken
  from it that its users have. It runs in batch mode, with types, server defaults and the opt-in
  comparison of CHECK constraints turned on, and with a filter for virtual tables and their shadow
  tables, that is with more than it does by default. The file is run as it was generated; nobody
  edits it.
* migrator is given to.sql itself, and the arguments of the case (`--rename`, `--fill`).

What came out is read with SQLite's pragmas and a tokenizer; neither tool has a part in that.

right    the schema is that of to.sql, and what survives is what it was; or rows that to.sql cannot
         hold stood in the way, and nothing at all was changed
wrong    it ran, and the schema is another one, or rows were lost or changed
missed   there is a difference, and nothing was generated
failed   autogenerate or upgrade ended with an error
*        what SQLAlchemy reflects from to.sql, and would make from it, is not all of to.sql
"""

import argparse
import collections
import contextlib
import datetime
import io
import logging
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import warnings

ROOT = pathlib.Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "autogenerate" / "golden"
OURS = {"alembic_version", "migrator_log"}

# ------------------------------------------------------------------------------------- tokens

TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
      | (?P<number>[xX]'[^']*'|(?:\d[\w.]*(?:(?<=[eE])[+-]\d+)?|\.\d\w*))
      | (?P<text>'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
      | (?P<word>[\w$]+)
      | (?P<sign>->>|\|\||->|<=|>=|<>|!=|==|<<|>>|.)""",
    re.VERBOSE | re.DOTALL,
)


def tokens(sql):
    """(kind, meaning) of each token; names without quotes, everything but strings folded."""
    found = []
    for match in TOKEN.finditer(sql or ""):
        kind, text = match.lastgroup, match.group()
        if kind == "space":
            continue
        if kind == "quoted":
            quote, text = text[0], text[1:-1]
            if quote != "[":
                text = text.replace(quote * 2, quote)
            # `"email"` and `email` are one name.
            kind = "name"
        found.append((kind, text if kind == "text" else fold(text)))
    return found


def fold(name):
    return "".join(it.lower() if it.isascii() else it for it in name)


def meaning(of):
    return " ".join(text for _, text in of)


def behind_name(sql, what):
    found = tokens(sql)
    at = found.index(("word", what)) + 1
    if found[at] == ("word", "if"):
        at += 3
    return found[at + 1 :]


def group_end(of, at):
    depth = 0
    for n in range(at, len(of)):
        depth += (of[n] == ("sign", "(")) - (of[n] == ("sign", ")"))
        if depth == 0:
            return n
    raise ValueError(meaning(of))


def split(of):
    items, depth = [[]], 0
    for token in of:
        depth += (token == ("sign", "(")) - (token == ("sign", ")"))
        if depth == 0 and token == ("sign", ","):
            items.append([])
        else:
            items[-1].append(token)
    return items


def unwrapped(of):
    while len(of) > 2 and of[0] == ("sign", "(") and group_end(of, 0) == len(of) - 1:
        of = of[1:-1]
    return of


# -------------------------------------------------------------------------------------- facts


def quote(name):
    return '"' + name.replace('"', '""') + '"'


def user_tables(db):
    sql = """SELECT name, type, wr, strict FROM pragma_table_list
             WHERE schema = 'main' AND type IN ('table', 'virtual') ORDER BY name"""
    return [it for it in db.execute(sql) if it[0] not in OURS and not it[0].startswith("sqlite_")]


def columns(db, table):
    """name, type, notnull, default, key, hidden"""
    sql = 'SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?)'
    return db.execute(sql, [table]).fetchall()


def index_columns(db, index):
    sql = """SELECT coalesce(name, '<' || cid || '>'), "desc", coll
             FROM pragma_index_xinfo(?) WHERE key ORDER BY seqno"""
    return ", ".join(f"{fold(a)} {b} {fold(c)}" for a, b, c in db.execute(sql, [index]))


class Cursor:
    """The clauses of a CREATE TABLE, one after the other."""

    def __init__(self, of):
        self.of, self.at = of, 0

    def peek(self, ahead=0):
        at = self.at + ahead
        return self.of[at] if at < len(self.of) else ("end", "")

    def next(self):
        self.at += 1
        return self.peek(-1)

    def skip(self, *words):
        there = all(self.peek(n) == ("word", word) for n, word in enumerate(words))
        self.at += len(words) * there
        return there

    def group(self):
        if self.peek() != ("sign", "("):
            return []
        end = group_end(self.of, self.at)
        inner, self.at = self.of[self.at + 1 : end], end + 1
        return inner

    def conflict(self):
        text = self.next()[1] if self.skip("on", "conflict") else ""
        return "" if text == "abort" else text


CLAUSES = "constraint primary not null unique check default collate references generated as".split()
CONSTRAINTS = "constraint primary unique check foreign".split()


def table_text(db, sql):
    """What only the text of a table says: by column, and in all."""
    body = behind_name(sql, "table")
    start = body.index(("sign", "("))
    by_column, constraints = {}, []
    for item in split(body[start + 1 : group_end(body, start)]):
        if item[0][0] == "word" and item[0][1] in CONSTRAINTS:
            clauses(db, Cursor(item), None, {}, constraints)
            continue
        own = by_column[item[0][1].strip("'")] = {"null": "", "collate": "", "as": ""}
        first = next((n for n, it in enumerate(item) if n and it[0] == "word" and it[1] in CLAUSES), None)
        if first:
            clauses(db, Cursor(item[first:]), item[0][1], own, constraints)
    return by_column, constraints


def clauses(db, cursor, column, own, constraints):
    name = ""

    def listed():
        items = [meaning([t for t in it if t != ("word", "asc")]) for it in split(cursor.group()) if it]
        return ", ".join(items) or column

    while (token := cursor.next())[0] != "end":
        named, name = name, ""
        word = token[1] if token[0] == "word" else ""
        if word == "constraint":
            name = cursor.next()[1]
        elif word == "primary" and cursor.skip("key"):
            keys = listed()
            cursor.skip("asc")
            keys += " desc at column" if cursor.skip("desc") else ""
            conflict = cursor.conflict()
            auto = cursor.skip("autoincrement")
            constraints.append(f"primary key {named} ({keys}) {conflict} autoincrement {auto}")
        elif word == "not" and cursor.skip("null"):
            own["null"] = cursor.conflict()
        elif word == "unique":
            constraints.append(f"unique {named} ({listed()}) {cursor.conflict()}")
        elif word == "check":
            constraints.append(f"check {named} ({meaning(cursor.group())})")
        elif word == "default":
            if not cursor.group() and cursor.next()[1] in "+-":
                cursor.next()
        elif word == "collate":
            own["collate"] = cursor.next()[1].replace("binary", "")
        elif word in ("generated", "as"):
            cursor.skip("always")
            cursor.skip("as")
            own["as"] = meaning(cursor.group())
        elif word == "foreign" and cursor.skip("key"):
            children = listed()
            cursor.skip("references")
            constraints.append(reference(db, cursor, named, children))
        elif word == "references":
            constraints.append(reference(db, cursor, named, column))


def reference(db, cursor, name, children):
    parent = cursor.next()[1]
    keys = meaning(cursor.group()).replace(" , ", ", ")
    if not keys:
        own = sorted((it[4], fold(it[0])) for it in columns(db, parent) if it[4])
        keys = ", ".join(it for _, it in own)
    deferred, match = False, ""
    while True:
        if cursor.skip("on"):
            cursor.next()
            _ = cursor.skip("set") or cursor.skip("no")
            cursor.next()
        elif cursor.skip("match"):
            match = cursor.next()[1].replace("simple", "")
        elif cursor.skip("not", "deferrable"):
            if cursor.skip("initially"):
                cursor.next()
        elif cursor.skip("deferrable"):
            if cursor.skip("initially"):
                deferred = cursor.next()[1] == "deferred"
        else:
            return f"foreign key {name} ({children}) to {parent} ({keys}) match {match} {deferred}"


def table_facts(db, name, wr, strict, sql):
    by_column, lines = table_text(db, sql)
    lines.append(f"without rowid {wr} strict {strict}")
    automatic = db.execute("SELECT name, origin FROM pragma_index_list(?) WHERE origin <> 'c'", [name])
    automatic = automatic.fetchall()
    lines += [f"automatic index {origin} {index_columns(db, it)}" for it, origin in automatic]
    has_key_index = any(origin == "pk" for _, origin in automatic)
    for column, datatype, notnull, default, key, hidden in columns(db, name):
        own = by_column.get(fold(column), {"null": "", "collate": "", "as": ""})
        is_rowid = key and not has_key_index and not wr
        nothing = is_rowid or (key and (wr or strict) and not own["null"])
        null = f"not null {own['null']}" if notnull and not nothing else ""
        default = default and meaning(unwrapped(tokens(default)))
        lines.append(
            f"column {fold(column)}: {meaning(tokens(datatype))} {null} default {default}"
            f" collate {own['collate']} key {key} hidden {hidden} as {own['as']}"
        )
    keys = collections.defaultdict(list)
    sql = 'SELECT id, "from", "table", on_update, on_delete FROM pragma_foreign_key_list(?) ORDER BY id, seq'
    for number, *rest in db.execute(sql, [name]):
        keys[number].append(" ".join(map(fold, rest)))
    lines += [f"reference {'; '.join(it)}" for it in keys.values()]
    return sorted(lines)


def facts(db):
    """The lines that describe each object."""
    found = {}
    texts = {(kind, name): (table, sql) for kind, name, table, sql in
             db.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema")}
    for name, kind, wr, strict in user_tables(db):
        sql = texts["table", name][1]
        if kind == "virtual":
            found[f"table {fold(name)}"] = [meaning(behind_name(sql, "table"))]
        else:
            found[f"table {fold(name)}"] = table_facts(db, name, wr, strict, sql)
    shadows = {it for (it,) in db.execute("SELECT name FROM pragma_table_list WHERE type = 'shadow'")}
    for (kind, name), (table, sql) in texts.items():
        if kind == "table" or sql is None or table in OURS | shadows:
            continue
        body = behind_name(sql, kind)
        if kind == "trigger":
            text = meaning(body).removeprefix("before ").replace(" for each row ", " ", 1)
            lines = [text]
        elif kind == "index":
            start = body.index(("sign", "("))
            end = group_end(body, start)
            items = [meaning(it[:-1] if it[-1] == ("word", "asc") else it)
                     for it in split(body[start + 1 : end])]
            unique = db.execute('SELECT "unique" FROM pragma_index_list(?) WHERE name = ?', [table, name])
            lines = [fold(table), str(unique.fetchone()), ", ".join(items), index_columns(db, name),
                     meaning(body[end + 1 :])]
        else:
            lines = [meaning(body)]
        found[f"{kind} {fold(name)}"] = lines
    return found


def difference(left, right):
    text = []
    for key in sorted(left.keys() | right.keys()):
        a, b = left.get(key, []), right.get(key, [])
        if a != b or (key in left) != (key in right):
            text += [key] + [f"  - {it}" for it in a if it not in b] + [f"  + {it}" for it in b if it not in a]
    return text


# --------------------------------------------------------------------------------------- rows


def affinity(datatype, strict):
    datatype = datatype.upper()
    for words, name in ((["INT"], "INTEGER"), (["CHAR", "CLOB", "TEXT"], "TEXT"), (["BLOB"], "BLOB"),
                        (["REAL", "FLOA", "DOUB"], "REAL")):
        if any(it in datatype for it in words):
            return name
    return "ANY" if strict and datatype == "ANY" else "NUMERIC" if datatype else "BLOB"


def rowid_name(db, table, wr):
    taken = {fold(it[0]) for it in columns(db, table)}
    has_index = db.execute("SELECT 1 FROM pragma_index_list(?) WHERE origin = 'pk'", [table]).fetchone()
    if wr or (any(it[4] for it in columns(db, table)) and not has_index):
        return None
    return next((it for it in ("rowid", "_rowid_", "oid") if it not in taken), None)


def expected_rows(case, tables_to):
    """What survives, as SQLite itself would take it over into a database with to.sql."""
    db = database(case.from_sql + case.rows)
    db.execute("ATTACH ':memory:' AS other")
    expected = {}
    names_to = {fold(it[0]): it for it in tables_to}
    to = database(case.to_sql)
    for name, kind, wr, strict in user_tables(db):
        new = names_to.get(case.renames.get(fold(name), fold(name)))
        if kind != "table" or new is None or new[1] != "table":
            continue
        others = {fold(it[0]): it for it in columns(to, new[0])}
        pairs = []
        for column in columns(db, name):
            other = others.get(case.renames.get(f"{fold(name)}.{fold(column[0])}", fold(column[0])))
            if other is None or column[5] or other[5] or fold(other[0]) in case.fills.get(fold(new[0]), ()):
                continue
            pairs.append((column[0], other))
        rowid = rowid_name(db, name, wr) if rowid_name(to, new[0], new[2]) else None
        # A table without constraints does the conversions and nothing else.
        definition = [f"c{n} {other[1]}" if affinity(other[1], new[3]) != "ANY" else f"c{n} BLOB"
                      for n, (_, other) in enumerate(pairs)]
        listed = [quote(it) for it, _ in pairs]
        selected = ", ".join(([rowid] if rowid else []) + listed) or "1"
        db.execute(f"CREATE TABLE other.t (r, {', '.join(definition) or 'x'})")
        extra = "" if rowid else "NULL, "
        db.execute(f"INSERT INTO other.t SELECT {extra}{selected} FROM main.{quote(name)}")
        marks = ", ".join(f"typeof(c{n}), quote(c{n})" for n in range(len(pairs))) or "1"
        expected[new[0]] = (
            rowid,
            [it[0] for _, it in pairs],
            sorted(db.execute(f"SELECT quote(r), {marks} FROM other.t").fetchall()),
        )
        db.execute("DROP TABLE other.t")
    return expected


def wrong_rows(case, db, tables_to):
    """Sentences about rows that are not what they should be."""
    wrong = []
    for table, (rowid, names, rows) in expected_rows(case, tables_to).items():
        here = next((it for it in user_tables(db) if fold(it[0]) == fold(table)), None)
        if here is None:
            wrong.append(f"{table} is gone")
            continue
        own = {fold(it[0]) for it in columns(db, table)}
        if missing := [it for it in names if fold(it) not in own]:
            wrong.append(f"{table} has no {', '.join(missing)}")
            continue
        if rowid:
            rowid = rowid_name(db, here[0], here[2]) or "NULL"
        marks = ", ".join(f"typeof({quote(it)}), quote({quote(it)})" for it in names) or "1"
        sql = f"SELECT quote({rowid or 'NULL'}), {marks} FROM {quote(table)}"
        now = sorted(db.execute(sql).fetchall())
        if now != rows:
            wrong.append(f"rows of {table}: {len(rows)} before, {len(now)} now, {sum(a != b for a, b in zip(rows, now))} differ")
    before, after = database(case.from_sql + case.rows), db
    for name, seq in sequences(before).items():
        new = case.renames.get(name, name)
        both = "autoincrement true"
        kept = all(any(both in it for it in side.get(f"table {n}", [])) for side, n in
                   ((facts(before), name), (facts(database(case.to_sql)), new)))
        if kept and sequences(after).get(new) != seq:
            wrong.append(f"the sequence of {new} was {seq} and is {sequences(after).get(new)}")
    if case.name.startswith("rebuild_keeps") and statistics(before) != statistics(after):
        wrong.append("statistics are lost")
    return wrong


def sequences(db):
    if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").fetchone():
        return {}
    return {fold(a): b for a, b in db.execute("SELECT name, seq FROM sqlite_sequence WHERE seq > 0")
            if a not in OURS}


def statistics(db):
    if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1'").fetchone():
        return []
    rows = db.execute("SELECT tbl, idx, stat FROM sqlite_stat1").fetchall()
    return sorted(map(repr, (it for it in rows if it[0] not in OURS)))


def content(db):
    """Everything, to see whether anything was changed."""
    found = [repr(facts(db)), repr(sequences(db))]
    for name, kind, wr, _ in user_tables(db):
        rowid = rowid_name(db, name, wr) if kind == "table" else None
        names = [quote(it[0]) for it in columns(db, name) if it[5] != 1]
        listed = ", ".join(f"typeof({it}), quote({it})" for it in ([rowid] if rowid else []) + names)
        found.append(name + repr(sorted(db.execute(f"SELECT {listed} FROM {quote(name)}").fetchall())))
    return found


def rows_stand_in_the_way(case):
    """Whether to.sql cannot hold the rows that are there."""
    source = database(case.from_sql + case.rows)
    target = database(case.to_sql)
    for (name,) in target.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        target.execute(f"DROP TRIGGER {quote(name)}")
    names_to = {fold(it[0]): it for it in user_tables(target)}
    for name, kind, *_ in user_tables(source):
        new = names_to.get(case.renames.get(fold(name), fold(name)))
        if kind != "table" or new is None or new[1] != "table":
            continue
        others = {fold(it[0]): it[0] for it in columns(target, new[0]) if not it[5]}
        names, selected = [], []
        for column in columns(source, name):
            other = others.get(case.renames.get(f"{fold(name)}.{fold(column[0])}", fold(column[0])))
            if other and not column[5]:
                names.append(quote(other))
                filled = fold(other) in case.fills.get(fold(new[0]), ())
                selected.append(f"coalesce({quote(column[0])}, 1)" if filled else quote(column[0]))
        names += [quote(it) for it in case.fills.get(fold(new[0]), ()) if quote(it) not in names]
        selected += ["1"] * (len(names) - len(selected))
        if not names:
            continue
        try:
            for row in source.execute(f"SELECT {', '.join(selected)} FROM {quote(name)}").fetchall():
                marks = ", ".join("?" * len(names))
                target.execute(f"INSERT OR ABORT INTO {quote(new[0])} ({', '.join(names)}) VALUES ({marks})", row)
        except sqlite3.IntegrityError:
            return True
    return bool(target.execute("PRAGMA foreign_key_check").fetchone())


# -------------------------------------------------------------------------------------- cases


def database(sql, path=":memory:"):
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(sql)
    return db


class Case:
    def __init__(self, folder):
        read = lambda name: (folder / name).read_text() if (folder / name).exists() else ""
        self.name = folder.name
        self.from_sql, self.to_sql, self.rows = read("from.sql"), read("to.sql"), read("rows.sql")
        self.config = read("config").removeprefix("[schema]\n")
        self.arguments, self.renames, self.fills = [], {}, {}
        for line in read("args").splitlines():
            what, value = line.removeprefix("# ").split(" ", 1)
            left, right = map(fold, value.split("=", 1))
            if what == "--fill":
                self.fills.setdefault(left.split(".")[0], []).append(left.split(".")[1])
            else:
                self.renames[left] = right
            if not line.startswith("#"):
                self.arguments += [what, value]


# What SQLite says when rows stand in the way; any other error has another reason.
ABOUT_ROWS = re.compile("IntegrityError|Cannot add a NOT NULL column|upgrade: exit 2")


def verdict(case, path, generated, error):
    """One word, and why."""
    try:
        return judge(case, path, generated, error)
    except sqlite3.DatabaseError as broken:
        return "failed" if error else "wrong", f"SQLite cannot read the result: {broken}"


def judge(case, path, generated, error):
    start, goal = database(case.from_sql + case.rows), database(case.to_sql)
    db = sqlite3.connect(path)
    if error:
        unchanged = content(start) == content(db)
        if unchanged and ABOUT_ROWS.search(error) and rows_stand_in_the_way(case):
            return "right", "refused because of rows, nothing changed"
        left = "" if unchanged else " (and the database is changed)"
        return "failed", error.strip().splitlines()[-1][:150] + left
    differ = difference(facts(goal), facts(db))
    differed = difference(facts(start), facts(goal))
    if "column_order = true" in case.config:
        order = lambda of: [[it[0] for it in columns(of, table[0])] for table in user_tables(goal)]
        differ += [] if order(db) == order(goal) else ["the order of columns"]
        differed += ["the order of columns"]
    if not generated:
        return ("missed", "; ".join(differed)[:150]) if differed else ("right", "no difference")
    problems = [it for it in wrong_rows(case, db, user_tables(goal))]
    problems += [str(it) for it in db.execute("PRAGMA integrity_check").fetchall() if it != ("ok",)]
    before = start.execute("PRAGMA foreign_key_check").fetchall()
    after = db.execute("PRAGMA foreign_key_check").fetchall()
    if len(after) > len(before):
        problems.append("foreign keys are violated")
    if not differed:
        problems.append("a revision for no difference")
    if differ:
        problems.append("schema: " + "; ".join(differ))
    return ("wrong", " | ".join(problems)[:200]) if problems else ("right", "")


ENV = '''
from alembic import context
attributes = context.config.attributes
with attributes["engine"].connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=attributes["metadata"],
        render_as_batch=True,
        compare_type=True,
        compare_server_default=True,
        include_name=attributes["include_name"],
        autogenerate_plugins=["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
    )
    with context.begin_transaction():
        context.run_migrations()
'''

MAKO = '''"""${message}"""
from alembic import op
import sqlalchemy as sa
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
def upgrade():
    ${upgrades if upgrades else "pass"}
def downgrade():
    ${downgrades if downgrades else "pass"}
'''


def with_alembic(case, folder):
    """Autogenerate and upgrade in this process: whether anything was generated, and the error."""
    import sqlalchemy
    from alembic import command
    from alembic.config import Config

    script = folder / "alembic"
    (script / "versions").mkdir(parents=True)
    (script / "env.py").write_text(ENV)
    (script / "script.py.mako").write_text(MAKO)
    database(case.to_sql, folder / "model.db").close()
    database(case.from_sql + case.rows, folder / "app.db").close()
    metadata = sqlalchemy.MetaData()
    engine = sqlalchemy.create_engine(f"sqlite:///{folder / 'app.db'}")
    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", str(script))
    ordinary = set()
    for name in ("app.db", "model.db"):
        with contextlib.closing(sqlite3.connect(folder / name)) as db:
            ordinary |= {it[0] for it in user_tables(db) if it[1] == "table"}
    include_name = lambda name, kind, _: kind != "table" or name in ordinary
    config.attributes.update(engine=engine, metadata=metadata, include_name=include_name)
    stage = "reflection of to.sql"
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            model = sqlalchemy.create_engine(f"sqlite:///{folder / 'model.db'}")
            metadata.reflect(model, only=lambda name, _: name in ordinary)
            stage = "autogenerate"
            made = command.revision(config, message="second", autogenerate=True)
            text = pathlib.Path(made.path).read_text()
            upgrade = text.split("def upgrade():")[1].split("def downgrade():")[0]
            generated = re.sub(r"#.*", "", upgrade).split() != ["pass"]
            stage = "upgrade"
            command.upgrade(config, "head")
        return generated, text, None
    except Exception as error:  # whatever it is, its user gets it
        return True, "", f"{stage}: {type(error).__name__}: {str(error).splitlines()[0]}"
    finally:
        engine.dispose()


def is_said_by_models(case):
    """Whether a database that SQLAlchemy makes from what it reflected is one with to.sql."""
    import sqlalchemy

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        goal = database(case.to_sql, pathlib.Path(folder, "model.db"))
        metadata = sqlalchemy.MetaData()
        try:
            metadata.reflect(sqlalchemy.create_engine(f"sqlite:///{folder}/model.db"))
            metadata.create_all(sqlalchemy.create_engine(f"sqlite:///{folder}/made.db"))
        except Exception:  # it cannot even make it
            return False
        made = sqlite3.connect(pathlib.Path(folder, "made.db"))
        return not difference(facts(goal), facts(made))


def with_migrator(binary):
    def run(case, folder):
        (folder / "versions").mkdir()
        (folder / "schema.sql").write_text(case.to_sql)
        (folder / "alembic.toml").write_text(
            f'[database]\nurl = "sqlite:///app.db"\n[schema]\nfiles = ["schema.sql"]\n{case.config}')
        (folder / "versions" / "first.sql").write_text(
            f'-- /// revision\n-- revision = "000000000001"\n-- message = "first"\n-- ///\n\n'
            f"-- migrate:upgrade\n{case.from_sql}\n-- migrate:downgrade\n")

        def migrator(*arguments):
            return subprocess.run([binary, *arguments], cwd=folder, capture_output=True, text=True)

        commands = [
            ["upgrade", "000000000001"],
            ["revision", "--autogenerate", "-m", "second", "--rev-id", "000000000002", *case.arguments],
            ["upgrade", "head"],
        ]
        for number, arguments in enumerate(commands):
            ran = migrator(*arguments)
            if ran.returncode:
                return True, "", f"{arguments[0]}: exit {ran.returncode}: {' '.join(ran.stderr.split())}"
            if number == 0:
                database(case.rows, folder / "app.db").close()
        made = [it for it in (folder / "versions").iterdir() if it.name != "first.sql"]
        return bool(made), made[0].read_text() if made else "", None

    return run


WORDS = ["right", "wrong", "missed", "failed"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--migrator", default=ROOT / "target" / "release" / "migrator", type=pathlib.Path)
    parser.add_argument("--list", action="store_true", help="say why, for every case")
    parser.add_argument("--show", action="store_true", help="print what was generated")
    parser.add_argument("cases", nargs="*", metavar="CASE")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)

    import alembic
    import sqlalchemy

    tools = {"Alembic": with_alembic}
    versions = [f"Alembic {alembic.__version__}", f"SQLAlchemy {sqlalchemy.__version__}",
                f"SQLite {sqlite3.sqlite_version} in Python {sys.version.split()[0]}"]
    binary = options.migrator.resolve()
    with contextlib.suppress(OSError):
        has = subprocess.run([binary, "revision", "--help"], capture_output=True, text=True).stdout
        if "--autogenerate" in has:
            tools["migrator"] = with_migrator(str(binary))
            version = subprocess.run([binary, "--version"], capture_output=True, text=True).stdout
            versions.append(version.strip())

    folders = sorted(it for it in GOLDEN.iterdir() if not options.cases or it.name in options.cases)
    counts = {name: collections.Counter() for name in tools}
    print(f"{datetime.date.today()}: {', '.join(versions)}\n")
    width = max(len(it.name) for it in folders)
    print(f"{'case':{width}}  " + "  ".join(f"{it:8}" for it in tools))
    for folder in folders:
        case = Case(folder)
        words, reasons = [], []
        for name, run in tools.items():
            scratch = pathlib.Path(tempfile.mkdtemp())
            try:
                generated, text, error = run(case, scratch)
                word, reason = verdict(case, scratch / "app.db", generated, error)
            finally:
                shutil.rmtree(scratch)
            counts[name][word] += 1
            if name == "Alembic" and word != "right" and not is_said_by_models(case):
                counts[name]["*"] += 1
                word += "*"
            words.append(word)
            reasons.append((name, reason))
            if options.show:
                print(text)
        print(f"{case.name:{width}}  " + "  ".join(f"{it:8}" for it in words).rstrip())
        for name, reason in reasons:
            if options.list and reason:
                print(f"    {name}: {reason}")
    print(f"\n{len(folders)} pairs")
    for name, count in counts.items():
        starred = f"; {count['*']} with *" if count["*"] else ""
        print(f"{name:8}  " + ", ".join(f"{count[word]} {word}" for word in WORDS) + starred)


if __name__ == "__main__":
    main()
