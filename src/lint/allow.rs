//! `-- migrator:allow drop-column: nobody reads it`: findings that their author knows about.
//!
//! A comment line inside a body stands for the statements right below it, up to the next blank line;
//! a comment behind a statement for that one; any other for the whole file. A rule about the revision
//! as a whole is silenced from anywhere.

use std::ops::Range;

use super::finding::{Finding, Findings};
use crate::keyword::{ALLOW, behind_allow};
use crate::revision::{Downgrade, Revision};
use crate::rule::{Level, Levels, Rule};
use crate::similar::similar;
use crate::sql::lexer::{TokenKind, tokens};

/// One name in such a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// The name, as bytes of the file.
    pub span: Range<usize>,
    /// The rule; the name as written where there is none of that name.
    pub rule: Result<Rule, String>,
    /// The bytes of the file that it stands for; `None` for all.
    pub scope: Option<Range<usize>>,
    /// The comment, as bytes of the file.
    pub comment: Range<usize>,
}

impl Allow {
    /// Whether it stands for more than the statements beside it.
    pub fn is_for_all(&self) -> bool {
        self.scope.is_none() || self.rule.as_ref().is_ok_and(|it| it.is_about_revision())
    }

    /// Whether it silences what a rule finds at a byte of the file.
    pub fn covers(&self, rule: Rule, at: usize) -> bool {
        let is_there = |it: &Range<usize>| rule.is_about_revision() || it.contains(&at);
        self.rule == Ok(rule) && self.scope.as_ref().is_none_or(is_there)
    }
}

/// What a file allows, in its order.
pub fn allows(revision: &Revision) -> Vec<Allow> {
    let text = &revision.source.text;
    let mut found = Vec::new();
    if !text.contains(ALLOW) {
        return found;
    }
    for token in tokens(text).filter(|it| it.kind == TokenKind::LineComment) {
        let comment = token.text(text);
        let Some(rest) = behind_allow(comment) else { continue };
        let scope = scope(revision, &token.span);
        let end = [": ", " -- "].iter().filter_map(|it| rest.find(it)).min().unwrap_or(rest.len());
        let names = rest[..end].trim_end().trim_end_matches(':');
        let mut start = token.span.end - rest.len();
        for piece in names.split(',') {
            let name = piece.trim();
            let at = start + (piece.len() - piece.trim_start().len());
            start += piece.len() + 1;
            let rule = Rule::by_name(name).ok_or_else(|| name.to_owned());
            let (span, scope) = (at..at + name.len(), scope.clone());
            found.push(Allow { span, rule, scope, comment: token.span.clone() });
        }
    }
    found
}

/// The statements that a comment stands for.
fn scope(revision: &Revision, comment: &Range<usize>) -> Option<Range<usize>> {
    let text = &revision.source.text;
    let mut statements: Vec<&Range<usize>> = revision.upgrade.statements.iter().collect();
    if let Downgrade::Body(body) = &revision.downgrade {
        statements.extend(&body.statements);
    }
    let line_start = text[..comment.start].rfind('\n').map_or(0, |it| it + 1);
    if !text[line_start..comment.start].trim().is_empty() {
        let own =
            statements.iter().rev().find(|it| it.start < comment.start && it.end > line_start);
        return own.map(|it| it.start..comment.end.max(it.end));
    }
    let mut end = comment.end;
    let mut has_statement = false;
    loop {
        let line_end = text[end..].find('\n').map_or(text.len(), |it| end + it);
        // A statement may have blank lines of its own.
        if let Some(statement) = statements.iter().find(|it| (end..line_end).contains(&it.start)) {
            end = statement.end;
            has_statement = true;
            continue;
        }
        let next = line_end + 1;
        let line = text.get(next..).map_or("", |it| it.lines().next().unwrap_or_default());
        if line.trim().is_empty()
            || line.starts_with("-- migrate:upgrade")
            || line.starts_with("-- migrate:downgrade")
        {
            return has_statement.then_some(comment.start..line_end);
        }
        // So that a statement at the beginning of the line is found.
        end = next;
        if let Some(statement) = statements.iter().find(|it| it.start == end) {
            end = statement.end;
            has_statement = true;
        }
    }
}

/// Takes out what is allowed, and reports names that are none and those that silence nothing.
///
/// `is_whole` says whether all rules could look.
pub fn apply(
    revision: &Revision,
    levels: &Levels,
    found: Vec<Finding>,
    is_whole: bool,
) -> Vec<Finding> {
    let allows = allows(revision);
    if allows.is_empty() {
        return found;
    }
    let mut is_used = vec![false; allows.len()];
    let mut left = take_out(found, &allows, &mut is_used);
    // What is found about the comments may be allowed too, and by what has nothing else to silence.
    let is_about_comments = |it: &Allow| matches!(it.rule, Ok(Rule::UnusedAllow | Rule::Unknown));
    for is_last in [false, true] {
        let mut found = Findings::new(revision, levels);
        for (allow, used) in allows.iter().zip(&is_used) {
            if is_about_comments(allow) == is_last && !used {
                about(allow, levels, is_whole, &mut found);
            }
        }
        let found = found.finish();
        left.extend(if is_last { found } else { take_out(found, &allows, &mut is_used) });
    }
    left.sort_by_key(|it| it.location.span.start);
    left
}

/// Leaves what is not allowed, and marks what is used.
fn take_out(found: Vec<Finding>, allows: &[Allow], is_used: &mut [bool]) -> Vec<Finding> {
    let mut left = Vec::new();
    for finding in found {
        let mut is_allowed = false;
        for (allow, used) in allows.iter().zip(&mut *is_used) {
            if allow.covers(finding.rule, finding.location.span.start) {
                *used = true;
                is_allowed = true;
            }
        }
        if !is_allowed {
            left.push(finding);
        }
    }
    left
}

/// Reports a name that is none, or that silences nothing.
fn about(allow: &Allow, levels: &Levels, is_whole: bool, found: &mut Findings<'_>) {
    match &allow.rule {
        Err(name) if name.is_empty() => found.add(
            Rule::Unknown,
            allow.span.clone(),
            format!("`{ALLOW}` names no rule"),
            "name what it is to silence: `-- migrator:allow drop-column`",
        ),
        Err(name) => {
            let near = similar(name, Rule::ALL.iter().map(|it| it.name()));
            let advice = match near.first() {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`docs/lint.md` lists the rules".to_owned(),
            };
            found.add(
                Rule::Unknown,
                allow.span.clone(),
                format!("there is no rule `{name}`"),
                advice,
            );
        }
        // What it depends on need not be at hand: a database, or a revision that runs.
        Ok(rule) if !is_whole || *rule == Rule::EditedAfterApplied => {}
        Ok(rule) if levels.of(*rule) == Level::Off => {}
        Ok(rule) => found.add(
            Rule::UnusedAllow,
            allow.span.clone(),
            format!("`{}` is allowed here and not found", rule.name()),
            "remove the comment, so that it does not hide what comes later",
        ),
    }
}
