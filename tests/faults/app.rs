//! The app with the codes on somebody's phone. It knows only what it was told, and makes codes by itself.

use std::time::{SystemTime, UNIX_EPOCH};

use totp_rs::{Algorithm, Builder};

/// Seconds for which an app shows a code.
const STEP: u64 = 30;

pub struct App([u8; 20]);

impl App {
    /// Takes the text that stands below the picture, for people without a camera.
    pub fn learn(text: &str) -> Self {
        let letters: String = text.split_whitespace().collect();
        let seed = data_encoding::BASE32_NOPAD.decode(letters.as_bytes()).expect("base32");
        Self(seed.try_into().expect("twenty bytes"))
    }

    /// The code of this moment, or the one that many steps later.
    pub fn code(&self, later: u64) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let app = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_step_duration(STEP);
        let app = app.with_secret(self.0).with_issuer(None::<String>).with_account_name("").build();
        app.expect("an app").generate(now + STEP * later).to_string()
    }
}
