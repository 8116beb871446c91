//! Graphs, as both tools are given them.

/// A revision of both projects.
pub struct Revision {
    pub id: &'static str,
    pub parents: &'static [&'static str],
    pub labels: &'static [&'static str],
    pub dependencies: &'static [&'static str],
}

/// A graph by name.
pub struct Graph {
    pub name: &'static str,
    pub revisions: &'static [Revision],
}

type Ids = &'static [&'static str];

const fn revision(id: &'static str, parents: Ids) -> Revision {
    Revision { id, parents, labels: &[], dependencies: &[] }
}

const fn labelled(id: &'static str, parents: Ids, labels: Ids) -> Revision {
    Revision { id, parents, labels, dependencies: &[] }
}

const fn depending(id: &'static str, parents: Ids, dependencies: Ids) -> Revision {
    Revision { id, parents, labels: &[], dependencies }
}

/// ```text
/// 1aaa ── 2bbb ── 3ccc ── 4ddd
/// ```
pub const LINEAR: Graph = Graph {
    name: "linear",
    revisions: &[
        revision("1aaa", &[]),
        revision("2bbb", &["1aaa"]),
        revision("3ccc", &["2bbb"]),
        revision("4ddd", &["3ccc"]),
    ],
};

/// ```text
///         ╭─ b111 ─╮
/// aaaa ───┤        ├── cccc ── dddd
///         ╰─ b222 ─╯
/// ```
pub const DIAMOND: Graph = Graph {
    name: "diamond",
    revisions: &[
        revision("aaaa", &[]),
        revision("b111", &["aaaa"]),
        revision("b222", &["aaaa"]),
        revision("cccc", &["b111", "b222"]),
        revision("dddd", &["cccc"]),
    ],
};

/// ```text
///         ╭─ shop1 [shop] ── shop2
/// root0 ──┤
///         ╰─ ship1 [ship, sea] ── ship2 ── ship3
/// ```
pub const BRANCHES: Graph = Graph {
    name: "branches",
    revisions: &[
        revision("root0", &[]),
        labelled("shop1", &["root0"], &["shop"]),
        revision("shop2", &["shop1"]),
        labelled("ship1", &["root0"], &["ship", "sea"]),
        revision("ship2", &["ship1"]),
        revision("ship3", &["ship2"]),
    ],
};

/// ```text
/// a111 ── a222 ── a333 ── a444
///           ╰╌╌╮    ╰╌╌╮
/// b111 ───── b222 ── b333
///                      ╰╌╌╮
/// c111 [cars] ────────── c222
/// ```
pub const DEPENDENCIES: Graph = Graph {
    name: "dependencies",
    revisions: &[
        revision("a111", &[]),
        revision("a222", &["a111"]),
        revision("a333", &["a222"]),
        revision("a444", &["a333"]),
        revision("b111", &[]),
        depending("b222", &["b111"], &["a222"]),
        depending("b333", &["b222"], &["a333"]),
        labelled("c111", &[], &["cars"]),
        depending("c222", &["c111"], &["b333"]),
    ],
};

/// ```text
/// x111 ── x222 ─╮
///               ├── merge ── after
/// y111 ── y222 ─╯
/// z111 ── z222
/// ```
pub const BASES: Graph = Graph {
    name: "bases",
    revisions: &[
        revision("x111", &[]),
        revision("x222", &["x111"]),
        revision("y111", &[]),
        revision("y222", &["y111"]),
        revision("z111", &[]),
        revision("z222", &["z111"]),
        revision("merge", &["x222", "y222"]),
        revision("after", &["merge"]),
    ],
};

/// ```text
///         ╭─ l111 ─┬─ l222 ──╮
///         │        ╰─ l333 ─╮├── mmmm ─╮
/// root ───┼─ m111 ──────────╯│         ├── tttt
///         ╰─ r111 ── r222 ───┼─────────╯
///                            ╰─ (l222 and m111 make nnnn)
/// ```
pub const LADDER: Graph = Graph {
    name: "ladder",
    revisions: &[
        revision("root", &[]),
        revision("l111", &["root"]),
        revision("l222", &["l111"]),
        revision("l333", &["l111"]),
        revision("m111", &["root"]),
        revision("r111", &["root"]),
        revision("r222", &["r111"]),
        revision("mmmm", &["l222", "l333", "m111"]),
        revision("nnnn", &["l222", "m111"]),
        revision("tttt", &["mmmm", "r222"]),
    ],
};

pub const ALL: [&Graph; 6] = [&LINEAR, &DIAMOND, &BRANCHES, &DEPENDENCIES, &BASES, &LADDER];
