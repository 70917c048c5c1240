//! Connects on loopback: open, closed, silent, and out of descriptors' way.

use std::net::TcpListener as StdListener;

#[cfg(target_os = "linux")]
use socket2::{Domain, Socket, Type};
use tokio::net::TcpListener;
#[cfg(target_os = "linux")]
use tokio::time::sleep;

use super::*;

const BOTH: [Evidence; 2] = [Evidence::Kernel, Evidence::Portable];

fn hasty(evidence: Evidence) -> ConnectOptions {
    ConnectOptions {
        source: Source::default(),
        timeout: Duration::from_millis(200),
        hedges: Vec::new(),
        evidence,
        ttl: None,
    }
}

/// A listener whose queue is full: further SYNs are dropped. It stays so while the sockets live.
#[cfg(target_os = "linux")]
fn full() -> (Socket, Vec<Socket>, SocketAddr) {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    listener.bind(&any.into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let fillers = (0..4)
        .map(|_| {
            let filler = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            filler.set_nonblocking(true).unwrap();
            let _ = filler.connect(&address.into());
            filler
        })
        .collect();
    (listener, fillers, address)
}

fn closed() -> SocketAddr {
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

#[tokio::test]
async fn an_open_port_connects_with_either_evidence() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = listener.local_addr().unwrap();
    for evidence in BOTH {
        let (seen, result) = connect(to, &hasty(evidence)).await;
        let stream = result.unwrap();
        assert!(stream.nodelay().unwrap());
        assert_eq!(seen.local, stream.local_addr().ok());
        assert_eq!(seen.connects.len(), 1);
        assert_eq!(seen.connects[0].end, "connected");
        assert_eq!(seen.connects[0].local, seen.local);
        assert_eq!((seen.peer, seen.dialled, seen.icmp), (to, None, None));
        #[cfg(target_os = "linux")]
        assert!(seen.rtt_us.is_some_and(|us| us < 100_000));
    }
}

#[tokio::test]
async fn an_open_port_of_ipv6_connects() {
    let Ok(listener) = TcpListener::bind("[::1]:0").await else {
        return; // a machine without IPv6
    };
    let to = listener.local_addr().unwrap();
    let (_, result) = connect(to, &hasty(Evidence::Kernel)).await;
    result.unwrap();
}

#[tokio::test]
async fn a_closed_port_is_refused_by_a_reset() {
    for evidence in BOTH {
        let (seen, result) = connect(closed(), &hasty(evidence)).await;
        assert_eq!(result.unwrap_err().code, Code::TcpRefusedRst);
        assert_eq!(seen.connects[0].end, "tcp_refused_rst");
        assert_eq!(seen.icmp, None);
        assert!(seen.ms < 150.0, "{}", seen.ms);
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_silent_port_is_asked_from_new_source_ports_until_the_deadline() {
    let (_listener, _fillers, to) = full();
    for evidence in BOTH {
        let hedges = [20, 60].map(Duration::from_millis).to_vec();
        let options = ConnectOptions {
            hedges,
            ..hasty(evidence)
        };
        let (seen, result) = connect(to, &options).await;
        let failure = result.unwrap_err();
        assert_eq!(failure.code, Code::TcpSilent);
        assert_eq!(failure.detail, "no answer to 3 connects in 200.0 ms");
        assert_eq!(seen.connects.len(), 3);
        assert!(seen.connects.iter().all(|one| one.end == "silent"));
        assert!(seen.connects[2].at_ms >= 60.0);
        assert!(seen.ms >= 200.0 && seen.ms < 600.0, "{}", seen.ms);
        assert_ne!(seen.connects[0].local, seen.connects[1].local);
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_hedge_wins_over_a_first_syn_that_was_lost() {
    let (listener, fillers, to) = full();
    let hedges = vec![Duration::from_millis(80)];
    let timeout = Duration::from_millis(900);
    let options = ConnectOptions {
        timeout,
        hedges,
        ..hasty(Evidence::Kernel)
    };
    let opener = async {
        sleep(Duration::from_millis(30)).await;
        drop(fillers);
        listener.listen(16).unwrap();
        // The fillers' places in the queue are free once they are taken from it.
        listener.set_nonblocking(true).unwrap();
        while listener.accept().is_ok() {}
    };
    let ((seen, result), ()) = tokio::join!(connect(to, &options), opener);
    result.unwrap();
    let ends: Vec<&str> = seen.connects.iter().map(|one| one.end.as_str()).collect();
    assert_eq!(ends, ["unanswered", "connected"]);
    assert!(seen.ms >= 80.0 && seen.ms < 600.0, "{}", seen.ms);
}

/// How many sockets of this machine wait for an answer from `to`.
#[cfg(target_os = "linux")]
fn waiting_for(to: SocketAddr) -> usize {
    let remote = format!("0100007F:{:04X} 02 ", to.port());
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    table.lines().filter(|line| line.contains(&remote)).count()
}

#[cfg(all(target_os = "linux", target_endian = "little"))]
#[tokio::test]
async fn dropping_the_future_closes_the_sockets() {
    let (_listener, _fillers, to) = full();
    let before = waiting_for(to);
    for evidence in BOTH {
        let options = ConnectOptions {
            timeout: Duration::from_secs(5),
            ..hasty(evidence)
        };
        let mut connecting = Box::pin(connect(to, &options));
        let patience = Duration::from_millis(40);
        let result = tokio::time::timeout(patience, &mut connecting).await;
        assert!(result.is_err());
        assert_eq!(waiting_for(to), before + 1);
        drop(connecting);
        assert_eq!(waiting_for(to), before);
    }
}

#[tokio::test]
async fn a_source_that_cannot_be_used_is_a_local_matter_and_sends_nothing() {
    let to = "192.0.2.1:9".parse().unwrap();
    // Of the other family; and an address of nobody here, as after the network has changed.
    for source in ["2001:db8::1", "192.0.2.77"] {
        let options = ConnectOptions {
            source: Source::at(source.parse().unwrap()),
            ..hasty(Evidence::Portable)
        };
        let (seen, result) = connect(to, &options).await;
        let failure = result.unwrap_err();
        assert_eq!(failure.code, Code::LocalSourceUnusable);
        assert!(failure.detail.contains(source), "{}", failure.detail);
        assert!(seen.connects.is_empty());
    }
}

/// A socket that has met itself, which loopback allows when it dials its own port.
#[cfg(target_os = "linux")]
fn met_itself() -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    socket.bind(&any.into()).unwrap();
    let own = socket.local_addr().unwrap();
    socket.connect(&own).unwrap();
    socket.set_nonblocking(true).unwrap();
    TcpStream::from_std(socket.into()).unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_connection_that_met_itself_is_tried_once_more_and_then_no_success() {
    let options = hasty(Evidence::Kernel);
    let mut race = Race {
        to: closed(),
        options: &options,
        turns: None,
        start: Instant::now(),
        running: Vec::new(),
        tries: Vec::new(),
        icmp: None,
        self_connected: false,
    };
    race.open().unwrap();
    // The second time the system did not say at once what port it chose.
    let meet = |race: &mut Race<'_>, index: usize, known: bool| {
        let stream = met_itself();
        race.to = stream.local_addr().unwrap();
        race.tries[index].local = known.then_some(race.to);
        race.settle(index, End::Open(stream), false)
    };
    assert!(meet(&mut race, 0, true).is_none());
    assert_eq!(race.tries.len(), 2, "another source port is tried");
    assert_eq!(race.tries[0].end, "tcp_self_connect");
    let end = meet(&mut race, 1, false).unwrap();
    assert_eq!(end.unwrap_err().code.name(), "tcp_self_connect");
}
