//! The plans for a source's formats, made when the first frame of each is worked on.

use super::mode_query::Asking;
use super::topology::Wiring;
use crate::plan::TreePlan;
use crate::run::host::call_guard::Post;
use crate::run::host::lock::lock;
use crate::run::host::log_limit::Complaint;
use mutoscope_plugin::Format;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// The plans for a source's formats, in one reading of the file.
#[derive(Default)]
pub(crate) struct Plans {
    known: Mutex<HashMap<Format, Option<Arc<TreePlan>>>>,
    /// Why the newest format goes no way.
    impasse: Mutex<Option<String>>,
    complaint: Mutex<Complaint>,
}

/// What is known of a format.
pub(crate) enum Known {
    Plan(Arc<TreePlan>),
    NoWay,
    /// It has to be planned for.
    Nothing,
}

/// Formats whose plans are remembered: a folder of mixed pictures has a few, a hostile source any number.
const MOST: usize = 64;

impl Plans {
    pub(crate) fn known(&self, format: &Format) -> Known {
        match lock(&self.known).get(format) {
            Some(Some(plan)) => Known::Plan(plan.clone()),
            Some(None) => Known::NoWay,
            None => Known::Nothing,
        }
    }

    /// Why frames go nowhere, if they come in a format for which there is no way.
    pub(crate) fn impasse(&self) -> Option<String> {
        lock(&self.impasse).clone()
    }

    /// The plan for frames of this format, which come in at the stream `at`. Plugins are asked on the thread that has `post`, and
    /// under no lock: one that does not answer is that thread's loss alone.
    pub(crate) fn plan(
        &self,
        wiring: &Wiring,
        at: usize,
        format: Format,
        post: &Post,
    ) -> Option<Arc<TreePlan>> {
        match self.known(&format) {
            Known::Plan(plan) => return Some(plan),
            Known::NoWay => return None,
            Known::Nothing => {}
        }
        let asking = Asking::new(wiring, at, post);
        let settled = wiring.tree(at)?.tree.settle(&asking, format);
        if asking.is_incomplete() {
            return None;
        }
        let name = &wiring.streams[at].crew.name;
        let (plan, impasse) = match settled {
            Ok(plan) => {
                tracing::debug!(
                    stream = name,
                    "settled for {format}: {:.1} ms per frame",
                    plan.cost_us / 1000.0
                );
                (Some(Arc::new(plan)), None)
            }
            Err(impasse) => {
                let text = format!("no way through for {format}: {impasse}");
                if let Some(text) = lock(&self.complaint).wrong(&text) {
                    tracing::error!(stream = name, "{text}");
                }
                (None, Some(text))
            }
        };
        *lock(&self.impasse) = impasse;
        let mut known = lock(&self.known);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(format, plan.clone());
        plan
    }
}
