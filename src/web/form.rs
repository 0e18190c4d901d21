//! Reads the body of a form post: with a limit, a deadline, and without losing a letter.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::{StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use percent_encoding::percent_decode;
use tokio::time::timeout;

use crate::inquiry::draft::Posted;

/// The longest answers take 35 KB as text and, in scripts that a form post writes with three letters a byte, 105 KB.
const LIMIT: usize = 128 * 1024;
/// For people on a bad line. Whoever sends a byte a second only keeps a connection busy.
const DEADLINE: Duration = Duration::from_secs(20);
/// More fields than any form here has.
const MOST_FIELDS: usize = 200;

/// The fields of a form post, in their order.
///
/// # Errors
/// 413 for a body over the limit, 408 for one that takes too long, 415 for one that is no form or compressed, 400 for a broken one.
pub async fn posted(request: Request) -> Result<Vec<Posted>, StatusCode> {
    let (head, body) = request.into_parts();
    let kind = head.headers.get(header::CONTENT_TYPE).map(|kind| kind.as_bytes()).unwrap_or_default();
    if !is_form(kind) || head.headers.contains_key(header::CONTENT_ENCODING) {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let bytes = timeout(DEADLINE, read(body)).await.map_err(|_| StatusCode::REQUEST_TIMEOUT)??;
    fields(&bytes).ok_or(StatusCode::PAYLOAD_TOO_LARGE)
}

fn is_form(kind: &[u8]) -> bool {
    let form = b"application/x-www-form-urlencoded";
    kind.get(..form.len()).is_some_and(|start| start.eq_ignore_ascii_case(form))
        && matches!(kind.get(form.len()), None | Some(b';' | b' '))
}

async fn read(body: Body) -> Result<Vec<u8>, StatusCode> {
    // Not even begun: a client that asks first with `Expect: 100-continue` is told before it sends anything.
    if body.size_hint().lower() > LIMIT as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    match Limited::new(body, LIMIT).collect().await {
        Ok(collected) => Ok(collected.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => Err(StatusCode::BAD_REQUEST),
    }
}

/// `None` where there are more fields than any person sends.
fn fields(body: &[u8]) -> Option<Vec<Posted>> {
    let parts: Vec<_> =
        body.split(|byte| *byte == b'&').filter(|part| !part.is_empty()).take(MOST_FIELDS + 1).collect();
    (parts.len() <= MOST_FIELDS).then(|| parts.into_iter().map(field).collect())
}

fn field(part: &[u8]) -> Posted {
    let at = part.iter().position(|byte| *byte == b'=').unwrap_or(part.len());
    let (name, _) = text(&part[..at]);
    let (value, damaged) = text(part.get(at + 1..).unwrap_or_default());
    Posted { name, value, damaged }
}

/// The text, and whether some of it was no UTF-8.
fn text(encoded: &[u8]) -> (String, bool) {
    let spaced: Vec<u8> = encoded.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let bytes: Vec<u8> = percent_decode(&spaced).collect();
    match String::from_utf8(bytes) {
        Ok(text) => (text, false),
        Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), true),
    }
}

/// The value of one field in the query of an address, `None` where it is not there.
pub fn in_query(query: Option<&str>, name: &str) -> Option<String> {
    let fields = fields(query.unwrap_or_default().as_bytes())?;
    fields.into_iter().find(|field| field.name == name).map(|field| field.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn post(kind: &str, body: Vec<u8>) -> Result<Vec<Posted>, StatusCode> {
        let request = Request::builder().header(header::CONTENT_TYPE, kind).body(Body::from(body));
        posted(request.expect("a request")).await
    }

    const FORM: &str = "application/x-www-form-urlencoded; charset=UTF-8";

    #[tokio::test]
    async fn names_and_values_are_read_as_they_were_typed() {
        let fields =
            post(FORM, b"note=a%2Bb+c%0D%0Ad&by=call&by=text&empty=&bare".to_vec()).await.expect("a form");
        let pairs: Vec<_> = fields.iter().map(|field| (field.name.as_str(), field.value.as_str())).collect();
        assert_eq!(
            pairs,
            [("note", "a+b c\r\nd"), ("by", "call"), ("by", "text"), ("empty", ""), ("bare", "")]
        );
        assert!(fields.iter().all(|field| !field.damaged));
    }

    #[tokio::test]
    async fn bytes_that_are_no_text_are_marked_and_not_passed_over() {
        let fields = post(FORM, b"name=%FF%FEx&note=\xC3\xA9".to_vec()).await.expect("a form");
        assert!(fields[0].damaged && !fields[1].damaged);
        assert_eq!(fields[1].value, "é");
    }

    #[tokio::test]
    async fn what_is_too_large_or_no_form_is_refused() {
        assert_eq!(post(FORM, vec![b'a'; LIMIT + 1]).await, Err(StatusCode::PAYLOAD_TOO_LARGE));
        assert_eq!(post(FORM, b"a=1&".repeat(MOST_FIELDS + 1)).await, Err(StatusCode::PAYLOAD_TOO_LARGE));
        for kind in
            ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencodedx", ""]
        {
            assert_eq!(post(kind, b"a=1".to_vec()).await, Err(StatusCode::UNSUPPORTED_MEDIA_TYPE), "{kind}");
        }
        let packed =
            Request::builder().header(header::CONTENT_TYPE, FORM).header(header::CONTENT_ENCODING, "gzip");
        let packed = posted(packed.body(Body::from("a=1")).expect("a request")).await;
        assert_eq!(packed, Err(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
}
