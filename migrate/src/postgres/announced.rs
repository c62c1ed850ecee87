//! The process that the server announced at the beginning of the connection. A pooler announces one of its own, because it
//! has none of the server's for this client: so the difference shows a pooler, and costs no round trip.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::Client;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// Its process ID, or `None` if it cannot be found out. The driver shows it only to the server that is to cancel a statement,
/// so such a request is written into a buffer.
pub(super) async fn process_id(client: &Client) -> Option<i32> {
    let mut written = Vec::new();
    client.cancel_token().cancel_query_raw(Request(&mut written), Untouched).await.ok()?;
    of_request(&written)
}

/// A request to cancel is 16 bytes: its length, its code, the process, and its key (PostgreSQL manual, 55.7). A request for
/// TLS may come before it.
fn of_request(written: &[u8]) -> Option<i32> {
    const CODE: [u8; 8] = [0, 0, 0, 16, 4, 210, 22, 46];
    let (code, rest) = written.last_chunk::<16>()?.split_first_chunk::<8>()?;
    let process = rest.first_chunk::<4>()?;
    (*code == CODE).then(|| i32::from_be_bytes(*process))
}

/// Takes what is written, and answers each question for TLS with yes.
struct Request<'w>(&'w mut Vec<u8>);

impl AsyncRead for Request<'_> {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        buffer.put_slice(b"S");
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Request<'_> {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().0.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// TLS that changes nothing.
struct Untouched;

impl<'w> TlsConnect<Request<'w>> for Untouched {
    type Stream = Request<'w>;
    type Error = Infallible;
    type Future = Ready<Result<Request<'w>, Infallible>>;

    fn connect(self, stream: Request<'w>) -> Self::Future {
        ready(Ok(stream))
    }
}

impl TlsStream for Request<'_> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_is_in_the_request() {
        let cancel = [0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 1, 2, 9, 9, 9, 9];
        assert_eq!(of_request(&cancel), Some(258));
        let tls = [0, 0, 0, 8, 4, 210, 22, 47];
        assert_eq!(of_request(&[&tls[..], &cancel].concat()), Some(258));
        assert_eq!(of_request(&tls), None);
        assert_eq!(of_request(&[7; 16]), None);
    }
}
