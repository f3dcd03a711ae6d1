//! A small DNS server, and a resolver that asks it: for names that change their address.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use source_fetch::{LookedUp, Lookup};
use tokio::net::UdpSocket;

/// Bytes of the head of a message.
const HEAD: usize = 12;
/// An address of the Internet, as type and class.
const ADDRESS: [u8; 4] = [0, 1, 0, 1];

/// Answers each question with the next of its lists of addresses, the last one again and
/// again, all with a time to live of zero.
pub(crate) struct NameServer {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl NameServer {
    pub(crate) async fn with(answers: Vec<Vec<Ipv4Addr>>) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = asked.clone();
        tokio::spawn(async move {
            let mut question = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut question).await {
                let index = counter.fetch_add(1, Ordering::SeqCst);
                let found = answers.get(index).or(answers.last()).unwrap();
                let answer = answer(&question[..length], found);
                socket.send_to(&answer, from).await.unwrap();
            }
        });
        Self { address, asked }
    }

    /// Questions so far.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub(crate) fn resolver(&self) -> Arc<dyn Lookup> {
        Arc::new(Resolver(self.address))
    }
}

fn answer(question: &[u8], found: &[Ipv4Addr]) -> Vec<u8> {
    let mut answer = question.to_vec();
    // An answer, by a server that recurs, with so many records.
    answer[2..4].copy_from_slice(&[0x81, 0x80]);
    answer[6..8].copy_from_slice(&u16::try_from(found.len()).unwrap().to_be_bytes());
    for address in found {
        // The name of the question, an address, for no time, of four bytes.
        answer.extend_from_slice(&[0xc0, 0x0c]);
        answer.extend_from_slice(&ADDRESS);
        answer.extend_from_slice(&[0, 0, 0, 0, 0, 4]);
        answer.extend_from_slice(&address.octets());
    }
    answer
}

/// Asks one server, and keeps nothing.
struct Resolver(SocketAddr);

impl Lookup for Resolver {
    fn lookup(&self, name: &str) -> LookedUp {
        let mut question = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            question.push(u8::try_from(label.len()).unwrap());
            question.extend_from_slice(label.as_bytes());
        }
        question.push(0);
        question.extend_from_slice(&ADDRESS);
        let server = self.0;
        Box::pin(async move {
            let socket = UdpSocket::bind("127.0.0.1:0").await?;
            socket.connect(server).await?;
            socket.send(&question).await?;
            let mut answer = [0; 512];
            let length = socket.recv(&mut answer).await?;
            addresses(&answer[..length], question.len())
        })
    }
}

fn addresses(answer: &[u8], question: usize) -> io::Result<Vec<IpAddr>> {
    if answer.len() < question || question < HEAD {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let records = answer[question..].chunks_exact(16);
    let address = |record: &[u8]| {
        let octets: [u8; 4] = record[12..].try_into().unwrap();
        IpAddr::from(octets)
    };
    Ok(records.map(address).collect())
}
