//! A frame at a branching point, and what has been made of it for more than one.

use super::wiring::Wiring;
use crate::plan::{Conversion, TreePlan};
use mutoscope_plugin::Frame;
use mutoscope_plugin::host::Failure;
use std::sync::{Arc, Mutex, OnceLock};

/// A frame at a branching point, with the plan that everything below it follows for this frame, and the wiring that the
/// plan was made for: whoever works on the frame goes by these and not by what may hold meanwhile.
pub(super) struct Branching {
    pub(super) frame: Frame,
    pub(super) plan: Arc<TreePlan>,
    pub(super) wiring: Arc<Wiring>,
    made: Mutex<Vec<(Conversion, Arc<Made>)>>,
}

type Made = OnceLock<Result<Frame, Failure>>;

impl Branching {
    pub(super) fn new(frame: Frame, plan: Arc<TreePlan>, wiring: Arc<Wiring>) -> Branching {
        Branching { frame, plan, wiring, made: Mutex::default() }
    }

    /// What a conversion makes of the frame: whoever asks first does the work, the others wait for it.
    pub(super) fn converted(
        &self,
        conversion: &Conversion,
        make: impl FnOnce(Frame) -> Result<Frame, Failure>,
    ) -> Result<Frame, Failure> {
        let made = {
            let mut made = self.made.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            match made.iter().find(|(known, _)| known == conversion) {
                Some((_, made)) => made.clone(),
                None => {
                    let new = Arc::new(Made::new());
                    made.push((conversion.clone(), new.clone()));
                    new
                }
            }
        };
        made.get_or_init(|| make(self.frame.clone())).clone()
    }

    /// The frame, for one who works on it. If nobody else holds it, its memory may be written to.
    pub(super) fn into_frame(self: Arc<Self>) -> Frame {
        match Arc::try_unwrap(self) {
            Ok(sole) => sole.frame,
            Err(shared) => shared.frame.clone(),
        }
    }
}
