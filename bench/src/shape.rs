//! The graphs that are measured.
//!
//! A graph is a function from a revision's number to the numbers that it follows and depends on,
//! so that nothing large is ever held: a child's peak memory is at least that of the process that
//! started it, and must not be ours.

/// How the revisions of a project follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One line.
    Linear,
    /// A ladder of diamonds: a revision, two that follow it, one that merges both, and so on.
    Ladder,
    /// One base that all others follow.
    Star,
    /// A line with a branch off every revision; the branch is loaded after its root.
    Comb,
    /// The same graph loaded from the end to the beginning.
    CombReversed,
    /// One line for every ten revisions, side by side.
    Lines,
    /// Fifty lines, each revision depending on three others.
    Dependencies,
    /// Revisions that follow one or two among the latest twenty.
    Merges,
    /// Revisions that follow one or two of all before them.
    WideMerges,
}

/// What a revision follows and depends on.
#[derive(Debug, Default)]
pub struct Edges {
    /// The numbers of its parents.
    pub down: Vec<usize>,
    /// The numbers of its dependencies.
    pub depends_on: Vec<usize>,
}

impl Shape {
    /// The two shapes that every tool is compared on.
    pub const COMPARED: [Self; 2] = [Self::Linear, Self::Ladder];

    /// The shapes for which the growth is measured.
    pub const ALL: [Self; 9] = [
        Self::Linear,
        Self::Ladder,
        Self::Star,
        Self::Comb,
        Self::CombReversed,
        Self::Lines,
        Self::Dependencies,
        Self::Merges,
        Self::WideMerges,
    ];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Ladder => "ladder",
            Self::Star => "star",
            Self::Comb => "comb",
            Self::CombReversed => "comb, reversed",
            Self::Lines => "many lines",
            Self::Dependencies => "dependencies",
            Self::Merges => "merges",
            Self::WideMerges => "wide merges",
        }
    }

    /// The edges of revision `number` of `n_revisions`; they lead to lower numbers only.
    pub fn edges(self, number: usize, n_revisions: usize) -> Edges {
        let Some(before) = number.checked_sub(1) else { return Edges::default() };
        let follows = |down: Vec<usize>| Edges { down, depends_on: Vec::new() };
        let mut random = Random::new(number);
        match self {
            Self::Linear => follows(vec![before]),
            Self::Ladder => match number % 3 {
                0 => follows(vec![number - 2, number - 1]),
                side => follows(vec![number - side]),
            },
            Self::Star => follows(vec![0]),
            // Even numbers are the line, odd ones the branches.
            Self::Comb | Self::CombReversed if number.is_multiple_of(2) => {
                follows(vec![number - 2])
            }
            Self::Comb | Self::CombReversed => follows(vec![before]),
            Self::Lines => {
                follows(number.checked_sub(n_revisions.div_ceil(10)).into_iter().collect())
            }
            Self::Dependencies => {
                let down: Vec<usize> = number.checked_sub(50).into_iter().collect();
                let mut depends_on: Vec<usize> = (0..3).map(|_| random.below(number)).collect();
                depends_on.sort_unstable();
                depends_on.dedup();
                depends_on.retain(|it| !down.contains(it));
                Edges { down, depends_on }
            }
            Self::Merges => follows(random.parents(number, number.min(20))),
            Self::WideMerges => follows(random.parents(number, number)),
        }
    }

    /// Where revision `number` stands among the files.
    pub fn load_place(self, number: usize, n_revisions: usize) -> usize {
        if self == Self::CombReversed { n_revisions - 1 - number } else { number }
    }
}

/// Numbers that look random and are the same in each run: `splitmix64`.
struct Random(u64);

impl Random {
    fn new(seed: usize) -> Self {
        Self(seed as u64)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or_default()
    }

    /// One or two of the `n_latest` numbers before `number`.
    fn parents(&mut self, number: usize, n_latest: usize) -> Vec<usize> {
        let n_parents = if self.below(10) < 4 { 2 } else { 1 };
        let mut parents: Vec<usize> =
            (0..n_parents).map(|_| number - 1 - self.below(n_latest)).collect();
        parents.sort_unstable();
        parents.dedup();
        parents
    }
}
