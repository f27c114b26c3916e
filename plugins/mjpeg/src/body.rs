//! The body of a response: a stream of parts, one picture, or a text.

use crate::clients::Viewer;
use crate::hub::Next;
use crate::part::{Framing, Part, Piece};
use crate::watch::Watch;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// The body of a response.
pub(crate) enum Body {
    /// Something whole; `None` when it has been handed over.
    Whole(Option<Piece>),
    /// Pictures without end.
    Stream {
        /// Where they come from; `None` after the closing boundary.
        watch: Option<Watch>,
        /// The order of parts and headers.
        framing: Framing,
        /// True if the first boundary has been handed over.
        opened: bool,
        /// The viewer that gets the parts.
        viewer: Arc<Viewer>,
    },
}

impl Body {
    pub(crate) fn text(text: impl Into<Bytes>) -> Body {
        let text = text.into();
        Body::Whole((!text.is_empty()).then_some(Piece::Text(text)))
    }

    pub(crate) fn picture(part: Arc<Part>) -> Body {
        Body::Whole(Some(Piece::picture(part)))
    }

    pub(crate) fn stream(watch: Watch, framing: Framing, viewer: Arc<Viewer>) -> Body {
        Body::Stream { watch: Some(watch), framing, opened: false, viewer }
    }
}

impl hyper::body::Body for Body {
    type Data = Piece;
    type Error = Infallible;

    /// Hyper asks when the socket has taken nearly all of what it was given before (`max_buf_size`): the latest frame is
    /// chosen here, as late as can be.
    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, Infallible>>> {
        let piece = match self.get_mut() {
            Body::Whole(piece) => piece.take(),
            Body::Stream { opened: opened @ false, framing, .. } => {
                *opened = true;
                Some(Piece::Text(Bytes::from_static(framing.opening().as_bytes())))
            }
            Body::Stream { watch, framing, viewer, .. } => match watch {
                None => None,
                Some(open) => {
                    let again = viewer.is_asked();
                    if again {
                        open.show_again();
                    }
                    let next = match open.poll_next(cx) {
                        _ if viewer.is_ended() => Next::Closed,
                        next => ready!(next),
                    };
                    match next {
                        Next::Part { part, skipped } => {
                            if !again {
                                viewer.gave(&part, skipped);
                            }
                            Some(Piece::part(part, *framing))
                        }
                        Next::Closed => {
                            *watch = None;
                            Some(Piece::Text(Bytes::from_static(framing.closing().as_bytes())))
                        }
                    }
                }
            },
        };
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Body::Whole(None) | Body::Stream { watch: None, .. })
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Body::Whole(piece) => {
                SizeHint::with_exact(piece.as_ref().map_or(0, |piece| bytes::Buf::remaining(piece) as u64))
            }
            Body::Stream { .. } => SizeHint::default(),
        }
    }
}
