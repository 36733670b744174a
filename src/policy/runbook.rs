use schemars::JsonSchema;
use serde::Deserialize;

/// What the operational guide (`mailproof report runbook`) says that no record knows.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Runbook {
    /// Who is called, in this order, a line for each: name, what for, telephone, mail.
    #[schemars(inner(length(min = 1)))]
    pub contacts: Vec<String>,
    /// What else somebody must know who restores here, a line for each.
    #[schemars(inner(length(min = 1)))]
    pub notes: Vec<String>,
}
