//! The sink: a pin that is on while there are viewers, or while the camera is well.

use crate::config::{LightOptions, While};
use crate::helper::{Helper, Work};
use crate::pi::Pi;
use crate::pins::{Output, Pins};
use mutoscope_plugin::serde_json::{Value, from_str};
use mutoscope_plugin::{Accepts, Context, Frame, Result, Services, Sink, StreamId, StreamInfo, Update};
use std::time::Duration;

/// The interval of the count of viewers.
const WATCHED: Duration = Duration::from_millis(100);
/// The interval of the readings of the state, which is a longer text.
const LIVE: Duration = Duration::from_millis(500);

/// A pin that is on while there are viewers, or while the camera is well.
pub struct Light {
    options: LightOptions,
    helper: Helper<Order>,
}

enum Order {
    Options(LightOptions),
    Add(StreamInfo),
    Remove(StreamId),
}

impl Sink for Light {
    type Options = LightOptions;

    fn accepts(_: &LightOptions) -> Result<Accepts> {
        Ok(Accepts::anything().observer())
    }

    fn open(options: LightOptions, ctx: &Context) -> Result<Self> {
        Light::on(&Pi, options, ctx)
    }

    fn add_stream(&mut self, stream: StreamInfo, _: &Context) -> Result<()> {
        self.helper.order(Order::Add(stream));
        Ok(())
    }

    fn remove_stream(&mut self, stream: StreamId, _: &Context) -> Result<()> {
        self.helper.order(Order::Remove(stream));
        Ok(())
    }

    /// Pictures tell it nothing: a resting camera sends none, and a failed one others in their place.
    fn receive(&mut self, _: StreamId, _: Frame, _: &Context) -> Result<()> {
        Ok(())
    }

    fn update(&mut self, options: LightOptions, _: &Context) -> Result<Update> {
        if options.pin != self.options.pin {
            return Ok(Update::Restart);
        }
        self.helper.order(Order::Options(options.clone()));
        self.options = options;
        Ok(Update::Applied)
    }
}

impl Light {
    /// A light on one of these pins.
    pub(crate) fn on(pins: &dyn Pins, options: LightOptions, ctx: &Context) -> Result<Light> {
        let output = pins.output(options.pin, options.active_low)?;
        let level = options.active_low;
        let services = ctx.services();
        let keeper = Keeper { output, level, options: options.clone(), streams: Vec::new(), services };
        Ok(Light { options, helper: Helper::start("gpio light", keeper)? })
    }
}

/// Looks after the light.
struct Keeper {
    output: Box<dyn Output>,
    /// The level that the pin is set to.
    level: bool,
    options: LightOptions,
    streams: Vec<StreamInfo>,
    services: Services,
}

impl Keeper {
    fn is_on(&self) -> bool {
        match self.options.condition {
            _ if self.streams.is_empty() => false,
            While::Watched => self.services.demand() > 0,
            While::Live => {
                let state: Value = from_str(&self.services.state()).unwrap_or_default();
                self.streams.iter().all(|stream| state["streams"][&stream.name]["healthy"] == true)
            }
        }
    }
}

impl Work<Order> for Keeper {
    fn look(&mut self) -> Duration {
        let on = self.is_on();
        let level = on != self.options.active_low;
        if level != self.level {
            self.output.set(level);
            self.level = level;
            self.services.count(if on { "switched_on" } else { "switched_off" }, 1);
        }
        match self.options.condition {
            While::Watched => WATCHED,
            While::Live => LIVE,
        }
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Options(options) => self.options = options,
            Order::Add(stream) => self.streams.push(stream),
            Order::Remove(id) => self.streams.retain(|stream| stream.id != id),
        }
    }
}
