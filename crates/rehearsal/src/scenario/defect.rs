//! What can be wrong with a scenario beyond what can be wrong with every file.

use ephor_charter::reading;

/// A defect of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    /// Somebody who takes no part.
    #[error("nobody is called \"{name}\" here")]
    UnknownActor {
        /// The name.
        name: String,
        /// Names there are, some of them.
        known: Vec<String>,
    },
    /// A name that is taken.
    #[error("\"{name}\" is taken")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// A Safe that the charter does not have.
    #[error("there is no Safe \"{name}\" in the charter")]
    UnknownSafe {
        /// The name.
        name: String,
        /// The Safes.
        known: Vec<String>,
    },
    /// A chain that the charter does not have.
    #[error("there is no chain \"{name}\" in the charter")]
    UnknownChain {
        /// The name.
        name: String,
        /// The chains.
        known: Vec<String>,
    },
    /// A time that cannot be read.
    #[error("\"{found}\" is not a time")]
    NotATime {
        /// The text.
        found: String,
        /// The part that cannot be read.
        part: String,
    },
    /// A step that does several things.
    #[error("a step does one thing, but `does` has {found}")]
    NotOneDeed {
        /// How many it has.
        found: usize,
    },
    /// A deed that nobody knows.
    #[error("\"{found}\" is nothing that can be done")]
    UnknownDeed {
        /// The word.
        found: String,
        /// The deeds.
        known: &'static [&'static str],
    },
    /// Settings of which exactly one must be there.
    #[error("{section} needs one of {}", .choices.join(", "))]
    NeedsOneOf {
        /// The section.
        section: &'static str,
        /// The settings.
        choices: &'static [&'static str],
    },
    /// A file of data that cannot be used.
    #[error("{file} cannot be used: {why}")]
    Data {
        /// The file, as written.
        file: String,
        /// Why not.
        why: String,
    },
    /// A step that needs somebody to do it.
    #[error("`{deed}` needs `who`")]
    NeedsWho {
        /// The deed.
        deed: &'static str,
    },
    /// A step that needs the model.
    #[error("`{deed}` needs a [model]")]
    NeedsModel {
        /// The deed.
        deed: &'static str,
    },
    /// A step without anything in it.
    #[error("this step does nothing, waits for nothing and expects nothing")]
    EmptyStep,
    /// Calldata that is no hexadecimal text.
    #[error("\"{found}\" is not calldata")]
    NotCalldata {
        /// The text.
        found: String,
    },
    /// Some setting that must come with another.
    #[error("`{one}` needs `{other}`")]
    Needs {
        /// What is there.
        one: &'static str,
        /// What is not.
        other: &'static str,
    },
    /// A range the wrong way round.
    #[error("`least` is {least}, more than `most`, {most}")]
    Range {
        /// The lower end.
        least: u64,
        /// The upper end.
        most: u64,
    },
}

impl reading::Defect for Defect {
    fn remedy(&self) -> String {
        match self {
            Self::UnknownActor { known, .. } => {
                format!("add [[actors]] with that name, or write an address, or one of {}", known.join(", "))
            }
            Self::NameTaken { .. } => "give everybody a name of their own".into(),
            Self::UnknownSafe { known, .. } | Self::UnknownChain { known, .. } => {
                format!("write one of {}", known.join(", "))
            }
            Self::NotATime { part, .. } => format!(
                "correct \"{part}\": write a time of UTC such as 2025-09-15T12:00Z, or {}, with `+ 7 days`, `- 1 hour`, `+ 1 block`",
                super::Mark::ALL.map(super::Mark::name).join(", ")
            ),
            Self::NotOneDeed { .. } => "write a step for each".into(),
            Self::UnknownDeed { known, .. } => format!("write one of {}", known.join(", ")),
            Self::NeedsOneOf { .. } => "write exactly one of them".into(),
            Self::Data { .. } => "check path and content of the file; the path counts from the scenario's file".into(),
            Self::NeedsWho { .. } => "write `who = \"…\"`".into(),
            Self::NeedsModel { .. } => "add [model], as scenarios/arbitrum-term.toml has it".into(),
            Self::EmptyStep => "write `does`, `at` or `expect`".into(),
            Self::NotCalldata { .. } => "write 0x and an even number of hexadecimal digits".into(),
            Self::Needs { other, .. } => format!("add `{other}`"),
            Self::Range { .. } => "exchange them".into(),
        }
    }
}
