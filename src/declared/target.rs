//! Whether an older SQLite reads a declared schema.

use super::{Declared, DeclaredError, DeclaredProblem};
use crate::schema::{Name, ObjectKind};
use crate::source::{Location, Problem};
use crate::sql::features::features;

impl Declared {
    /// Refuses a schema that SQLite 3.`target` does not read: a database that has it is not readable
    /// at all there.
    ///
    /// # Errors
    ///
    /// [`DeclaredError::Problems`] with the place of every feature that is too new.
    pub fn check_target(&self, target: u32) -> Result<(), DeclaredError> {
        let mut problems = Vec::new();
        for key in self.objects() {
            let Some(Location { source, span }) = self.places.get(&key) else { continue };
            for (feature, place) in features(&source.text[span.clone()]) {
                if feature.since() > target {
                    let place = span.start + place.start..span.start + place.end;
                    let kind = DeclaredProblem::TooNew { feature, target };
                    problems.push(Problem::new(source, place, kind));
                }
            }
        }
        // File by file, in the order of the text.
        problems.sort_by(|a, b| {
            let place = |it: &Problem<DeclaredProblem>| it.location.span.start;
            let (left, right) = (&a.location.source.path, &b.location.source.path);
            left.cmp(right).then_with(|| place(a).cmp(&place(b)))
        });
        if problems.is_empty() { Ok(()) } else { Err(DeclaredError::Problems(problems)) }
    }

    /// The objects that are not excluded.
    fn objects(&self) -> impl Iterator<Item = (ObjectKind, Name)> {
        let schema = &self.schema;
        let tables = schema.tables.iter().map(|it| &it.name);
        let tables = tables.chain(schema.virtual_tables.iter().map(|it| &it.name));
        let of_kind = |kind| move |name: &Name| (kind, name.clone());
        tables
            .map(of_kind(ObjectKind::Table))
            .chain(schema.indexes.iter().map(|it| &it.name).map(of_kind(ObjectKind::Index)))
            .chain(schema.views.iter().map(|it| &it.name).map(of_kind(ObjectKind::View)))
            .chain(schema.triggers.iter().map(|it| &it.name).map(of_kind(ObjectKind::Trigger)))
    }
}
