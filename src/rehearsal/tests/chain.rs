//! Five hundred revisions with wrong downgrades among them: every planted one is found, and no other.

use super::invent::chain;
use super::verify;

#[test]
fn every_planted_fault_is_found_and_no_other() {
    let mut n_planted = [0; 6];
    for seed in [1, 2, 3] {
        let chain = chain(seed, 500);
        assert!(chain.revisions.len() >= 500);
        let mut found = verify(chain.revisions);
        found.sort();
        assert_eq!(found, chain.expected, "seed {seed}");
        for (sum, n) in n_planted.iter_mut().zip(chain.n_planted) {
            *sum += n;
        }
    }
    assert!(n_planted.iter().all(|it| *it > 4), "{n_planted:?}");
}
