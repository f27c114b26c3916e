//! The plans for a source's formats, made when the first frame of each is worked on.

use crate::lock::lock;
use crate::plan::TreePlan;
use crate::run::host::log_limit::LogLimit;
use mutoscope_plugin::Format;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// The plans for a source's formats, in one reading of the file.
#[derive(Default)]
pub(crate) struct PlanCache {
    known: Mutex<HashMap<Format, Option<Arc<TreePlan>>>>,
    /// The reason for which the newest format has no route.
    no_route: Mutex<Option<String>>,
    log_limit: Mutex<LogLimit>,
}

/// The plan of a format, as far as it is known.
pub(crate) enum Known {
    Plan(Arc<TreePlan>),
    NoWay,
    /// It has to be planned for.
    Nothing,
}

/// Formats whose plans are remembered: a folder of mixed pictures has a few, a hostile source any number.
const MOST: usize = 64;

impl PlanCache {
    pub(crate) fn known(&self, format: &Format) -> Known {
        match lock(&self.known).get(format) {
            Some(Some(plan)) => Known::Plan(plan.clone()),
            Some(None) => Known::NoWay,
            None => Known::Nothing,
        }
    }

    /// Returns why frames go nowhere, if they come in a format for which there is no way.
    pub(crate) fn no_route(&self) -> Option<String> {
        lock(&self.no_route).clone()
    }

    /// Remembers the plan for frames of this format, or the reason why there is none. Returns the plan, and the reason if it is
    /// to be logged.
    pub(super) fn insert(
        &self,
        format: Format,
        plan: Result<TreePlan, String>,
    ) -> (Option<Arc<TreePlan>>, Option<String>) {
        let (plan, no_route) = match plan {
            Ok(plan) => (Some(Arc::new(plan)), None),
            Err(no_route) => (None, Some(no_route)),
        };
        let log = no_route.as_ref().and_then(|text| lock(&self.log_limit).wrong(text));
        *lock(&self.no_route) = no_route;
        let mut known = lock(&self.known);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(format, plan.clone());
        (plan, log)
    }
}
