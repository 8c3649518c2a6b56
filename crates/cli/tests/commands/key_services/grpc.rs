//! As much of gRPC over HTTP/2 as one client needs: one request after the other, each with one message, answered with one message.
//!
//! Headers are not read: what is asked is told by the message. What is sent of headers is written without compression.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

const PREFACE: usize = 24;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;
/// `:status: 200`, by its number in the static table.
const STATUS_200: u8 = 0x88;

/// What a request comes to: a message, or a status with its reason.
pub(super) type Answer = Result<Vec<u8>, (u8, &'static str)>;

/// Starts a server for as long as the process lives, and gives its URL.
pub(super) fn serve(answer: fn(&[u8]) -> Answer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || converse(stream, answer));
        }
    });
    url
}

fn converse(mut stream: TcpStream, answer: fn(&[u8]) -> Answer) -> Option<()> {
    stream.read_exact(&mut [0; PREFACE]).ok()?;
    frame(&mut stream, SETTINGS, 0, 0, &[])?;
    let mut message = Vec::new();
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).ok()?;
        let length = usize::try_from(u32::from_be_bytes([0, head[0], head[1], head[2]])).ok()?;
        let (kind, flags, id) = (head[3], head[4], u32::from_be_bytes([head[5], head[6], head[7], head[8]]));
        let mut payload = vec![0; length];
        stream.read_exact(&mut payload).ok()?;
        match kind {
            SETTINGS if flags & ACK == 0 => frame(&mut stream, SETTINGS, ACK, 0, &[])?,
            PING if flags & ACK == 0 => frame(&mut stream, PING, ACK, 0, &payload)?,
            GOAWAY => return None,
            DATA => {
                message.extend(payload);
                if flags & END_STREAM != 0 {
                    // A message stands behind a byte for compression and four for its length.
                    let answered = answer(message.get(5..)?);
                    respond(&mut stream, id, &answered)?;
                    message.clear();
                }
            }
            _ => {}
        }
    }
}

fn respond(stream: &mut TcpStream, id: u32, answer: &Answer) -> Option<()> {
    let mut first = vec![STATUS_200];
    first.extend(header("content-type", "application/grpc"));
    let (status, reason) = match answer {
        Ok(_) => (0, ""),
        Err((status, reason)) => (*status, *reason),
    };
    frame(stream, HEADERS, END_HEADERS, id, &first)?;
    if let Ok(message) = answer {
        let length = u32::try_from(message.len()).ok()?.to_be_bytes();
        frame(stream, DATA, 0, id, &[&[0], &length[..], message].concat())?;
    }
    let trailers = [header("grpc-status", &status.to_string()), header("grpc-message", reason)].concat();
    frame(stream, HEADERS, END_HEADERS | END_STREAM, id, &trailers)
}

/// A header that is not indexed and not compressed. Names and values are short.
fn header(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).expect("short")], text.as_bytes()].concat();
    [vec![0], text(name), text(value)].concat()
}

fn frame(stream: &mut TcpStream, kind: u8, flags: u8, id: u32, payload: &[u8]) -> Option<()> {
    let length = u32::try_from(payload.len()).ok()?.to_be_bytes();
    let head = [&length[1..], &[kind, flags], &id.to_be_bytes()].concat();
    stream.write_all(&[&head, payload].concat()).ok()
}
