//! The least that a program can do to connect: sockets and epoll, no names, no report.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};

use rustix::event::epoll;
use socket2::{Domain, Protocol, Socket, Type};

/// `--bare FIRST COUNT AT_ONCE`: this program, run as that loop.
pub(crate) const FLAG: &str = "--bare";
pub(crate) const PORT: u16 = 443;

pub(crate) fn run(mut words: impl Iterator<Item = String>) {
    let mut word = || words.next().unwrap();
    let first = u32::from(word().parse::<Ipv4Addr>().unwrap());
    let (count, at_once): (u32, usize) = (word().parse().unwrap(), word().parse().unwrap());
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    let mut open: Vec<Option<Socket>> = (0..at_once).map(|_| None).collect();
    let mut free: Vec<usize> = (0..at_once).collect();
    let mut next = (first..first + count).map(Ipv4Addr::from);
    let mut events = Vec::with_capacity(at_once);
    loop {
        while let Some(place) = free.pop() {
            let Some(address) = next.next() else {
                free.push(place);
                break;
            };
            let socket = begin(address);
            let data = epoll::EventData::new_u64(place as u64);
            epoll::add(&poll, &socket, data, epoll::EventFlags::OUT).unwrap();
            open[place] = Some(socket);
        }
        if free.len() == at_once {
            return;
        }
        events.clear();
        epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), None).unwrap();
        for event in &events {
            let place = usize::try_from(event.data.u64()).unwrap();
            let socket = open[place].take().unwrap();
            assert!(socket.take_error().unwrap().is_none(), "all are open");
            free.push(place);
        }
    }
}

fn begin(address: Ipv4Addr) -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).unwrap();
    socket.set_nonblocking(true).unwrap();
    let to = SocketAddr::from((address, PORT));
    match socket.connect(&to.into()) {
        Err(error)
            if error.raw_os_error() != Some(rustix::io::Errno::INPROGRESS.raw_os_error()) =>
        {
            assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
        }
        _ => {}
    }
    socket
}
