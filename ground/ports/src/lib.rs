//! Ports of loopback for tests and tools that have to name one before anybody listens on it: a node's
//! DID and its partner's configuration hold the port.
//!
//! Asking the system for port 0 and letting go of it does not do: the system may give the same port to
//! the next who asks, or to a connection that goes out while a listener is closed for a while.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Below those that Linux (32768), macOS and Windows (49152) give to connections that go out.
const PORTS: Range<u16> = 15_000..31_000;

/// Each port given away, with the socket that says so.
static TAKEN: Mutex<BTreeMap<u16, UdpSocket>> = Mutex::new(BTreeMap::new());

/// A TCP port of 127.0.0.1 that nobody listens on, and that no other call gives away as long as this
/// process lives, in whatever process it is made.
///
/// The UDP port of the same number is what tells the others: nobody needs it, and the system takes it
/// back however a process ends.
///
/// # Errors
/// When every port is in use.
pub fn free_port() -> io::Result<u16> {
    free_among(PORTS)
}

fn free_among(ports: Range<u16>) -> io::Result<u16> {
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    // Not from the first on, which others would have to pass by.
    let chance = RandomState::new().hash_one(()) % u64::from(ports.end - ports.start);
    let middle = ports.start + u16::try_from(chance).unwrap_or_default();
    for port in (middle..ports.end).chain(ports.start..middle) {
        let Ok(mark) = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)) else { continue };
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            taken.insert(port, mark);
            return Ok(port);
        }
    }
    Err(io::Error::new(io::ErrorKind::AddrInUse, format!("no free port among {ports:?} on loopback")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_get_the_same() {
        let ports: BTreeSet<u16> = (0..300).map(|_| free_port().unwrap()).collect();
        assert_eq!(ports.len(), 300);
    }

    #[test]
    fn what_somebody_has_is_not_given() {
        let given = free_port().unwrap();
        let listens = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let marked = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let others = [listens.local_addr(), marked.local_addr()].map(|at| at.unwrap().port());
        for port in [given, others[0], others[1]] {
            assert_eq!(free_among(port..port + 1).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        }
    }
}
