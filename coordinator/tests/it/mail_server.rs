//! A mail server of the tests.

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

/// A server that takes mail and gives its lines.
pub(crate) async fn start() -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(take_mail(stream, sender.clone()));
        }
    });
    (format!("smtp://{address}"), receiver)
}

async fn take_mail(stream: TcpStream, sender: mpsc::UnboundedSender<String>) {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 ready\r\n").await.unwrap();
    let (mut mail, mut is_data) = (String::new(), false);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        let answer: &[u8] = match (is_data, line.trim_end()) {
            (true, ".") => {
                is_data = false;
                let _ = sender.send(std::mem::take(&mut mail));
                b"250 taken\r\n"
            }
            (true, _) => {
                mail.push_str(&line);
                continue;
            }
            (false, "DATA") => {
                is_data = true;
                b"354 go on\r\n"
            }
            (false, "QUIT") => b"221 bye\r\n",
            (false, _) => b"250 fine\r\n",
        };
        stream.write_all(answer).await.unwrap();
    }
}
