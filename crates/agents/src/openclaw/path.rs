//! Where a value stands, in a form that survives other edits.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Step {
    /// The member of this name.
    Member(String),
    /// The element (an object) whose `id` is this, wherever it stands in its array.
    Element {
        /// The value of its `id`.
        id: String,
    },
}

/// Steps from the root.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Path(Vec<Step>);

impl Path {
    /// The member path of these names.
    pub(super) fn of<const N: usize>(names: [&str; N]) -> Self {
        Self(names.iter().map(|name| Step::Member((*name).to_owned())).collect())
    }

    /// The path of a member of this value.
    #[must_use]
    pub(super) fn member(&self, name: &str) -> Self {
        self.then(Step::Member(name.to_owned()))
    }

    /// The path of an element of this array.
    #[must_use]
    pub(super) fn element(&self, id: &str) -> Self {
        self.then(Step::Element { id: id.to_owned() })
    }

    /// The steps, outermost first.
    pub(super) fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The last step and the path before it; nothing for the root.
    pub(super) fn split_last(&self) -> Option<(&Step, Self)> {
        let (last, before) = self.0.split_last()?;
        Some((last, Self(before.to_vec())))
    }

    fn then(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

/// As OpenClaw writes paths in its log: `agents.defaults.model.primary`; an array is never entered there.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = self.0.iter().map_while(|step| match step {
            Step::Member(name) => Some(name.as_str()),
            Step::Element { .. } => None,
        });
        f.write_str(names.next().unwrap_or_default())?;
        names.try_for_each(|name| write!(f, ".{name}"))
    }
}
