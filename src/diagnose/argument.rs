//! What a cause is argued from, and how sure that makes it: counted, never felt.

use std::collections::BTreeSet;

use crate::finding::Confidence;

/// The signals of one cause. Each is one line of evidence; two that say the same thing of one vendor are one signal.
#[derive(Default)]
pub(super) struct Argument {
    signals: Vec<String>,
    notes: Vec<String>,
    proven: bool,
}

impl Argument {
    /// Something that would look otherwise if the cause were not there, and that no other signal implies.
    pub(super) fn signal(&mut self, line: impl Into<String>) {
        self.signals.push(line.into());
    }

    pub(super) fn signal_if(&mut self, holds: bool, line: impl FnOnce() -> String) {
        if holds {
            self.signals.push(line());
        }
    }

    /// The kernel or a signature says so.
    pub(super) fn proof(&mut self, line: impl Into<String>) {
        self.proven = true;
        self.signals.push(line.into());
    }

    /// Something worth showing that proves nothing by itself.
    pub(super) fn note(&mut self, line: impl Into<String>) {
        self.notes.push(line.into());
    }

    pub(super) fn notes(&mut self, lines: impl IntoIterator<Item = String>) {
        self.notes.extend(lines);
    }

    /// The better of two arguments for the same cause, with the notes of both.
    pub(super) fn or(mut self, mut other: Self) -> Self {
        if other.signals.len() > self.signals.len() {
            std::mem::swap(&mut self, &mut other);
        }
        self.notes.append(&mut other.notes);
        self
    }

    pub(super) fn confidence(&self) -> Confidence {
        match self.signals.len() {
            _ if self.proven => Confidence::Certain,
            0 => Confidence::Low,
            1 => Confidence::Medium,
            _ => Confidence::High,
        }
    }

    /// What was seen, then what it is held against; each line once.
    pub(super) fn lines(self) -> Vec<String> {
        let mut known = BTreeSet::new();
        let mut lines = self.notes;
        lines.extend(self.signals);
        lines.retain(|line| known.insert(line.clone()));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_signal_is_medium_two_are_high_and_a_proof_is_certain() {
        let mut argument = Argument::default();
        argument.note("seen");
        assert_eq!(argument.confidence(), Confidence::Low);
        argument.signal("one");
        assert_eq!(argument.confidence(), Confidence::Medium);
        argument.signal("two");
        assert_eq!(argument.confidence(), Confidence::High);
        argument.proof("said so");
        assert_eq!(argument.confidence(), Confidence::Certain);
        assert_eq!(argument.lines(), ["seen", "one", "two", "said so"]);
    }
}
