//! A link with a delay between two namespaces: two TUN devices, and a relay that holds every packet for half of the
//! round trip. The kernel's own way, netem, is not in every kernel.

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use tun_rs::{DeviceBuilder, SyncDevice};

use super::world::within;

/// Name of the device at either end.
pub(crate) const DEVICE: &str = "d0";
const MTU: u16 = 1500;

/// Joins the namespaces; the relay ends when they are removed.
pub(crate) fn join(a: &str, b: &str, one_way: Duration) {
    let (a, b) = (Arc::new(open(a)), Arc::new(open(b)));
    relay(Arc::clone(&a), Arc::clone(&b), one_way);
    relay(b, a, one_way);
}

fn open(namespace: &str) -> SyncDevice {
    within(namespace, || {
        DeviceBuilder::new()
            .name(DEVICE)
            .mtu(MTU)
            .build_sync()
            .unwrap()
    })
}

/// One direction. The delay is the same for all packets, so that they leave in the order in which they came.
fn relay(from: Arc<SyncDevice>, to: Arc<SyncDevice>, one_way: Duration) {
    let (entry, held) = mpsc::channel::<(Instant, Vec<u8>)>();
    std::thread::spawn(move || {
        let mut packet = vec![0; usize::from(MTU) + 100];
        while let Ok(length) = from.recv(&mut packet) {
            if entry
                .send((Instant::now() + one_way, packet[..length].to_vec()))
                .is_err()
            {
                return;
            }
        }
    });
    std::thread::spawn(move || {
        for (due, packet) in held {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            // A link may lose what its end cannot take.
            let _ = to.send(&packet);
        }
    });
}
