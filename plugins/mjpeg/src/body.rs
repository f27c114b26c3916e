//! What a response sends: a stream of parts, one picture, or a text.

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

/// What a response sends.
pub(crate) enum Body {
    /// Something whole; `None` when it has been handed over.
    Whole(Option<Piece>),
    /// Pictures without end.
    StreamInfo {
        /// Where they come from; `None` after the closing boundary.
        watch: Option<Watch>,
        /// How parts follow one another.
        framing: Framing,
        /// Whether the first boundary has been handed over.
        opened: bool,
        /// Who gets them.
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
        Body::StreamInfo { watch: Some(watch), framing, opened: false, viewer }
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
            Body::StreamInfo { opened: opened @ false, framing, .. } => {
                *opened = true;
                Some(Piece::Text(Bytes::from_static(framing.opening().as_bytes())))
            }
            Body::StreamInfo { watch, framing, viewer, .. } => match watch {
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
        matches!(self, Body::Whole(None) | Body::StreamInfo { watch: None, .. })
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Body::Whole(piece) => {
                SizeHint::with_exact(piece.as_ref().map_or(0, |piece| bytes::Buf::remaining(piece) as u64))
            }
            Body::StreamInfo { .. } => SizeHint::default(),
        }
    }
}
